internal import Glibc
internal import SafeFiles
internal import Sealing
internal import SecureMemory
internal import VaultCore

/// Where a new master key comes from, as options say; the names of the options are the caller's.
struct NewKeySource: Sendable {
    /// The environment variable that has it.
    var variable: String?
    /// The file that has it; `-` is standard input.
    var file: String?
    /// The file that a new random key is written to.
    var newFile: String?
    var isPassphrase: Bool

    /// Whether an option says where it comes from, or that it is a passphrase.
    var isNamed: Bool { variable != nil || file != nil || newFile != nil || isPassphrase }

    /// Reads the key; asks for a passphrase twice. Writes nothing: a key that is to be made is made later.
    ///
    /// - Parameters:
    ///   - names: The options for a variable, a file and a new file, for the messages.
    ///   - session: Whose home the file is not to be made in.
    ///   - context: The world outside.
    /// - Returns: The key, or the file that it is to be made in.
    /// - Throws: 64 for two sources, for a passphrase that was not called one, or a random key that was; 66 for a source
    ///   that is not there; 77 for a file that others may write.
    func read(names: [String], for session: Session, _ context: Context) throws -> NewMasterKey {
        let given = [variable, file, newFile].compactMap { $0 }
        guard given.count <= 1 else { throw Failure.usage("Use only one of: \(names.joined(separator: ", "))") }
        if let newFile {
            guard !isPassphrase else {
                throw Failure.usage("A key that is made here is random: leave out --passphrase")
            }
            return try NewKeyFile(newFile, session).key()
        }
        let surroundings = Surroundings(context)
        let key: MasterKey
        if given.isEmpty, isPassphrase, context.terminal.inputIsTerminal() {
            key = try Passphrase.askTwice("New passphrase of the vault: ", "nothing was changed", .new, context)
        } else {
            let source: SecretSource =
                if let variable {
                    .variable(variable)
                } else if let file, file != "-" {
                    .file(file)
                } else {
                    given.isEmpty && context.terminal.inputIsTerminal() ? .prompt("New master key: ") : .standardInput
                }
            if case .file(let path) = source { try Self.checkSafety(path, surroundings) }
            key = try MasterKey(source.read(surroundings, context.terminal).bytes, source: .new)
        }
        switch (try MasterKeyKind.classify(key.secret.bytes), isPassphrase) {
        case (.random, true): throw Failure.usage("A random key is no passphrase: leave out --passphrase")
        case (.passphrase, false):
            throw Failure.usage(
                "Not a random key: 64 hexadecimal digits, or base64 of 32 bytes",
                hints: [
                    "make one:  openssl rand -hex 32", "for a passphrase, say so: --passphrase", "nothing was changed",
                ])
        case (.passphrase, true): try Passphrase.warn(of: key, surroundings)
        case (.random, false): break
        }
        return .known(key, path: nil)
    }

    /// A file that others may write holds their key.
    private static func checkSafety(_ given: String, _ surroundings: Surroundings) throws(Failure) {
        let path = try surroundings.absolute(given)
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        try SafetyCheck(surroundings).secretFile(path, .mounted)
    }
}

/// A new master key: known, or still to be made.
enum NewMasterKey {
    /// The path is that of the file that it was made in by a run before this one, where it was.
    case known(MasterKey, path: String?)
    case unmade(NewKeyFile)

    /// nil where it is still to be made.
    var known: MasterKey? { if case .known(let key, _) = self { key } else { nil } }

    /// The file that it is made in, absolute.
    var path: String? {
        switch self {
        case .known(_, let path): path
        case .unmade(let file): file.path
        }
    }

    /// The key; made, and on disk when this returns, where it was not.
    func get() throws -> MasterKey {
        switch self {
        case .known(let key, _): key
        case .unmade(let file): try file.make()
        }
    }
}

/// A file that a new random key is written to. One that is there already is taken where it holds such a key: a run that was
/// killed after it was written has left it.
struct NewKeyFile {
    let path: String
    private let file: SecretFile
    private let surroundings: Surroundings

    init(_ given: String, _ session: Session) throws {
        surroundings = session.surroundings
        file = try SecretFile(given, surroundings)
        path = file.path
        try file.refuse(inside: session.home)
    }

    fileprivate func key() throws -> NewMasterKey {
        guard file.exists else { return .unmade(self) }
        try SafetyCheck(surroundings).secretFile(path, .strict)
        guard let content = try readSecretThroughLinks(path, limit: MasterKey.lengthLimit),
            MasterKeyKind.classify(content) == .random
        else {
            throw Failure(
                .cannotWrite, code: "file-exists", "There is a file already, and it holds no random key: \(path)",
                hints: ["nothing was changed; give another path"])
        }
        surroundings.say(.info("Taking the random key that is there already: \(path)"))
        return .known(try MasterKey(content, source: .new), path: path)
    }

    fileprivate func make() throws -> MasterKey {
        let digits = RandomSecret.make(byteCount: 32, in: .hex)
        try file.create(digits)
        surroundings.say(.info("Made a new master key: \(path)"))
        return try MasterKey(digits, source: .new)
    }
}
