internal import SecureMemory

/// Credentials that the other side makes.
extension Reconciler {
    /// Asks for every credential that is wanted, and stores it before anything else happens. Answers what failed.
    func issueCredentials(of ids: [DeliveryID]) async throws -> [DeliveryID: DeliveryFailure] {
        var failures: [DeliveryID: DeliveryFailure] = [:]
        for id in ids {
            guard !postponed.contains(id.target), let issuer = targets[id.target] as? any CredentialIssuer else {
                continue
            }
            do {
                try await issueCredential(of: id, from: issuer)
            } catch let failure as DeliveryFailure {
                failures[id] = failure
            }
        }
        return failures
    }

    private func issueCredential(of id: DeliveryID, from issuer: any CredentialIssuer) async throws {
        guard try vault.read({ try $0.plan(id)?.wantsCredential }) == true else { return }
        let lock = try locks.acquire(id.target)
        defer { withExtendedLifetime(lock) {} }
        // Again: whoever held the lock may have done it.
        guard let plan = try vault.read({ try $0.plan(id) }), plan.wantsCredential,
            let operation = plan.delivery.wantedOperation, let name = plan.delivery.entries.first
        else { return }
        let issued = try await issuer.issue(plan.job(secrets: try replaced(by: plan, name)), operation: operation)
        try vault.write { transaction in
            // A service that was removed meanwhile gets no entry again.
            guard var delivery = try transaction.delivery(id), !delivery.isWithdrawn else { return }
            try transaction.store(issued.value.bytes, as: name, origin: .issued)
            delivery.startGrace(at: transaction.time)
            delivery.receipt = issued.receipt
            delivery.receipt[Delivery.operationKey] = operation
            delivery.isOwned = true
            try transaction.saveQuietly(delivery)
            try transaction.takeIdentifier(issued.receipt, of: delivery)
            // The entry may be new: it learns where it is delivered.
            guard let slug = delivery.service else { return }
            for known in DeliveryID.all(of: slug) where try transaction.delivery(known)?.entries.contains(name) == true
            {
                try transaction.note(known, with: name, isPresent: true)
            }
        }
    }
}

extension Reconciler {
    /// The value that a new credential replaces, where the other side was never told of it: only by the value can it be
    /// found there, to be made invalid in its time. A released value is in the log, so it is not opened for nothing.
    private func replaced(by plan: DeliveryPlan, _ name: EntryName) throws -> [NamedSecret] {
        guard plan.delivery.receipt.isEmpty, !plan.expected.isEmpty else { return [] }
        let value = try vault.reveal(name, purpose: plan.delivery.id.text)
        return [NamedSecret(entry: name, key: String(name.text.split(separator: "/").last ?? ""), value: value)]
    }
}

extension VaultTransaction {
    /// The id that the other side gave the service is the service's.
    func takeIdentifier(_ receipt: DeliveryReceipt, of delivery: Delivery) throws {
        guard let identifier = receipt["service_id"], var service = try delivery.service.flatMap(service),
            service.id != identifier
        else { return }
        service.id = identifier
        try save(service)
    }

    /// Forgets a delivery that was taken away; a service that was waiting for it alone goes with it.
    func forgetWithdrawn(_ delivery: Delivery) throws {
        try remove(delivery.id)
        guard let slug = delivery.service, try service(slug)?.isRemoved == true else { return }
        let isLast = try DeliveryID.all(of: slug).allSatisfy { try self.delivery($0) == nil }
        if isLast { try remove(slug) }
    }
}
