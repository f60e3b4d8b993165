internal import SecureMemory

/// Deliveries of one kind that are brought up to date together: under one lock, and with one transaction for what is about to
/// leave the vault, and one for what became of it, where each alone would wait twice for the disk.
///
/// A crash between the two leaves all of them as one alone: the vault says that their values left and that what is there may be
/// its own, and the next run looks again.
struct DeliveryBatch {
    /// How many go together at most. So many values are sealed in memory, of which one at a time is opened.
    static let limit = 64
    /// Another process may store newer versions while this one delivers: converged is when the target holds the current
    /// ones. The bound only keeps a storm of writers from holding this one forever; the rest stays pending.
    private static let rounds = 8

    private let vault: Vault
    private let target: any DeliveryTarget
    private let reconciler: Reconciler
    private let takingOver: Bool

    init(_ reconciler: Reconciler, _ target: any DeliveryTarget, _ takingOver: Bool) {
        vault = reconciler.vault
        (self.reconciler, self.target, self.takingOver) = (reconciler, target, takingOver)
    }

    /// One delivery that has to be applied.
    private struct Step {
        let look: DeliveryLook
        /// Whether nothing is there.
        let wasAbsent: Bool

        var id: DeliveryID { look.plan.delivery.id }
    }

    /// One delivery of which the log says that its values leave.
    private struct Release {
        let step: Step
        /// The delivery as it was in that transaction.
        let plan: DeliveryPlan
        let sealed: [(name: EntryName, version: SealedVersion)]
        /// What was noted of its intent.
        let noted: DeliveryReceipt
    }

    /// What became of an application: what to remember of it, or why it failed and what to remember then.
    private enum End {
        case applied(DeliveryReceipt)
        case failed(DeliveryFailure, DeliveryReceipt?)
    }

    /// What the rounds found so far.
    private struct Progress {
        var services: [DeliveryID: Slug] = [:]
        /// What was done in an earlier round.
        var done: [DeliveryID: DeliveryOutcome.Result] = [:]
        var settled: [DeliveryID: DeliveryOutcome] = [:]
        var seen: SeenDeliveries?

        mutating func settle(_ id: DeliveryID, _ result: DeliveryOutcome.Result) {
            settled[id] = DeliveryOutcome(id: id, service: services[id], result: result)
        }
    }

    /// Brings them up to date, in their order.
    ///
    /// - Parameters:
    ///   - ids: Deliveries of this target.
    ///   - seen: What is known of them, perhaps of an earlier state.
    /// - Returns: What became of each; nothing of one that is not declared, or was released.
    /// - Throws: ``VaultError``. What was done before is recorded.
    func reconcile(_ ids: [DeliveryID], knowing seen: SeenDeliveries?) async throws -> [DeliveryID: DeliveryOutcome] {
        var progress = Progress(seen: seen)
        do {
            let lock = try reconciler.locks.acquire(target.kind)
            defer { withExtendedLifetime(lock) {} }
            var open = ids
            for _ in 0..<Self.rounds where !open.isEmpty { open = try await round(open, &progress) }
            for id in open { try fail(id, .busy, &progress) }
        } catch let failure as DeliveryFailure {
            for id in ids where progress.settled[id] == nil { try fail(id, failure, &progress) }
        }
        return progress.settled
    }

    private func fail(_ id: DeliveryID, _ failure: DeliveryFailure, _ progress: inout Progress) throws {
        guard let plan = try reconciler.known(id) else { return }
        progress.services[id] = plan.delivery.service
        progress.settle(id, .pending(failure))
    }

