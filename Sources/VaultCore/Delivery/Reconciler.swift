internal import SecureMemory

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
        var outcomes: [DeliveryOutcome] = []
        let ids = Set(ids).sorted()
        // What the other side makes comes first: files and connections hold it.
        let failures = try await issueCredentials(of: ids)
        for id in ids {
            if let failure = failures[id] {
                let service = try vault.read { try $0.delivery(id)?.service }
                outcomes.append(DeliveryOutcome(id: id, service: service, result: .pending(failure)))
                continue
            }
            if postponed.contains(id.target) {
                guard let plan = try known(id) else { continue }
                let result: DeliveryOutcome.Result = plan.isPending ? .postponed : .unchanged
                outcomes.append(DeliveryOutcome(id: id, service: plan.delivery.service, result: result))
                continue
            }
            do {
                guard let (result, service) = try await reconcile(id, takingOver) else { continue }
                outcomes.append(DeliveryOutcome(id: id, service: service, result: result))
            } catch let failure as DeliveryFailure {
                guard let plan = try known(id) else { continue }
                outcomes.append(DeliveryOutcome(id: id, service: plan.delivery.service, result: .pending(failure)))
            }
        }
        return outcomes
    }

    /// Every delivery of the vault.
    package func reconcileAll() async throws -> [DeliveryOutcome] {
        try await reconcile(vault.read { try $0.plans() }.map(\.delivery.id))
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
    private func known(_ id: DeliveryID) throws -> DeliveryPlan? {
        try vault.read { try $0.plan(id) }.flatMap { $0.delivery.isReleased ? nil : $0 }
    }

    /// What became of a delivery, and its service; nil where there is nothing to deliver, or it was released.
    private func reconcile(
        _ id: DeliveryID, _ takingOver: Bool
    ) async throws -> (result: DeliveryOutcome.Result, service: Slug?)? {
        guard let target = targets[id.target] else {
            return try known(id).map { (.unchanged, $0.delivery.service) }
        }
        let lock = try locks.acquire(id.target)
        defer { withExtendedLifetime(lock) {} }
        var service: Slug?
        var result: DeliveryOutcome.Result?
        // Another process may store a newer version while this one delivers: converged is when the target holds the
        // current one. The bound only keeps a storm of writers from holding this one forever; the rest stays pending.
        for _ in 0..<8 {
            // A place that could not be brought up to date has the old credential still.
            let look = try vault.read { snapshot in
                try snapshot.plan(id).map { (plan: $0, sparesOld: try snapshot.isAwaited($0)) }
            }
            guard let (plan, sparesOld) = look else { return result.map { ($0, service) } }
            if result == nil {
                if plan.delivery.isReleased { return nil }
                service = plan.delivery.service
            }
            if plan.delivery.isWithdrawn {
                try await target.withdraw(plan.job())
                // Somebody may have declared it again meanwhile: then there is something to deliver.
                let isForgotten = try vault.write { transaction in
                    guard let known = try transaction.delivery(id) else { return true }
                    if known.isWithdrawn { try transaction.forgetWithdrawn(known) }
                    return known.isWithdrawn
                }
                if isForgotten { return (.withdrawn, service) }
                continue
            }
            guard !plan.expected.isEmpty else { return (result ?? .unchanged, service) }
            let observation = try await target.observe(plan.job(sparesOld: sparesOld))
            let isDone = !plan.isPending || (sparesOld && plan.isOnlyRetirement)
            if isDone, observation == .present(differences: []) { return (result ?? .unchanged, service) }
            // What was just delivered is not there: to do it again would release the values again, and say `ok` of what
            // is not.
            if !plan.isPending, result != nil {
                throw id.target.isFile ? DeliveryFailure.busy : .wrongAnswer(.notDone)
            }
            let isUnknown = target.guardsForeignObjects && observation != .absent && !plan.delivery.isOwned
            if isUnknown || observation.isForeign, !plan.delivery.mayTakeOver, !takingOver {
                throw DeliveryFailure.notOurs
            }
            result = .delivered(repaired: plan.isPending ? [] : Self.drift(observation))
            try await apply(plan, to: target, takingOver, sparesOld, wasAbsent: observation == .absent)
        }
        throw DeliveryFailure.busy
    }

    private static func drift(_ observation: Observation) -> [String] {
        switch observation {
        case .absent: ["missing"]
        case .present(let differences): differences
        }
    }

    private func apply(
        _ plan: DeliveryPlan, to target: any DeliveryTarget, _ takingOver: Bool, _ sparesOld: Bool, wasAbsent: Bool
    ) async throws {
        let id = plan.delivery.id
        // One transaction says that the values leave, and that what will be there is the vault's own: after a crash
        // from here on, the next run finds an object that it may repair.
        // What must be remembered of the job is noted with it, as far as it can be told without the values.
        let (fresh, sealed, noted) = try vault.write { transaction in
            guard let fresh = try transaction.plan(id) else { throw DeliveryFailure.busy }
            var delivery = fresh.delivery
            let intent = target.intent(fresh.job(takingOver: takingOver, sparesOld: sparesOld))
            if !delivery.isOwned || !intent.isEmpty {
                delivery.isOwned = true
                delivery.receipt.merge(intent) { $1 }
                try transaction.saveQuietly(delivery)
            }
            let sealed = try fresh.expected.map { expected in
                (expected.entry, try transaction.release(expected.entry, version: nil, purpose: id.text))
            }
            if !intent.isEmpty {
                try transaction.record(.deliveryDeclared, facts: ["target": id.text, "state": "intended"])
            }
            return (fresh, sealed, intent)
        }
        let secrets = try sealed.map { name, version in
            let key = String(name.text.split(separator: "/").last ?? "")
            return NamedSecret(entry: name, key: key, value: try version.open(vault.keys))
        }
        let job = fresh.job(secrets: secrets, takingOver: takingOver, sparesOld: sparesOld)
        let intent = target.intent(job).filter { noted[$0.key] != $0.value }
        if !intent.isEmpty {
            try vault.write { transaction in
                guard var delivery = try transaction.delivery(id) else { return }
                delivery.receipt.merge(intent) { $1 }
                try transaction.saveQuietly(delivery)
                try transaction.record(.deliveryDeclared, facts: ["target": id.text, "state": "intended"])
            }
        }
        let receipt: DeliveryReceipt
        do throws(DeliveryFailure) {
            receipt = try await target.apply(job)
        } catch {
            if let left = target.receipt(of: job, after: error, wasAbsent: wasAbsent) {
                try vault.write { transaction in
                    guard var delivery = try transaction.delivery(id), delivery.receipt != left else { return }
                    delivery.receipt = left
                    try transaction.saveQuietly(delivery)
                    try transaction.record(.deliveryDeclared, facts: ["target": id.text, "state": "refused"])
                }
            }
            throw error
        }
        try vault.write { transaction in
            guard var delivery = try transaction.delivery(id) else { return }
            delivery.applied = fresh.commitment
            delivery.isOwned = true
            delivery.mayTakeOver = false
            delivery.receipt = receipt
            delivery.receipt[Delivery.operationKey] = fresh.delivery.receipt[Delivery.operationKey]
            if sparesOld {
                delivery.retiresOldAt = delivery.retiresOldAt ?? transaction.time
            } else if fresh.isRetirementDue, delivery.retiresOldAt == fresh.delivery.retiresOldAt {
                delivery.retiresOldAt = nil
            }
            try transaction.saveQuietly(delivery)
            try transaction.takeIdentifier(receipt, of: delivery)
            try transaction.record(.delivered, facts: ["target": id.text])
        }
    }
}
