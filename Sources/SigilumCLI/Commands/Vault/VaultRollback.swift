internal import ArgumentParser
internal import VaultCore

/// `sigilum vault rollback`
struct VaultRollback: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Makes an older value current again, as a new version, and delivers it.",
        discussion: """
            Example:
              sigilum vault rollback upstream-secret/linear/access_token --to 1
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The version whose value returns; the previous where none is given.", valueName: "number"))
    var to: UInt32?
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName(name)
        let session = try Session.open(context, vault, for: .reading)
        try GatewayKeyGuard(session: session).allow(losing: name, gatewayKey)
        let reconciler = try session.reconciler(for: name, delivery)
        let outcome = try session.vault.rollback(name, to: to)
        var change = EntryChange(
            session: session, done: outcome.isNew ? "Rolled back: \(name.text)" : "Unchanged: \(name.text)",
            saved: "Rolled back, not delivered: \(name.text)", outcome: outcome)
        // The new version's number follows that of the one it takes the place of.
        if outcome.isNew { change.fields = [Field("restored", .integer(Int64(to ?? outcome.version - 2)))] }
        return try await change.concluded(delivery, through: reconciler)
    }
}
