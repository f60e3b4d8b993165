internal import CPlatform
internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Where a command's secret comes from, as its options say.
enum SecretSource: Sendable {
    /// A value on the command line; what is said about that is said once, for all commands.
    case argument(SharedSecret)
    case variable(String)
    case file(String)
    case standardInput
    /// Asked for on the terminal, without echo.
    case prompt(Message)

    /// `--upstream-secret`, `--upstream-secret-env`, `--upstream-secret-file` (`-` is standard input): at most one.
    ///
    /// - Returns: nil where none was given.
    static func upstream(value: SharedSecret?, variable: String?, file: String?) throws(Failure) -> SecretSource? {
        guard [value != nil, variable != nil, file != nil].count(where: { $0 }) <= 1 else {
            throw .usage("Use only one of: --upstream-secret, --upstream-secret-env, --upstream-secret-file")
        }
        if let value { return .argument(value) }
        if let variable { return .variable(variable) }
        return file.map { $0 == "-" ? .standardInput : .file($0) }
    }

    /// `--from-env`, `--from-file` (`-` is standard input): at most one; else a question on the terminal, or standard
    /// input where that is none.
    static func entry(
        variable: String?, file: String?, terminal: Terminal, question: Message
    ) throws(Failure) -> SecretSource {
        guard variable == nil || file == nil else { throw .usage("Use only one of: --from-env, --from-file") }
        if let variable { return .variable(variable) }
        if let file { return file == "-" ? .standardInput : .file(file) }
        return terminal.inputIsTerminal() ? .prompt(question) : .standardInput
    }

    /// Reads the secret. One from a file or standard input loses one line end at its end, nothing else.
    ///
    /// - Throws: 64 for a value that is empty or longer than 16 KiB, 66 for a variable or file that is not there.
    func read(_ surroundings: Surroundings, _ terminal: Terminal) throws(Failure) -> SharedSecret {
        let secret: SharedSecret
        switch self {
        case .argument(let value): secret = value
        case .variable(let name): secret = try Self.take(name, surroundings.environment)
        case .file(let path): secret = SharedSecret(try Self.readFile(path, surroundings))
        case .standardInput:
            // Typed rather than piped: then without echo.
            guard !terminal.inputIsTerminal() else {
                return try SecretSource.prompt("Secret: ").read(surroundings, terminal)
            }
            secret = SharedSecret(try Self.asFailure(terminal.readInput))
        case .prompt(let question):
            secret = SharedSecret(
                try Self.asFailure { () throws(TerminalError) in try terminal.askSecret(question) })
        }
        guard secret.bytes.count > 0 else { throw HTTPValueError.empty.failure }
        guard secret.bytes.count <= SecretInput.limit else { throw TerminalError.tooLong.failure }
        return secret
    }
}

extension SecretSource {
    private static func asFailure(_ body: () throws(TerminalError) -> SecretBytes) throws(Failure) -> SecretBytes {
        do throws(TerminalError) {
            return try body()
        } catch {
            throw error.failure
        }
    }

    private static func take(_ name: String, _ environment: ProcessEnvironment) throws(Failure) -> SharedSecret {
        if let secret = environment.takeSecret(name) { return secret }
        guard !MisplacedSecret.isLikely(name) else {
            throw Failure(
                .missing, code: "variable-not-set",
                "Environment variable is not set; its name is not repeated here, since it looks like a secret",
                hints: ["the option takes the name of a variable that holds the secret, not the secret"])
        }
        throw Failure(.missing, code: "variable-not-set", "Environment variable \(name) is not set")
    }

    /// A regular file or a pipe (what a shell makes of `<(command)`), symbolic links followed.
    private static func readFile(_ given: String, _ surroundings: Surroundings) throws(Failure) -> SecretBytes {
        let path = try surroundings.absolute(given)
        let shown: Message = MisplacedSecret.isLikely(given) ? "the path given" : "\(path)"
        var status = stat()
        guard stat(path, &status) == 0 else { throw unreadable(shown, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFIFO: return try readPipe(path, shown)
        case S_IFREG: break
        default: throw Failure(.usage, code: "not-a-file", "Not a file or a pipe: \(shown)")
        }
        do throws(FileError) {
            // Two more: the line end, which does not count.
            guard let content = try readSecretThroughLinks(path, limit: SecretInput.limit + 2) else {
                throw FileError.system(operation: "open", path: path, errno: ENOENT)
            }
            return withoutTrailingLineEnd(content)
        } catch {
            throw failure(error, shown)
        }
    }

    private static func readPipe(_ path: String, _ shown: Message) throws(Failure) -> SecretBytes {
        let descriptor = sigilum_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0)
        guard descriptor >= 0 else { throw unreadable(shown, errno) }
        defer { close(descriptor) }
        return try asFailure { () throws(TerminalError) in try SecretInput.read(descriptor) }
    }

    private static func failure(_ error: FileError, _ shown: Message) -> Failure {
        switch error {
        case .tooLarge: TerminalError.tooLong.failure
        case .system(_, _, let number): unreadable(shown, number)
        case .unsafe: Failure(.usage, code: "not-a-file", "Not a file or a pipe: \(shown)")
        }
    }

    private static func unreadable(_ shown: Message, _ number: Int32) -> Failure {
        if number == ENOENT || number == ENOTDIR {
            return Failure(.missing, code: "file-not-found", "File not found: \(shown)")
        }
        return Failure(
            .missing, code: "file-not-readable", "Cannot read \(shown): \(String(cString: strerror(number)))")
    }
}

/// A secret that was typed where a name belongs must not come back in an error.
enum MisplacedSecret {
    /// A name as an error shows it: itself, unless it looks like a secret.
    static func shown(_ name: String) -> Message {
        isLikely(name) ? "(not shown: it looks like a secret)" : "\(name)"
    }

    /// Whether a text begins with what issuers publish, or is long, without a separator, and mixed as only generated
    /// text is.
    static func isLikely(_ text: String) -> Bool {
        if !Redaction.prefix(of: SecretBytes(copying: text.utf8)).isEmpty { return true }
        return isLong(text)
    }

    /// Whether a text is long, without a separator, and mixed as only generated text is.
    static func isLong(_ text: String) -> Bool {
        let hasDigit = text.utf8.contains { (0x30...0x39).contains($0) }
        let hasLower = text.utf8.contains { (0x61...0x7A).contains($0) }
        return text.utf8.count >= 20 && hasDigit && hasLower && !text.utf8.contains { $0 == UInt8(ascii: "/") }
    }
}
