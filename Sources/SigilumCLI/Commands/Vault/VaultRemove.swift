internal import ArgumentParser
internal import VaultCore

/// `sigilum vault remove`
struct VaultRemove: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes an entry with all its versions, and its export file.",
        discussion: """
            Example:
              sigilum vault remove ci/deploy-key --confirm ci/deploy-key
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(help: ArgumentHelp("The entry's name once more.", valueName: "name")) var confirm: String?
    @Flag(help: "Take it away from everywhere it was delivered as well.") var everywhere = false
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName(name)
        guard let confirm, try EntryName(confirm) == name else {
            throw Failure.usage(
                confirm == nil ? "Removing needs --confirm NAME" : "--confirm is not the entry's name",
                hints: ["nothing was removed; NAME is the entry's name once more"])
        }
        let session = try Session.open(context, vault, for: .reading)
        try GatewayKeyGuard(session: session).allow(losing: name, gatewayKey)
        let reconciler = try session.reconciler(for: name, delivery)
        let before = try session.vault.read { try $0.entry(name)?.deliveries } ?? []
        context.tokens.touched(name)
        let outcome = try session.vault.remove(name, everywhere: everywhere)
        let isWiped = try session.vault.wipeRemoved()
        let change = EntryChange(
            session: session, done: "Removed: \(name.text)", saved: "Removed, not taken away: \(name.text)",
            outcome: outcome, fields: [Field("wiped", .boolean(isWiped))], finishesWipe: false)
        let left = before.filter { !outcome.deliveries.contains($0) }.map(\.text).joined(separator: ", ")
        if !left.isEmpty { session.surroundings.say(.info("Still delivered: \(left)")) }
        if !isWiped {
            session.surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        var report = try await change.concluded(delivery, through: reconciler)
        if !isWiped { report.headline = .warn("Removed, not yet wiped: \(name.text)") }
        return report
    }
}
