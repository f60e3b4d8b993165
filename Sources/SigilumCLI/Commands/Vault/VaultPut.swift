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
        // The vault first, where there is one: a wrong key is told before a value is asked for.
        let there = try opened(name, context)
        let value = try source.read(for: name, context)
        guard let there else {
            return try await store(value, as: name, in: Session.open(context, vault, for: .storing))
        }
        do {
            return try await store(value, as: name, in: there)
        } catch VaultError.keysChanged {
            // While the value was on its way. It may come from a pipe, and then only once.
            return try await store(value, as: name, in: Session.open(context, vault, for: .storing))
        }
    }

    /// The vault, where there is one. What the full program has to deliver is its own to store, with the value still unread.
    private func opened(_ name: EntryName, _ context: Context) throws -> Session? {
        if let handOver = context.handOver, name.kind == .upstreamSecret { handOver() }
        guard let session = try Session.openIfThere(context, vault) else { return nil }
        if let handOver = context.handOver,
            try session.vault.read({ try $0.entry(name)?.deliveries.isEmpty == false })
        {
            context.announce()
            handOver()
        }
        return session
    }

    private func store(_ value: SharedSecret, as name: EntryName, in session: Session) async throws -> Report {
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
