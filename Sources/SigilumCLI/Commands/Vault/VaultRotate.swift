internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault rotate`
struct VaultRotate: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Stores a new version, generated or given, and delivers it where it is used.",
        discussion: """
            A value that was generated is generated again in the same way. One that was given needs --from-env or --from-file.

            Example:
              sigilum vault rotate service-api-key/my-native-service
            """)

    @Argument(help: "The entry's name.") var name: String
    @OptionGroup var source: EntryValueOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName(name)
        let value = source.isNamed ? try source.read(for: name, context) : nil
        let session = try Session.open(context, vault, for: .reading)
        if value == nil { try requireRule(for: name, session) }
        let reconciler = try session.reconciler(for: name, delivery)
        let outcome = try session.vault.rotate(name, to: value)
        return try await EntryChange(
            session: session, done: outcome.isNew ? "Rotated: \(name.text)" : "Unchanged: \(name.text)",
            saved: "Rotated, not delivered: \(name.text)", outcome: outcome
        ).concluded(delivery, through: reconciler)
    }

    /// A value that somebody else gave out cannot be made up: what it opens would be closed.
    private func requireRule(for name: EntryName, _ session: Session) throws {
        guard let entry = try session.vault.read({ try $0.entry(name) }) else { throw VaultError.noSuchEntry(name) }
        guard entry.generator == nil else { return }
        switch entry.kind {
        case .serviceAPIKey, .localJWTSecret: return
        case .ownerToken: throw Failure.ownerTokenIsNotRandom
        case .upstreamSecret, .userSecret:
            throw Failure.usage(
                "The value was given, not generated: \(name.text)",
                hints: ["give the new one:  \(command: ["vault", "rotate", name.text, "--from-file", "-"])"])
        }
    }
}
