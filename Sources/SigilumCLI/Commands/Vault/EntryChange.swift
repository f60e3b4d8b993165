internal import VaultCore

/// How a command ends that changed an entry: what was done, where it was delivered, what is pending.
struct EntryChange {
    let session: Session
    /// What is said under `[ok]`, and under `[warn]` where something was not delivered.
    let done: Message, saved: Message
    let outcome: EntryOutcome
    /// Facts beside the version and the deliveries.
    var fields: [Field] = []
    /// Whether a wipe that an earlier command could not do is tried again.
    var finishesWipe = true

    /// Delivers, then reports. Reaches for no target where the entry is delivered nowhere.
    func concluded(_ options: @autoclosure () -> DeliveryOptions, through reconciler: Reconciler?) async throws
        -> Report
    {
        if finishesWipe { try session.finishWipe() }
        var outcomes: [DeliveryOutcome] = []
        if !outcome.deliveries.isEmpty {
            outcomes = try await (reconciler ?? session.reconciler(options())).reconcile(outcome.deliveries)
        }
        // The API may just have made one more.
        let newest = outcomes.isEmpty ? nil : try session.vault.read { try $0.entry(outcome.name)?.currentVersion }
        let version = Int64(newest ?? outcome.version)
        var facts = [Field("version", .integer(version))] + fields
        if !outcomes.isEmpty {
            let states = outcomes.map { "\($0.id.text) (\($0.state))" }
            facts.append(Field("deliveries", .untrusted(states.joined(separator: ", "))))
        }
        let members: [(key: String, value: JSON)] =
            [("name", .string(outcome.name.text)), ("version", .integer(version))]
            + fields.map { ($0.key, $0.value.json) } + [("deliveries", .array(outcomes.map(\.document)))]
        return try Conclusion(
            done: done, saved: saved, fields: facts, json: .object(members), outcomes: outcomes,
            namespace: try session.namespace(of: outcomes)
        ).report()
    }
}

extension DeliveryOutcome {
    /// One word for people and programs.
    var state: String {
        switch result {
        case .unchanged: "unchanged"
        case .delivered(let repaired): repaired.isEmpty ? "delivered" : "repaired"
        case .withdrawn: "withdrawn"
        case .pending, .postponed: "pending"
        }
    }

    var document: JSON { .object([("target", .string(id.text)), ("state", .string(state))]) }
}

extension Session {
    /// The reconciler of a command with ``DeliveryOptions``.
    func reconciler(_ options: DeliveryOptions) throws -> Reconciler {
        try reconciler(options.gateway, api: options.api, apiDatabase: options.apiDb, offline: options.network.offline)
    }

    /// The reconciler that a change of an entry will need, made before anything is stored, so that a wrong address stops
    /// the command in time; nil where the entry is delivered nowhere.
    func reconciler(for name: EntryName, _ options: @autoclosure () -> DeliveryOptions) throws -> Reconciler? {
        let isDelivered = try vault.read { try $0.entry(name)?.deliveries.isEmpty == false }
        // A new secret of a connection that is there is delivered with it.
        return isDelivered || name.kind == .upstreamSecret ? try reconciler(options()) : nil
    }

    /// Whose gateway is to be started: of the first service that could not be delivered.
    func namespace(of outcomes: [DeliveryOutcome]) throws -> Namespace? {
        guard let slug = outcomes.first(where: { $0.isPending && $0.service != nil })?.service else { return nil }
        return try vault.read { try $0.service(slug)?.namespace }
    }

    /// Does what an earlier command could not: makes removed values unreadable in the vault's files.
    func finishWipe() throws {
        guard try vault.read({ try $0.setting("wipe-pending") }) != nil else { return }
        if try vault.wipeRemoved() {
            surroundings.say(.info("Wiped from the vault's files what an earlier command removed"))
        }
    }
}
