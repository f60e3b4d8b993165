internal import SecureMemory
internal import VaultCore

/// What `vault put` does, whoever read its words.
struct EntryStoring: Sendable, Equatable {
    let name: String
    let value: EntryValueChoice
    /// Whether the entry may be a master key of the gateway.
    var isMeant = false
    let delivery: DeliveryChoice
    let vault: VaultChoice
    let output: OutputChoice

    /// - Throws: What the vault refuses, what is wrong with the value, or with what would deliver it.
    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName.new(name)
        // The vault first, where there is one: a wrong key is told before a value is asked for.
        let there = try Session.openIfThere(context, vault)
        let given = try value.read(for: name, context)
        if let there {
            do {
                return try await store(given, as: name, in: there)
            } catch VaultError.keysChanged {
                // While the value was on its way.
            }
        }
        return try await store(given, as: name, in: Session.open(context, vault, for: .storing))
    }

    private func store(_ value: SharedSecret, as name: EntryName, in session: Session) async throws -> Report {
        try GatewayKeyGuard(session: session).allow(
            storing: session.vault.fingerprint(value.bytes), as: name, isMeant: isMeant)
        let reconciler = try session.reconciler(for: name, DeliveryOptions(delivery))
        let outcome = try session.vault.put(value, as: name)
        return try await EntryChange(
            session: session, done: outcome.isNew ? "Stored: \(name.text)" : "Unchanged: \(name.text)",
            saved: "Stored, not delivered: \(name.text)", outcome: outcome
        ).concluded(DeliveryOptions(delivery), through: reconciler)
    }
}
