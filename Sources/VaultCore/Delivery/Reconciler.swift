/// What became of one delivery.
package struct DeliveryOutcome: Sendable {
    package enum Result: Sendable, Equatable {
        /// It was as it should be.
        case unchanged
        /// It is now as it should be; `repaired` names what was found different although it had been applied.
        case delivered(repaired: [String])
        case withdrawn
        /// Not done: why. It stays pending.
        case pending(DeliveryFailure)
        /// Not tried, since no network should be used. It stays pending.
        case postponed
    }

    package let id: DeliveryID
    package let service: Slug?
    package let result: Result

    /// Whether something is left to do.
    package var isPending: Bool {
        switch result {
        case .pending, .postponed: true
        case .unchanged, .delivered, .withdrawn: false
        }
    }
}

/// Desired against applied against what is there, for one delivery.
package struct DeliveryComparison: Sendable {
    package let id: DeliveryID
    package let service: Slug?
    /// Whether the vault knows of something left to do.
    package let isPending: Bool
    package let isWithdrawn: Bool
    /// What is there; nil where it could not be seen.
    package let observation: Observation?
    package let failure: DeliveryFailure?

    /// Whether a sync would have something to do.
    package var differs: Bool {
        if isWithdrawn { return true }
        return isPending || failure != nil || observation != .present(differences: [])
    }
}

/// Keeps deliveries of one kind apart, so that a slow older one cannot land after a newer one.
package struct DeliveryLocks: Sendable {
    /// Waits for the lock of a kind; it is held as long as the returned object lives. Throws when it takes too long.
    package let acquire: @Sendable (TargetKind) throws(DeliveryFailure) -> any AnyObject & Sendable

    package init(acquire: @escaping @Sendable (TargetKind) throws(DeliveryFailure) -> any AnyObject & Sendable) {
        self.acquire = acquire
    }
}

/// Makes the difference between desired and applied go away, by steps that are safe to repeat.
package struct Reconciler: Sendable {
    let vault: Vault
    let targets: [TargetKind: any DeliveryTarget]
    let locks: DeliveryLocks
    /// Targets that are not tried.
    let postponed: Set<TargetKind>

    package init(
        vault: Vault, targets: [any DeliveryTarget], locks: DeliveryLocks, postponed: Set<TargetKind> = []
    ) {
        self.vault = vault
        self.targets = Dictionary(uniqueKeysWithValues: targets.map { ($0.kind, $0) })
        self.locks = locks
        self.postponed = postponed
    }

    /// Brings the given deliveries up to date, in their order. A failure of one leaves it pending and goes on.
    ///
    /// With `takingOver`, what is there and is somebody else's is taken over: the user gave the secret explicitly.
    package func reconcile(
        _ ids: some Sequence<DeliveryID>, takingOver: Bool = false
    ) async throws -> [DeliveryOutcome] {
        try await reconcile(ids, takingOver, knowing: nil)
    }

    /// As above, of deliveries that were looked at already: what the vault has not changed since is not read again.
    package func reconcile(_ seen: SeenDeliveries) async throws -> [DeliveryOutcome] {
        try await reconcile(seen.looks.keys, false, knowing: seen)
    }

    private func reconcile(
        _ ids: some Sequence<DeliveryID>, _ takingOver: Bool, knowing seen: SeenDeliveries?
    ) async throws -> [DeliveryOutcome] {
        let ids = Set(ids).sorted()
        // What the other side makes comes first: files and connections hold it.
        let failures = try await issueCredentials(of: ids)
        var outcomes: [DeliveryOutcome] = []
        var size = 1
        var rest = ids[...]
        while let first = rest.first {
            if let failure = failures[first] {
                let service = try vault.read { try $0.delivery(first)?.service }
                outcomes.append(DeliveryOutcome(id: first, service: service, result: .pending(failure)))
                rest.removeFirst()
            } else if let target = targets[first.target], !postponed.contains(first.target) {
                let batch = rest.prefix { $0.target == first.target && failures[$0] == nil }.prefix(size)
                let start = ContinuousClock.now
                let settled = try await DeliveryBatch(self, target, takingOver).reconcile(
                    Array(batch), knowing: seen)
                outcomes += batch.compactMap { settled[$0] }
                // Who is slow to answer gets one at a time: others wait for the lock.
                size = ContinuousClock.now - start < .seconds(1) ? min(size * 4, DeliveryBatch.limit) : 1
                rest.removeFirst(batch.count)
            } else {
                rest.removeFirst()
                guard let plan = try known(first) else { continue }
                let isPostponed = postponed.contains(first.target) && plan.isPending
                outcomes.append(
                    DeliveryOutcome(
                        id: first, service: plan.delivery.service, result: isPostponed ? .postponed : .unchanged))
            }
        }
        return outcomes
    }

    /// Looks at every delivery, or at those given; changes nothing.
    package func compare(_ ids: Set<DeliveryID>? = nil) async throws -> [DeliveryComparison] {
        var result: [DeliveryComparison] = []
        for plan in try vault.read({ try $0.plans() }) where ids?.contains(plan.delivery.id) ?? true {
            guard let target = targets[plan.delivery.id.target] else { continue }
            var observation: Observation?
            var failure: DeliveryFailure?
            if !postponed.contains(target.kind) {
                do throws(DeliveryFailure) {
                    observation = try await target.observe(plan.job())
                } catch {
                    failure = error
                }
            }
            result.append(
                DeliveryComparison(
                    id: plan.delivery.id, service: plan.delivery.service, isPending: plan.isPending,
                    isWithdrawn: plan.delivery.isWithdrawn, observation: observation, failure: failure))
        }
        return result
    }

    /// The plan of a delivery; nil where there is none, or it was released.
    func known(_ id: DeliveryID) throws -> DeliveryPlan? {
        try vault.read { try $0.plan(id) }.flatMap { $0.delivery.isReleased ? nil : $0 }
    }
}
