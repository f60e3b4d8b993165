internal import VaultCore

/// What of a vault waits for its user: what `status` shows at a glance.
struct VaultNeeds {
    /// Deliveries that are not done.
    let pending: [DeliveryID]
    /// Owner tokens that have ended, and those that do within a day.
    let expired: [Entry]
    let expiring: [Entry]
    /// Entries whose rotation is due.
    let due: [Entry]
    /// Deliveries on this machine that are not as they were left, and how.
    let drifted: [(id: DeliveryID, how: String)]
    /// Deliveries on this machine that could not be looked at.
    let unseen: [DeliveryID]

    /// What of the inventory says so, and what is found by looking at this machine's targets; the gateway and the API are not
    /// asked.
    static func find(_ entries: [Entry], _ plans: [DeliveryPlan], _ session: Session, now: Int64) async throws
        -> VaultNeeds
    {
        let tokens = entries.filter { $0.kind == .ownerToken }
        let left = { (entry: Entry) in TokenFacts.end(entry).map { $0 - now } ?? .max }
        let compared = try await compare(plans, session)
        return VaultNeeds(
            pending: plans.filter(\.isPending).map(\.delivery.id),
            expired: tokens.filter { left($0) <= 0 },
            expiring: tokens.filter { left($0) > 0 && left($0) <= TokenWatch.day },
            due: entries.filter { $0.rotationDueAt.map { $0 <= now } ?? false },
            drifted: compared.compactMap { seen in
                switch seen.observation {
                case nil, .present(differences: []): nil
                case .absent: (seen.id, "missing")
                case .present(let differences): (seen.id, differences.joined(separator: ", "))
                }
            }, unseen: compared.filter { $0.failure != nil }.map(\.id))
    }

    /// Whether something waits.
    var isAny: Bool {
        !pending.isEmpty || !expired.isEmpty || !expiring.isEmpty || !due.isEmpty || !drifted.isEmpty || !unseen.isEmpty
    }

    /// What is delivered and not pending, compared with what is there.
    private static func compare(_ plans: [DeliveryPlan], _ session: Session) async throws -> [DeliveryComparison] {
        let ids = plans.filter { !$0.isPending && !$0.delivery.isReleased && !$0.delivery.isWithdrawn }
            .map(\.delivery.id).filter { [.exportFile, .localAPI, .openClaw].contains($0.target) }
        guard !ids.isEmpty else { return [] }
        var targets: [any DeliveryTarget] = [session.exportFiles(), session.context.openers.openClaw()]
        if ids.contains(where: { $0.target == .localAPI }), let database = try? session.localAPI(option: nil) {
            targets.append(database)
        }
        return try await session.reconciler(targets: targets).compare(Set(ids))
    }

    // MARK: Reports

    /// The facts, with their forms in a document.
    var facts: [(key: String, value: Value, json: JSON?)] {
        [
            Self.fact("pending", pending.map(\.text)), Self.fact("expired", expired.map(\.name.text)),
            Self.fact("expiring", expiring.map(\.name.text)), Self.fact("rotation_due", due.map(\.name.text)),
            (
                "drifted",
                drifted.isEmpty
                    ? .plain("none")
                    : .untrusted(drifted.map { "\($0.id.text) (\($0.how))" }.joined(separator: ", ")),
                .array(drifted.map { .string($0.id.text) })
            ),
        ]
    }

    private static func fact(_ key: String, _ texts: [String]) -> (key: String, value: Value, json: JSON?) {
        (
            key, texts.isEmpty ? .plain("none") : .untrusted(texts.joined(separator: ", ")),
            .array(texts.map { .string($0) })
        )
    }

    /// What to type for each.
    func next(_ vault: Vault) -> [Message] {
        var next: [Message] = []
        if !pending.isEmpty { next.append("pending: deliver it:  \(command: ["vault", "sync"])") }
        for (word, tokens) in [("expired", expired), ("expiring", expiring)] {
            for entry in tokens {
                let namespace = String(entry.name.text.drop { $0 != "/" }.dropFirst())
                next.append(
                    "\(plain: word): get a new token:  \(TokenRenewal.command(namespace, in: vault))")
            }
        }
        for entry in due {
            next.append("rotation due: give it a new value:  \(command: ["vault", "rotate", entry.name.text])")
        }
        if !drifted.isEmpty { next.append("drifted: put it right:  \(command: ["vault", "sync"])") }
        if !unseen.isEmpty {
            next.append(
                "not to be looked at: \(unseen.map(\.text).joined(separator: ", ")); see why:  \(command: ["vault", "diff"])"
            )
        }
        return next
    }
}
