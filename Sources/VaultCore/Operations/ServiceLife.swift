internal import SecureMemory

/// What a service's key and a service itself go through after they were made.
extension Vault {
    /// A new API key of a service, everywhere it is used. The old one stays valid for `graceMilliseconds` more.
    ///
    /// Of a service that the API makes the keys of, one that was asked for before and did not come yet is waited for.
    package func rotateAPIKey(_ slug: Slug, graceMilliseconds: Int64) throws -> ServiceOutcome {
        try write { transaction in
            guard let service = try transaction.service(slug), !service.isRemoved else {
                throw ServiceError.noSuchService(slug)
            }
            guard
                try [DeliveryID.localAPI(slug), .sigilumAPI(slug)].contains(where: {
                    try transaction.delivery($0) != nil
                })
            else { throw ServiceError.registeredNowhere(slug) }
            let name = EntryName.serviceAPIKey(slug)
            let isManaged = try transaction.isManaged(slug)
            let id = isManaged ? DeliveryID.sigilumAPI(slug) : .localAPI(slug)
            if !isManaged {
                let rule = try transaction.entry(name)?.generator.flatMap(GeneratorRule.init(text:))
                let value = (rule ?? .standard(for: .serviceAPIKey)).make()
                try transaction.store(value.bytes, as: name, origin: .generated)
            }
            // An entry that somebody had removed is delivered again.
            for id in [DeliveryID.apiKeyFile(slug), id] {
                try transaction.declare(id, service: slug, entries: [name])
            }
            try transaction.grant(graceMilliseconds, to: id, isManaged: isManaged)
            if isManaged { try transaction.wantCredential(id) }
            let entry = try transaction.entry(name)
            return ServiceOutcome(
                service: service, apiKey: entry, upstream: nil,
                deliveries: Array(Set((entry?.deliveries ?? []) + [.apiKeyFile(slug), id])).sorted(), adopted: [])
        }
    }

    /// Removes a service with its credentials. Its files go; what the API and the gateway have goes with `everywhere`, else
    /// it stays there and is forgotten here. Answers what has to be taken away.
    package func remove(_ slug: Slug, everywhere: Bool) throws -> [DeliveryID] {
        try write { transaction in
            guard var service = try transaction.service(slug) else { throw ServiceError.noSuchService(slug) }
            var changed: Set<DeliveryID> = []
            let prefix = "upstream-secret/\(slug.text)/"
            for entry in try transaction.inventory().entries
            where entry.name == .serviceAPIKey(slug) || entry.name.text.hasPrefix(prefix) {
                changed.formUnion(try transaction.remove(entry, everywhere: everywhere))
            }
            // What was declared and never had a value.
            for id in DeliveryID.all(of: slug) where try transaction.delivery(id) != nil {
                if everywhere || id.target == .exportFile {
                    try transaction.withdraw(id)
                    changed.insert(id)
                } else {
                    try transaction.remove(id)
                    changed.remove(id)
                }
            }
            if try DeliveryID.all(of: slug).allSatisfy({ try transaction.delivery($0) == nil }) {
                try transaction.remove(slug)
            } else {
                service.isRemoved = true
                try transaction.save(service)
            }
            return changed.sorted()
        }
    }
}

extension VaultSnapshot {
    /// Whether a service is registered at the API over HTTP; one that is being taken away there is not.
    func isManaged(_ slug: Slug) throws -> Bool { try delivery(.sigilumAPI(slug))?.isWithdrawn == false }
}

extension VaultTransaction {
    /// Leaves the credentials that are about to be replaced valid for a while. Where the other side makes the new one, the
    /// while begins when it comes: until then there is nothing to change over to.
    fileprivate func grant(_ milliseconds: Int64, to id: DeliveryID, isManaged: Bool) throws {
        guard var delivery = try delivery(id) else { return }
        delivery.settings[Delivery.graceKey] = isManaged && milliseconds > 0 ? String(milliseconds) : nil
        delivery.retiresOldAt = !isManaged && milliseconds > 0 ? time + milliseconds : nil
        try saveQuietly(delivery)
    }
}