    /// Looks at each, and applies what differs. Returns those that are to be looked at again.
    private func round(_ ids: [DeliveryID], _ progress: inout Progress) async throws -> [DeliveryID] {
        let seen = try vault.read { snapshot in
            try withKeys(for: ids.count) { try snapshot.look(at: ids, knowing: progress.seen) }
        }
        var (again, steps) = (Set<DeliveryID>(), [Step]())
        for id in ids {
            do {
                guard let look = seen.looks[id] else {
                    if let done = progress.done[id] { progress.settle(id, done) }
                    continue
                }
                if progress.done[id] == nil {
                    if look.plan.delivery.isReleased { continue }
                    progress.services[id] = look.plan.delivery.service
                }
                if look.plan.delivery.isWithdrawn {
                    if try await withdraw(look.plan) {
                        progress.settle(id, .withdrawn)
                    } else {
                        again.insert(id)
                    }
                } else if let step = try await step(look, &progress) {
                    steps.append(step)
                }
            } catch let failure as DeliveryFailure {
                try fail(id, failure, &progress)
            }
        }
        again.formUnion(steps.map(\.id))
        for (id, failure) in try await apply(steps, of: seen.state, &progress) {
            again.remove(id)
            try fail(id, failure, &progress)
        }
        return ids.filter(again.contains)
    }

    /// Takes away what was delivered. False where somebody declared it again meanwhile: then there is something to deliver.
    private func withdraw(_ plan: DeliveryPlan) async throws -> Bool {
        try await target.withdraw(plan.job())
        return try vault.write { transaction in
            guard let known = try transaction.delivery(plan.delivery.id) else { return true }
            if known.isWithdrawn { try transaction.forgetWithdrawn(known) }
            return known.isWithdrawn
        }
    }

    /// Looks at what is there; nil where it is as it should be, which is settled then.
    private func step(_ look: DeliveryLook, _ progress: inout Progress) async throws -> Step? {
        let (plan, id) = (look.plan, look.plan.delivery.id)
        let done = progress.done[id]
        guard !plan.expected.isEmpty else {
            progress.settle(id, done ?? .unchanged)
            return nil
        }
        let observation = try await target.observe(plan.job(sparesOld: look.sparesOld))
        let isDone = !plan.isPending || (look.sparesOld && plan.isOnlyRetirement)
        if isDone, observation == .present(differences: []) {
            progress.settle(id, done ?? .unchanged)
            return nil
        }
        // What was just delivered is not there: to do it again would release the values again, and say `ok` of what is not.
        if !plan.isPending, done != nil { throw id.target.isFile ? DeliveryFailure.busy : .wrongAnswer(.notDone) }
        let isUnknown = target.guardsForeignObjects && observation != .absent && !plan.delivery.isOwned
        if isUnknown || observation.isForeign, !plan.delivery.mayTakeOver, !takingOver {
            throw DeliveryFailure.notOurs
        }
        progress.done[id] = .delivered(repaired: plan.isPending ? [] : Self.drift(observation))
        return Step(look: look, wasAbsent: observation == .absent)
    }

    private static func drift(_ observation: Observation) -> [String] {
        switch observation {
        case .absent: ["missing"]
        case .present(let differences): differences
        }
    }

    /// Applies all of them, of which a state of the vault told; returns those that failed.
    private func apply(
        _ steps: [Step], of state: Anchor, _ progress: inout Progress
    ) async throws -> [(DeliveryID, DeliveryFailure)] {
        guard !steps.isEmpty else { return [] }
        // One transaction says that the values leave, and that what will be there is the vault's own: after a crash
        // from here on, the next run finds objects that it may repair.
        let releases = try vault.write { transaction in
            let isUnchanged = transaction.state == state
            return try withKeys(for: steps.count) {
                try steps.map { step in
                    try release(step, isUnchanged ? step.look.plan : transaction.plan(step.id), in: transaction)
                }
            }
        }
        var failures = zip(steps, releases).compactMap { $1 == nil ? ($0.id, DeliveryFailure.busy) : nil }
        var ends: [(release: Release, end: End)] = []
        do {
            for release in releases {
                guard let release else { continue }
                ends.append((release, try await apply(release)))
            }
        } catch {
            _ = try settle(ends)
            throw error
        }
        progress.seen = try settle(ends)
        for case let (release, .failed(failure, _)) in ends { failures.append((release.step.id, failure)) }
        return failures
    }

