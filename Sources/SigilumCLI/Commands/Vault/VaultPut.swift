internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault put`
struct VaultPut: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Stores a value: a new entry, or a new version of one that is there.",
        discussion: """
            The value comes from standard input, or from a prompt on a terminal, where no option names another source.

            Example:
              sigilum vault put ci/deploy-key --from-file deploy-key.pem
            """)

    @Argument(help: "The entry's name.") var name: String
    @OptionGroup var source: EntryValueOptions
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName.new(name)
        let value = try source.read(for: name, context)
        let session = try Session.open(context, vault, for: .storing)
        try GatewayKeyGuard(session: session).allow(
            storing: session.vault.fingerprint(value.bytes), as: name, gatewayKey)
        let reconciler = try session.reconciler(for: name, delivery)
        let outcome = try session.vault.put(value, as: name)
        return try await EntryChange(
            session: session, done: outcome.isNew ? "Stored: \(name.text)" : "Unchanged: \(name.text)",
            saved: "Stored, not delivered: \(name.text)", outcome: outcome
        ).concluded(delivery, through: reconciler)
    }
}
