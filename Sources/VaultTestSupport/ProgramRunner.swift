internal import CPlatform
internal import Glibc

/// Runs the built program as a user would: another process, with arguments, variables and standard input that the test
/// alone decides about.
package struct ProgramRunner: Sendable {
    /// The absolute path of the program.
    package let path: String

    /// - Parameter path: The program; nil for `SIGILUM_TEST_PROGRAM`, else the `sigilum` beside the running tests.
    package init(path: String? = nil) {
        self.path = path ?? Self.variable("SIGILUM_TEST_PROGRAM") ?? Self.besideTests()
    }

    /// Everything a process gets.
    package struct Call: Sendable {
        /// The words after the program's name.
        package var arguments: [[UInt8]]
        /// The first word; nil for the program's path. `vault` makes it the vault's launcher.
        package var name: String?
        /// All variables besides `PATH`; nothing else is inherited.
        package var variables: [String: String]
        /// The folder it starts in.
        package var folder: String
        /// What is on standard input; nil for nothing (end of file at once).
        package var input: [UInt8]?
        /// Whether standard input stays open after ``input``, until ``ProgramRun/finishInput()``.
        package var holdsInput = false
        /// Run through these words (`setpriv …`), found on `PATH`; empty for none.
        package var through: [String] = []

        package init(
            _ arguments: [String], name: String? = nil, variables: [String: String] = [:], folder: String = "/",
            input: [UInt8]? = nil
        ) {
            self.arguments = arguments.map { Array($0.utf8) }
            self.name = name
            self.variables = variables
            self.folder = folder
            self.input = input
        }
    }

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - call: What it gets.
    ///   - seconds: It is killed after this time, and the call throws.
    /// - Returns: How it ended and what it wrote.
    /// - Throws: ``ProgramError``, or cancellation.
    package func run(_ call: Call, seconds: Int = 180) async throws -> ProgramResult {
        try await start(call).wait(seconds: seconds)
    }

    /// Starts the program and returns at once.
    package func start(_ call: Call) throws(ProgramError) -> ProgramRun {
        let (output, errors) = (try Self.temporaryFile(), try Self.temporaryFile())
        var held: Descriptor?
        let input: Descriptor
        if call.holdsInput {
            var ends: [Int32] = [-1, -1]
            guard sigilum_pipe(&ends) == 0 else { throw .system("pipe2", errno) }
            (input, held) = (Descriptor(ends[0]), Descriptor(ends[1]))
            held?.write(call.input ?? [])
        } else {
            input = try Self.temporaryFile()
            input.write(call.input ?? [])
            lseek(input.number, 0, SEEK_SET)
        }
        let process = try spawn(call, [input.number, output.number, errors.number])
        return ProgramRun(process: process, output: output, errors: errors, held: held)
    }

    private func spawn(_ call: Call, _ descriptors: [Int32]) throws(ProgramError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        sigilum_spawn_close_from(&actions, 3)
        sigilum_spawn_start_in(&actions, call.folder)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let first = call.through.isEmpty ? [Array((call.name ?? path).utf8)] : [Array(path.utf8)]
        let words = call.through.map { Array($0.utf8) } + first + call.arguments
        var variables = call.variables
        variables["PATH"] = variables["PATH"] ?? Self.variable("PATH") ?? "/usr/bin:/bin"
        let environment = variables.map { Array("\($0.key)=\($0.value)".utf8) }
        let program = call.through.first ?? path
        var process: pid_t = 0
        let status = Self.withStrings(words) { words in
            Self.withStrings(environment) { environment in
                call.through.isEmpty
                    ? posix_spawn(&process, program, &actions, &attributes, words, environment)
                    : posix_spawnp(&process, program, &actions, &attributes, words, environment)
            }
        }
        guard status == 0 else { throw .system("posix_spawn \(program)", status) }
        return process
    }

    private static func withStrings<Result>(
        _ strings: [[UInt8]], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            pointers[index] = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
            for (place, byte) in string.enumerated() { pointers[index]?[place] = CChar(bitPattern: byte) }
            pointers[index]?[string.count] = 0
        }
        pointers[strings.count] = nil
        defer {
            for index in strings.indices { pointers[index]?.deallocate() }
            pointers.deallocate()
        }
        return body(pointers)
    }

    private static func temporaryFile() throws(ProgramError) -> Descriptor {
        let name = (variable("TMPDIR") ?? "/tmp") + "/program-\(UInt64.random(in: 0 ... .max))"
        let number = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .system("open \(name)", errno) }
        unlink(name)
        return Descriptor(number)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func besideTests() -> String {
        var name = [UInt8](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &name, name.count))
        let folder = String(decoding: name.prefix(count), as: UTF8.self).split(separator: "/").dropLast()
        let beside = "/" + folder.joined(separator: "/") + "/sigilum"
        if access(beside, X_OK) == 0 { return beside }
        let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/" + package + "/.build/debug/sigilum"
    }
}

/// Why a program could not be run.
package enum ProgramError: Error, Sendable, Equatable {
    /// A system call failed, with this errno.
    case system(String, Int32)
    /// It did not end in time, and was killed.
    case timedOut(seconds: Int, output: String, errors: String)
}
