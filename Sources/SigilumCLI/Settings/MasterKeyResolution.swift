internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// Finds the master key.
enum MasterKeyResolution {
    /// The name of the key file in a home, and of the credential that systemd hands over.
    static let fileName = "gateway-master-key"

    /// The key, from the first of these that is set: the option, `GATEWAY_MASTER_KEY`, the file that
    /// `GATEWAY_MASTER_KEY_FILE` names, the output of `GATEWAY_MASTER_KEY_COMMAND`, the credential
    /// `gateway-master-key` of systemd, the key file in the home. What is set and cannot be used is an error, never
    /// passed over.
    ///
    /// - Parameters:
    ///   - option: The value of `--gateway-master-key`.
    ///   - home: nil where there is none yet.
    ///   - surroundings: The environment.
    /// - Returns: nil where none is set.
    /// - Throws: 66 for a named file that is not there, 77 for one that is not safe, 78 for what is no key.
    static func resolve(
        option: SharedSecret?, home: SigilumHome?, surroundings: Surroundings
    ) throws(Failure) -> MasterKey? {
        if let option { return try MasterKey(option.bytes, source: .option) }
        if let secret = surroundings.environment.takeSecret("GATEWAY_MASTER_KEY") {
            return try MasterKey(secret.bytes, source: .environment)
        }
        if let named = surroundings.setting("GATEWAY_MASTER_KEY_FILE") {
            let path = try surroundings.absolute(named)
            if let key = try mounted(path, .file(path: path), surroundings) { return key }
            throw Failure(
                .missing, code: "file-not-found", "Master key file not found: \(path)",
                hints: ["GATEWAY_MASTER_KEY_FILE names it"])
        }
        if let command = surroundings.setting("GATEWAY_MASTER_KEY_COMMAND") {
            return try MasterKeyCommand.run(command)
        }
        if let folder = surroundings.setting("CREDENTIALS_DIRECTORY"), folder.hasPrefix("/") {
            let path = Surroundings.tidy(folder + "/" + fileName)
            if let key = try mounted(path, .credential(path: path), surroundings) { return key }
        }
        guard let home else { return nil }
        return try keyFile(in: home, surroundings)
    }

    /// The code of ``notFound(_:)``: there is a vault, and nothing to open it with.
    static let lockedCode = "no-master-key"

    /// What a command says that needs a key where none is set (78).
    static func notFound(_ home: SigilumHome, isPassphrase: Bool = false) -> Failure {
        Failure(
            .configuration, code: lockedCode, "No master key for this vault: \(home.location.path)",
            hints: [
                "set GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or GATEWAY_MASTER_KEY",
                isPassphrase
                    ? "or run it on a terminal, which asks for the vault's passphrase"
                    : "or put the key file back: \(home.path(of: fileName))",
            ])
    }

    /// Makes the key file of a home: a new random key of 64 hex digits, 0600, without a line end, so that its content
    /// can be handed on as it is. Where another process made one meanwhile, that one is the key.
    static func createKeyFile(in home: SigilumHome, surroundings: Surroundings) throws(Failure) -> MasterKey {
        let source = MasterKeySource.homeFile(path: home.path(of: fileName))
        let digits = hexDigits(SecretBytes(randomCount: 32))
        do throws(FileError) {
            try home.folder.createNew(fileName, with: digits, owner: home.owner)
        } catch {
            if case .system(_, _, EEXIST) = error, let winner = try keyFile(in: home, surroundings) { return winner }
            throw error.failure
        }
        surroundings.say(
            .info(
                """
                Made a new master key: \(home.path(of: fileName)). Beside its vault it protects copies of the vault \
                alone; safer is another place: GATEWAY_MASTER_KEY_FILE (another disk, a container's secret), \
                GATEWAY_MASTER_KEY_COMMAND (a password manager) or a systemd credential named \(fileName)
                """))
        return try MasterKey(digits, source: source)
    }

    /// The key file of a home; nil where there is none.
    ///
    /// - Throws: 77 for one that is not safe, 78 for what is no key.
    static func keyFile(in home: SigilumHome, _ surroundings: Surroundings) throws(Failure) -> MasterKey? {
        let path = home.path(of: fileName)
        let source = MasterKeySource.homeFile(path: path)
        let status: FileStatus?
        do throws(FileError) {
            status = try home.folder.status(fileName)
        } catch {
            throw error.failure
        }
        guard let status else { return nil }
        try SafetyCheck(surroundings).secretFile(path, .strict)
        let content: SecretBytes?
        do throws(FileError) {
            // A link gets here only where the user said that unsafe permissions are to be used.
            content =
                status.kind == .symbolicLink
                ? try readSecretThroughLinks(path, limit: MasterKey.lengthLimit)
                : try home.folder.readSecret(fileName, limit: MasterKey.lengthLimit)
        } catch {
            throw failure(error, source)
        }
        guard let content else { return nil }
        return try MasterKey(content, source: source)
    }

    /// A key in a file that a container or systemd mounted; nil where it is not there.
    private static func mounted(
        _ path: String, _ source: MasterKeySource, _ surroundings: Surroundings
    ) throws(Failure) -> MasterKey? {
        let content: SecretBytes?
        do throws(FileError) {
            content = try readSecretThroughLinks(path, limit: MasterKey.lengthLimit)
        } catch {
            throw failure(error, source)
        }
        guard let content else { return nil }
        try SafetyCheck(surroundings).secretFile(path, .mounted)
        return try MasterKey(content, source: source)
    }

    private static func failure(_ error: FileError, _ source: MasterKeySource) -> Failure {
        if case .tooLarge = error { return MasterKey.tooLong(source) }
        return error.failure
    }

    private static func hexDigits(_ random: borrowing SecretBytes) -> SecretBytes {
        random.withBytes { bytes in
            SecretBytes(capacity: bytes.count * 2) { target in
                for (index, byte) in bytes.enumerated() {
                    target[2 * index] = hexDigit(byte >> 4)
                    target[2 * index + 1] = hexDigit(byte & 0xF)
                }
                return bytes.count * 2
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
