internal import CPlatform
internal import Glibc
package import Supervision

/// The program that has all commands. It lies beside the small one, or in `libexec` beside the small one's folder.
package enum FullProgram {
    /// Its file's name.
    package static let name = "sigilum-full"

    /// Where it may be, seen from the program that runs; the first that is there counts.
    ///
    /// - Parameter program: The absolute path of the small program.
    /// - Returns: Absolute paths.
    static func places(besides program: String) -> [String] {
        ["\(folder(of: program))/\(name)", "\(folder(of: program))/../libexec/\(name)"]
    }

    /// Where the small program may be, seen from the full one.
    static func smallPrograms(besides full: String) -> [String] {
        ["\(folder(of: full))/sigilum", "\(folder(of: full))/../bin/sigilum"]
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// Becomes it, with the words and variables that this process was given, and its descriptors. Ends with 78 where there
    /// is none.
    package static func become() -> Never { become(sigilum_environ()) }

    /// Becomes it after this process has prepared itself and taken secrets out of its environment: puts both back.
    package static func become(_ inherited: InheritedState, _ environment: ProcessEnvironment) -> Never {
        inherited.putBack()
        environment.withSecrets { become($0) }
    }

    private static func become(_ variables: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Never {
        guard let path = realpath("/proc/self/exe", nil) else {
            end("The program does not find its own place: there is no /proc, or it was just replaced", ["run it again"])
        }
        let small = String(cString: path)
        for place in places(besides: small) {
            guard !isCopy(place, of: small) else {
                end("This is the small part of the program once more, in the place of the other: \(place)")
            }
            execve(place, CommandLine.unsafeArgv, variables)
            if errno != ENOENT { end("Cannot start \(place): \(String(cString: strerror(errno)))") }
        }
        end("A part of the program is missing: \(places(besides: small).joined(separator: " or "))")
    }

    /// Whether a file is this very program: it would become itself without end. The other is never of the same length.
    private static func isCopy(_ place: String, of small: String) -> Bool {
        var (other, this) = (stat(), stat())
        return stat(place, &other) == 0 && stat(small, &this) == 0 && other.st_size == this.st_size
    }

    /// Looked at where the words lie: a secret may be among them.
    private static var asksForJSON: Bool {
        var argument = CommandLine.unsafeArgv
        while let word = argument.pointee, strcmp(word, "--") != 0 {
            if strcmp(word, "--json") == 0 { return true }
            argument += 1
        }
        return false
    }

    private static func end(_ problem: Message, _ hints: [Message] = []) -> Never {
        let install: Message = "install it again:  scripts/install, or the package"
        let failure = Failure(
            .configuration, code: "part-missing", problem,
            hints: ["nothing was changed"] + (hints.isEmpty ? [install] : hints))
        let notes = OutputChannel(colour: false) { OutputChannel.writeAll($0, to: 2) }
        Renderer(results: notes, notes: notes, program: .sigilum, json: asksForJSON, reveal: false).show(
            failure, after: [])
        _exit(failure.status.rawValue)
    }
}

extension Context {
    /// Makes this the context of the small program: what asks on the terminal becomes the full one, so that nobody is asked
    /// twice, and so does ``EntryStoring`` as its ``LateHandOver`` says.
    package mutating func hasFullProgram(_ inherited: InheritedState) {
        let environment = environment
        let handOver: @Sendable () -> Never = { FullProgram.become(inherited, environment) }
        self.handOver = handOver
        terminal.askSecret = { _ in handOver() }
        terminal.askLine = { _ in handOver() }
    }
}
