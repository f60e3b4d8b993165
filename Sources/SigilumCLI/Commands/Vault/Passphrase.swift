internal import SecureMemory
internal import VaultCore

/// Passphrases that are typed.
enum Passphrase {
    /// Asks for the key of a vault that a passphrase opens.
    ///
    /// - Throws: 78 where no key is set and nobody can be asked, or where no passphrase opens the vault.
    static func ask(_ context: Context, _ storage: any VaultStorage, _ home: SigilumHome) throws -> MasterKey {
        let isPassphrase = try Vault.takesPassphrase(storage)
        guard context.terminal.canAsk(), isPassphrase else {
            throw MasterKeyResolution.notFound(home, isPassphrase: isPassphrase)
        }
        return try MasterKey(context.terminal.askSecret("Passphrase of the vault: "), source: .terminal)
    }

    /// The key of a vault that is about to be made: the master key that is set, where it is a passphrase; else one asked for on the terminal, twice.
    static func new(_ context: Context, _ options: VaultOptions, _ place: VaultPlace) throws -> MasterKey {
        let surroundings = Surroundings(context)
        let given = try MasterKeyResolution.resolve(
            option: context.secret(options.gatewayMasterKey), home: place.home, surroundings: surroundings)
        if let given {
            guard try MasterKeyKind.classify(given.secret.bytes) == .passphrase else {
                throw Failure.usage(
                    "A master key is set already, and it is no passphrase: \(given.source.message)",
                    hints: ["leave out --passphrase: a random key is much safer", "nothing was made"])
            }
            return given
        }
        let key = try askTwice("Passphrase of the new vault: ", "nothing was made", .terminal, context)
        surroundings.say(
            .info(
                """
                The passphrase is stored nowhere, and cannot be recovered. Commands ask for it, or take it from \
                GATEWAY_MASTER_KEY_COMMAND (a password manager), GATEWAY_MASTER_KEY_FILE or GATEWAY_MASTER_KEY
                """))
        return key
    }

    /// Asks for a new passphrase on the terminal.
    ///
    /// - Throws: 64 where the two are not the same, with what that means.
    static func askTwice(
        _ question: Message, _ otherwise: Message, _ source: MasterKeySource, _ context: Context
    ) throws -> MasterKey {
        let first = try context.terminal.askSecret(question)
        let second = try context.terminal.askSecret("Once more: ")
        guard first.equals(second) else { throw Failure.usage("The two are not the same; \(otherwise)") }
        return try MasterKey(first, source: source)
    }

    /// Shorter than this, in bytes, a passphrase is found by trying, however it is stretched.
    private static let shortLength = 12

    /// What is said of every passphrase that is to open a vault from now on.
    static func warn(of key: MasterKey, _ surroundings: Surroundings) throws {
        surroundings.say(
            .warn("The master key is a passphrase; 64 random hex digits are much safer: openssl rand -hex 32"))
        guard try key.secret.bytes.count < shortLength else { return }
        surroundings.say(
            .warn("It has fewer than \(shortLength) characters: whoever has a copy of the vault can try them all"))
    }
}