    /// What must be remembered of the job is noted with the release, as far as it can be told without the values. nil where the
    /// delivery is gone.
    private func release(_ step: Step, _ plan: DeliveryPlan?, in transaction: VaultTransaction) throws -> Release? {
        guard let plan else { return nil }
        var delivery = plan.delivery
        let intent = target.intent(plan.job(takingOver: takingOver, sparesOld: step.look.sparesOld))
        if !delivery.isOwned || !intent.isEmpty {
            delivery.isOwned = true
            delivery.receipt.merge(intent) { $1 }
            try transaction.saveQuietly(delivery)
        }
        let sealed = try plan.expected.map { expected in
            (expected.entry, try transaction.release(expected.entry, version: nil, purpose: step.id.text))
        }
        if !intent.isEmpty {
            try transaction.record(.deliveryDeclared, facts: ["target": step.id.text, "state": "intended"])
        }
        return Release(step: step, plan: plan, sealed: sealed, noted: intent)
    }

    /// Opens the values, and hands them over.
    private func apply(_ release: Release) async throws -> End {
        let (id, sparesOld) = (release.step.id, release.step.look.sparesOld)
        let secrets = try release.sealed.map { name, version in
            let key = String(name.text.split(separator: "/").last ?? "")
            return NamedSecret(entry: name, key: key, value: try version.open(vault.keys))
        }
        let job = release.plan.job(secrets: secrets, takingOver: takingOver, sparesOld: sparesOld)
        let intent = target.intent(job).filter { release.noted[$0.key] != $0.value }
        if !intent.isEmpty {
            try vault.write { transaction in
                guard var delivery = try transaction.delivery(id) else { return }
                delivery.receipt.merge(intent) { $1 }
                try transaction.saveQuietly(delivery)
                try transaction.record(.deliveryDeclared, facts: ["target": id.text, "state": "intended"])
            }
        }
        do throws(DeliveryFailure) {
            return .applied(try await target.apply(job))
        } catch {
            return .failed(error, target.receipt(of: job, after: error, wasAbsent: release.step.wasAbsent))
        }
    }

    /// Records what became of them, and looks at those that were applied: as that leaves them, unless somebody else changes the
    /// vault.
    private func settle(_ ends: [(release: Release, end: End)]) throws -> SeenDeliveries? {
        let ends = ends.filter { _, end in if case .failed(_, nil) = end { false } else { true } }
        guard !ends.isEmpty else { return nil }
        var done: VaultTransaction?
        let looks = try vault.write { transaction in
            done = transaction
            return try withKeys(for: ends.count) {
                for (release, end) in ends { try settle(release, end, in: transaction) }
                let applied = ends.compactMap { if case .applied = $1 { $0.step.id } else { nil } }
                return try transaction.look(at: applied).looks
            }
        }
        return done.map { SeenDeliveries(state: $0.state, looks: looks) }
    }

    private func settle(_ release: Release, _ end: End, in transaction: VaultTransaction) throws {
        guard var delivery = try transaction.delivery(release.step.id) else { return }
        switch end {
        case .applied(let receipt): try settle(release, &delivery, receipt, in: transaction)
        case .failed(_, let left):
            guard let left, delivery.receipt != left else { return }
            delivery.receipt = left
            try transaction.saveQuietly(delivery)
            try transaction.record(.deliveryDeclared, facts: ["target": release.step.id.text, "state": "refused"])
        }
    }

    private func settle(
        _ release: Release, _ delivery: inout Delivery, _ receipt: DeliveryReceipt, in transaction: VaultTransaction
    ) throws {
        let applied = release.plan
        delivery.applied = applied.commitment
        delivery.isOwned = true
        delivery.mayTakeOver = false
        delivery.receipt = receipt
        delivery.receipt[Delivery.operationKey] = applied.delivery.receipt[Delivery.operationKey]
        if release.step.look.sparesOld {
            delivery.retiresOldAt = delivery.retiresOldAt ?? transaction.time
        } else if applied.isRetirementDue, delivery.retiresOldAt == applied.delivery.retiresOldAt {
            delivery.retiresOldAt = nil
        }
        try transaction.saveQuietly(delivery)
        try transaction.takeIdentifier(receipt, of: delivery)
        try transaction.record(.delivered, facts: ["target": release.step.id.text])
    }

    /// For many the vault's keys are opened once, and not for each row. They never are while a target is called.
    private func withKeys<Result>(for count: Int, _ body: () throws -> Result) throws -> Result {
        count > 4 ? try vault.keys.whileReadable(body) : try body()
    }
}
