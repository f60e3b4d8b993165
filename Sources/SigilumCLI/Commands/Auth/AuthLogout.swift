internal import ArgumentParser
internal import Glibc
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
        // Also where it is gone already: a logout that was killed may not have noted it.
        context.tokens.touched(.ownerToken(namespace))
        let reconciler = session.reconciler(targets: [session.exportFiles(), context.openers.openClaw()])
        let removal = try session.vault.removeOwnerToken(of: namespace)
        if removal.isNew, try !session.vault.wipeRemoved() {
            session.surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        guard removal.isNew || !removal.deliveries.isEmpty else {
            try warnOfStrangers(namespace, session)
            return Report(
                .ok("No owner token is stored for namespace: \(namespace.text)"),
                fields: [Field("namespace", .plain(namespace.text))])
        }
        let outcomes = try await reconciler.reconcile(removal.deliveries)
        for outcome in outcomes where outcome.isPending {
            session.surroundings.say(.warn("Still there: \(outcome.id.key)"))
        }
        try warnOfStrangers(namespace, session)
        let gone = outcomes.filter { !$0.isPending }.map { outcome in
            (
                key: outcome.id.target == .openClaw ? "openclaw_config" : "token_file",
                value: context.shown(path: outcome.id.key)
            )
        }
        let fields = [Field("namespace", .plain(namespace.text))] + gone.map { Field($0.key, $0.value) }
        var conclusion = Conclusion(
            done: "Namespace-owner token removed.", saved: "Namespace-owner token removed, not everywhere.",
            fields: fields, outcomes: outcomes)
        conclusion.isRemoval = true
        let start: [(key: String, value: JSON)] = [("namespace", .string(namespace.text))]
        conclusion.json = .object(start + members(gone))
        return try conclusion.report()
    }

    /// Each key once: one path is a text, several are an array.
    private func members(_ fields: [(key: String, value: Value)]) -> [(key: String, value: JSON)] {
        ["token_file", "openclaw_config"].compactMap { key in
            let values = fields.filter { $0.key == key }.map(\.value.json)
            return values.first.map { (key: key, value: values.count == 1 ? $0 : .array(values)) }
        }
    }

    /// What lies in the usual places and this vault did not put there stays, and is said: with it nobody is signed out.
    private func warnOfStrangers(_ namespace: Namespace, _ session: Session) throws {
        guard let folder = try OpenClawHome.locate(option: nil, session.surroundings) else { return }
        let places = try DeliveryPlaces(session, home: session.home.folder.path)
        func warn(_ path: String) {
            session.surroundings.say(.warn("Not this vault's, and still there: an owner token in \(path)"))
        }
        let file = OpenClawHomeOption.tokenFile(of: namespace, in: folder)
        if access(file, F_OK) == 0, places.known(.exportFile, at: file) == nil { warn(file) }
        let config = folder + "/openclaw.json"
        guard places.known(.openClaw, at: config) == nil else { return }
        let holds = try? context.openers.openClaw().holdsToken(path: config, namespace: namespace.text)
        if holds == true { warn(config) }
    }
}
