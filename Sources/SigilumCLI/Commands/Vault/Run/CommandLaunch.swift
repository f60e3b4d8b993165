internal import Glibc
internal import SecureMemory
internal import Supervision
internal import VaultCore

/// Runs the command of `vault run`: all that can be known to be wrong is found before a secret is opened.
struct CommandLaunch {
    private let words: [String]
    private let path: String
    private let isMasking: Bool
    private let inherited: InheritedState
    /// Where a folder for files is made; nil where none is needed.
    private let base: String?

    /// - Throws: 64 without a command, 127 and 126 for one that is not there or cannot be run, 78 where files are wanted
    ///   and no folder lies in memory.
    init(_ words: [String], _ plan: RunPlan, isMasking: Bool, _ context: Context) throws {
        guard let first = words.first, !first.isEmpty else {
            throw Failure.usage(
                "There is no command to run",
                hints: [
                    "it stands after --:  \(command: ["vault", "run", "--env"]) NAME=ENTRY -- COMMAND"
                ])
        }
        guard let inherited = context.inherited else { throw Failure.usage("No command can be run here") }
        self.words = words
        self.isMasking = isMasking
        self.inherited = inherited
        do {
            path = try CommandSearch.find(first, path: context.environment.value("PATH"))
        } catch {
            throw Self.failure(error, first)
        }
        guard plan.hasFiles else {
            base = nil
            return
        }
        let runtime = context.environment.value("XDG_RUNTIME_DIR").map { [$0] } ?? []
        base = PrivateFolder.base(of: runtime + ["/dev/shm"])
        guard base != nil else {
            throw Failure(
                .configuration, code: "no-memory-folder", "No folder in memory for --file",
                hints: ["neither $XDG_RUNTIME_DIR nor /dev/shm is a tmpfs that may be written", "nothing was run"])
        }
    }

    /// Runs it, and returns how it ended; where nothing is left to do for it, becomes it, and does not return.
    func run(_ plan: RunPlan, _ secrets: RunSecrets) throws -> Int32 {
        guard let base else { return isMasking ? try supervise(plan, secrets, base: nil) : try become(plan, secrets) }
        return try supervise(plan, secrets, base: base)
    }

    private func become(_ plan: RunPlan, _ secrets: RunSecrets) throws -> Int32 {
        throw Self.failure(try command(plan, try variables(plan, secrets)).become(), words[0])
    }

    private func supervise(_ plan: RunPlan, _ secrets: RunSecrets, base: String?) throws -> Int32 {
        let variables = try variables(plan, secrets)
        do {
            // From here on a signal is the command's, so that what is made below is removed.
            let relay = try SignalRelay()
            let folder = try base.map { (base) throws(CommandError) in try PrivateFolder.make(in: base) }
            defer { folder?.remove() }
            var paths: [(name: String, value: String)] = []
            for binding in plan.bindings where binding.isFile {
                guard let folder, let value = secrets[binding.entry] else { continue }
                paths.append((binding.name, try folder.write(value.bytes, as: binding.name)))
            }
            let masks = secrets.values.map {
                (value: $0, mask: Redaction.masked(prefix: Redaction.prefix(of: $0.bytes)))
            }
            let supervisor = Supervisor(relay: relay, masking: isMasking ? MaskPatterns(masks) : nil)
            return try supervisor.run(command(plan, variables, paths))
        } catch let error as CommandError {
            throw Self.failure(error, words[0])
        }
    }

    private func command(
        _ plan: RunPlan, _ variables: [(name: String, value: SharedSecret)],
        _ paths: [(name: String, value: String)] = []
    ) throws -> Command {
        Command(
            path: path, words: words,
            environment: CommandEnvironment(plain: plan.plain + paths, secrets: variables), inherited: inherited)
    }

    /// The variables that have secrets. A zero byte would end a value early.
    private func variables(_ plan: RunPlan, _ secrets: RunSecrets) throws -> [(name: String, value: SharedSecret)] {
        try plan.bindings.filter { !$0.isFile }.compactMap { binding in
            guard let value = secrets[binding.entry] else { return nil }
            guard !value.bytes.withBytes({ $0.contains(0) }) else {
                throw Failure(
                    .usage, code: "value-has-nul",
                    "The value has a zero byte, which no variable can have: \(binding.entry.text)",
                    hints: ["give it as a file: --file \(binding.name)=\(binding.entry.text)", "nothing was run"])
            }
            return (binding.name, value)
        }
    }

    private static func failure(_ error: CommandError, _ word: String) -> Failure {
        let name = MisplacedSecret.shown(word)
        switch error {
        case .notFound:
            return Failure(.commandNotFound, code: "command-not-found", "Command not found: \(name)")
        case .notExecutable(ENOEXEC):
            return Failure(
                .commandNotExecutable, code: "command-not-executable", "Not a program: \(name)",
                hints: ["a script needs a first line that says what runs it: #!/bin/sh"])
        case .notExecutable(let number):
            return Failure(
                .commandNotExecutable, code: "command-not-executable",
                "Cannot run \(name): \(plain: String(cString: strerror(number)))")
        case .system(let number):
            return Failure(
                .cannotWrite, code: "cannot-run", "Cannot run \(name): \(plain: String(cString: strerror(number)))")
        }
    }
}
