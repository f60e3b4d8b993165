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
        let reconciler = session.reconciler(targets: [session.exportFiles(), context.openers.openClaw()])
        guard try session.vault.read({ try $0.entry(name) }) != nil else {
            return Report(
                .ok("No owner token is stored for namespace: \(namespace.text)"),
                fields: [Field("namespace", .plain(namespace.text))])
        }
        let outcome = try session.vault.remove(name, everywhere: true)
        let isWiped = try session.vault.wipeRemoved()
        if !isWiped {
            session.surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        let outcomes = try await reconciler.reconcile(outcome.deliveries)
        let fields = outcomes.map { outcome in
            Field(
                outcome.id.target == .openClaw ? "openclaw_config" : "token_file", context.shown(path: outcome.id.key))
        }
        return try Conclusion(
            done: "Namespace-owner token removed.", saved: "Namespace-owner token removed, not everywhere.",
            fields: [Field("namespace", .plain(namespace.text))] + fields, outcomes: outcomes
        ).report()
    }
}
