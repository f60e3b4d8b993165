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
            end("The program does not find its own place: there is no /proc, or it was just replaced")
        }
        let places = places(besides: String(cString: path))
        for place in places {
            execve(place, CommandLine.unsafeArgv, variables)
            if errno != ENOENT { end("Cannot start \(place): \(String(cString: strerror(errno)))") }
        }
        end("A part of the program is missing: \(places[0])")
    }

    private static func end(_ problem: String) -> Never {
        let text = "[ERROR] \(problem)\n  nothing was changed\n  make it again:  scripts/build, or scripts/install\n"
        _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
        _exit(ExitStatus.configuration.rawValue)
    }
}

extension Context {
    /// Makes this the context of the small program: what asks on the terminal becomes the full one, so that nobody is asked
    /// twice, and so does ``VaultPut`` where an entry is delivered.
    package mutating func hasFullProgram(_ inherited: InheritedState) {
        let environment = environment
        let handOver: @Sendable () -> Never = { FullProgram.become(inherited, environment) }
        self.handOver = handOver
        terminal.askSecret = { _ in handOver() }
        terminal.askLine = { _ in handOver() }
    }
}
