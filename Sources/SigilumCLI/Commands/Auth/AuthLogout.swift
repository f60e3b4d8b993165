internal import ArgumentParser
internal import VaultCore

/// `sigilum auth logout`
struct AuthLogout: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Removes the owner token from the vault, its file and OpenClaw's configuration.",
        discussion: """
            Example:
              sigilum auth logout --namespace johndee
            """)

    @Option(help: ArgumentHelp("Whose token.", valueName: "namespace"))
    var namespace: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let namespace = try Session.namespace(context, session.surroundings, option: namespace, session: session)
        let name = EntryName.ownerToken(namespace)
        // Also where it is gone already: a logout that was killed may not have noted it.
        context.tokens.touched(name)
        let reconciler = session.reconciler(targets: [session.exportFiles(), context.openers.openClaw()])
        let ids: [DeliveryID]
        if try session.vault.read({ try $0.entry(name) }) != nil {
            ids = try session.vault.remove(name, everywhere: true).deliveries
            if try !session.vault.wipeRemoved() {
                session.surroundings.say(
                    .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
            }
        } else {
            // What a logout before could not take away, or was killed over.
            ids = try session.vault.read { try $0.plans() }.map(\.delivery)
                .filter { $0.isWithdrawn && $0.entries == [name] }.map(\.id)
        }
        guard !ids.isEmpty else {
            return Report(
                .ok("No owner token is stored for namespace: \(namespace.text)"),
                fields: [Field("namespace", .plain(namespace.text))])
        }
        let outcomes = try await reconciler.reconcile(ids)
        for outcome in outcomes where outcome.isPending {
            session.surroundings.say(.warn("Still there: \(outcome.id.key)"))
        }
        let fields = outcomes.filter { !$0.isPending }.map { outcome in
            Field(
                outcome.id.target == .openClaw ? "openclaw_config" : "token_file", context.shown(path: outcome.id.key))
        }
        var conclusion = Conclusion(
            done: "Namespace-owner token removed.", saved: "Namespace-owner token removed, not everywhere.",
            fields: [Field("namespace", .plain(namespace.text))] + fields, outcomes: outcomes)
        conclusion.isRemoval = true
        return try conclusion.report()
    }
}
