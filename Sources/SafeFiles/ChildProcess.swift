internal import CPlatform
internal import Glibc
package import SecureMemory

/// Why a program did not answer. Nothing of its output is in here.
package enum ChildProcessError: Error, Sendable, Equatable {
    /// No such program in the folders of `PATH`, or at the path given.
    case notFound(program: String)
    /// It is there and cannot be started, or the pipe to it failed: `errno`.
    case cannotStart(program: String, errno: Int32)
    /// It was not done in time and was killed.
    case timedOut(program: String)
    /// It wrote more than the limit in bytes and was killed.
    case outputTooLarge(program: String, limit: Int)
    /// No program was named, or an argument or a variable has a NUL byte (or `=` in a variable's name).
    case malformedCall
}

/// Where a program's standard error goes.
package enum ChildErrors: Sendable {
    case discarded
    case inherited
    /// Kept for ``ChildResult/errors``: the first 64 KiB of it.
    case captured
}

/// What a program answered.
package struct ChildResult: ~Copyable {
    /// The exit status, or 128 and the number of the signal that ended it.
    package let status: Int32
    /// What it wrote to its standard output.
    package let output: SecretBytes
    /// What it wrote to its standard error; nil unless that was to be captured.
    package let errors: SecretBytes?
}

/// Runs a program and takes its output, without a shell.
package enum ChildProcess {
    /// Variables of this program's own that hold secrets. No child gets them unless they are given explicitly.
    private static let ownSecrets: Set<String> = [
        "GATEWAY_MASTER_KEY", "GATEWAY_ADMIN_TOKEN", "SIGILUM_OWNER_TOKEN", "JWT_SECRET",
    ]

    /// Runs `argv` and waits until it ended and closed its output.
    ///
    /// Standard input is `/dev/null`; no descriptor but the first three is passed on. Secrets go from secret memory
    /// to the program directly: this process makes no other copy of them. The program stays in this process's group,
    /// so that it can ask on the terminal and an interrupt from there reaches it. Where it is killed, so are its
    /// children.
    ///
    /// - Parameters:
    ///   - argv: The program, found in `PATH` where it has no slash, and its arguments.
    ///   - secretArguments: Values to put in the place of the argument at that index of `argv`.
    ///   - environment: Added to the inherited variables, without those that hold this program's own secrets.
    ///   - errors: Where its standard error goes.
    ///   - outputLimit: In bytes.
    ///   - timeoutMilliseconds: Until it must have ended.
    /// - Returns: Its status, whatever that is, and its output.
    /// - Throws: ``ChildProcessError`` where there is no such answer.
    package static func run(
        _ argv: [String], secretArguments: [(position: Int, value: SharedSecret)] = [],
        environment: [(name: String, value: SharedSecret)] = [], errors: ChildErrors = .discarded, outputLimit: Int,
        timeoutMilliseconds: Int
    ) throws(ChildProcessError) -> ChildResult {
        guard let program = argv.first, !program.isEmpty else { throw .malformedCall }
        let strings = try ChildStrings(
            argv: argv, secretArguments: secretArguments, environment: environment, withoutVariables: ownSecrets)
        var ends: [Int32] = [-1, -1]
        guard sigilum_pipe(&ends) == 0 else { throw .cannotStart(program: program, errno: errno) }
        let reading = Descriptor(owning: ends[0])
        let child: pid_t
        let errorPipe: ChildErrorPipe?
        do {
            let writing = Descriptor(owning: ends[1])
            errorPipe = errors == .captured ? try ChildErrorPipe(program: program) : nil
            child = try strings.withPointers { argv, environ throws(ChildProcessError) in
                try spawn(program, argv, environ, output: writing.number, errors: errors, errorEnd: errorPipe?.end)
            }
        }
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        do throws(ChildProcessError) {
            let output = try read(reading, program: program, limit: outputLimit, until: deadline)
            let status = try wait(for: child, program: program, until: deadline)
            return ChildResult(status: status, output: output, errors: errorPipe?.contents())
        } catch {
            ProcessTree.end(child)
            throw error
        }
    }

    private static func spawn(
        _ program: String, _ argv: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ environ: UnsafePointer<UnsafeMutablePointer<CChar>?>, output: Int32, errors: ChildErrors,
        errorEnd: Int32?
    ) throws(ChildProcessError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The output first: the pipe may have the number of one of the other two.
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let errorEnd { posix_spawn_file_actions_adddup2(&actions, errorEnd, 2) }
        if errors == .discarded { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
        sigilum_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A child that inherits ignored or blocked signals cannot be stopped by a broken pipe or by the user.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        let problem = posix_spawnp(&child, program, &actions, &attributes, argv, environ)
        switch problem {
        case 0: return child
        case ENOENT, ENOTDIR: throw .notFound(program: program)
        // A folder of PATH that may not be searched hides that the program is in none of the others.
        case EACCES where !isInPath(program): throw .notFound(program: program)
        default: throw .cannotStart(program: program, errno: problem)
        }
    }

    /// Whether a folder of `PATH` has a file of that name; true for a program that is named by a path.
    private static func isInPath(_ program: String) -> Bool {
        guard !program.contains("/"), let path = getenv("PATH") else { return true }
        return String(cString: path).split(separator: ":", omittingEmptySubsequences: false).contains { folder in
            access(folder.isEmpty ? program : folder + "/" + program, F_OK) == 0
        }
    }

    private static func read(
        _ pipe: borrowing Descriptor, program: String, limit: Int, until deadline: ContinuousClock.Instant
    ) throws(ChildProcessError) -> SecretBytes {
        let number = pipe.number
        let output = try SecretBytes(capacity: limit + 1) { buffer throws(ChildProcessError) in
            var count = 0
            while count < buffer.count {
                let left = max(0, milliseconds(ContinuousClock.now.duration(to: deadline)))
                var waiting = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
                let ready = poll(&waiting, 1, Int32(clamping: left))
                if ready < 0, errno != EINTR { throw .cannotStart(program: program, errno: errno) }
                if ready == 0 { throw .timedOut(program: program) }
                if ready < 0 { continue }
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                let read = uninterrupted { Glibc.read(number, rest.baseAddress, rest.count) }
                if read < 0 { throw .cannotStart(program: program, errno: errno) }
                if read == 0 { break }
                count += read
            }
            return count
        }
        guard output.count <= limit else { throw .outputTooLarge(program: program, limit: limit) }
        return output
    }

    private static func wait(
        for child: pid_t, program: String, until deadline: ContinuousClock.Instant
    ) throws(ChildProcessError) -> Int32 {
        var pause: UInt32 = 100
        while true {
            var status: Int32 = 0
            let ended = uninterrupted { waitpid(child, &status, WNOHANG) }
            if ended < 0 { throw .cannotStart(program: program, errno: errno) }
            if ended == child {
                let signal = status & 0x7f
                return signal == 0 ? (status >> 8) & 0xff : 128 + signal
            }
            if ContinuousClock.now >= deadline { throw .timedOut(program: program) }
            usleep(pause)
            pause = min(pause * 2, 5000)
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        // Rounded up: a poll of 0 ms at the very end would turn in circles.
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
    }
}
