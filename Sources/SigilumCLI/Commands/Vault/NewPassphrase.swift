internal import SecureMemory
internal import VaultCore

/// The passphrase of a vault that is about to be made.
enum NewPassphrase {
    /// The master key that is set, where it is a passphrase; else one asked for on the terminal, twice.
    static func read(_ context: Context, _ options: VaultOptions, _ place: VaultPlace) throws -> MasterKey {
        let surroundings = Surroundings(context)
        let given = try MasterKeyResolution.resolve(
            option: context.secret(options.gatewayMasterKey), home: place.home, surroundings: surroundings)
        if let given {
            guard MasterKeyKind.classify(given.secret.bytes) == .passphrase else {
                throw Failure.usage(
                    "A master key is set already, and it is no passphrase: \(given.source.message)",
                    hints: ["leave out --passphrase: a random key is much safer", "nothing was made"])
            }
            return given
        }
        let first = try context.terminal.askSecret("Passphrase of the new vault: ")
        let second = try context.terminal.askSecret("Once more: ")
        guard first.equals(second) else { throw Failure.usage("The two are not the same; nothing was made") }
        surroundings.say(
            .info(
                """
                The passphrase is stored nowhere, and cannot be recovered. Commands take it from \
                GATEWAY_MASTER_KEY_COMMAND (a password manager), GATEWAY_MASTER_KEY_FILE or GATEWAY_MASTER_KEY
                """))
        return try MasterKey(first, source: .terminal)
    }
}
