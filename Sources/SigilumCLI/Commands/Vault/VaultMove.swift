internal import ArgumentParser
internal import VaultCore

/// `sigilum vault move`
struct VaultMove: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Gives an entry of your own another name; its versions stay.",
        discussion: """
            Example:
              sigilum vault move ci/deploy-key ci/deploy-key-2026
            """)

    @Argument(help: "The entry's name.") var old: String
    @Argument(help: "Its new name.") var new: String
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let (old, new) = (try EntryName(old), try EntryName.new(new))
        let session = try Session.open(context, vault, for: .reading)
        let keys = GatewayKeyGuard(session: session)
        try keys.allow(losing: old, gatewayKey)
        if let entry = try session.vault.read({ try $0.entry(old) }) {
            try keys.allow(storing: entry.fingerprint, as: new, isMeant: gatewayKey.force)
        }
        let reconciler = try session.reconciler(for: old, delivery)
        let outcome = try session.vault.move(old, to: new)
        return try await EntryChange(
            session: session, done: "Moved: \(old.text) to \(new.text)",
            saved: "Moved, not delivered: \(old.text) to \(new.text)", outcome: outcome,
            fields: [Field("moved_from", .untrusted(old.text))]
        ).concluded(delivery, through: reconciler)
    }
}
