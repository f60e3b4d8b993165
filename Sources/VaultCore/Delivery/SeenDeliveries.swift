/// One delivery as it stands in the vault.
struct DeliveryLook: Sendable {
    let plan: DeliveryPlan
    /// A place that could not be brought up to date has the old credential still.
    let sparesOld: Bool
}

/// Deliveries as one state of the vault has them: as long as that is the vault's, nothing of them is read and proven again.
package struct SeenDeliveries: Sendable {
    let state: Anchor
    let looks: [DeliveryID: DeliveryLook]

    package var isEmpty: Bool { looks.isEmpty }
}

extension VaultSnapshot {
    /// Every delivery of the vault, those that were released among them, from one walk over all records.
    ///
    /// - Returns: What each should be, and whether it is.
    /// - Throws: ``VaultError/integrity(_:)`` where a record is not as it was written.
    package func allDeliveries() throws -> SeenDeliveries {
        let inventory = try inventory()
        let plans = Dictionary(uniqueKeysWithValues: try self.plans(inventory).map { ($0.delivery.id, $0) })
        let entries = Dictionary(uniqueKeysWithValues: inventory.entries.map { ($0.name, $0.deliveries) })
        let looks = plans.mapValues { plan in
            DeliveryLook(
                plan: plan,
                sparesOld: plan.isAwaited(by: { entries[$0] ?? [] }, isPending: { plans[$0]?.isPending == true }))
        }
        return SeenDeliveries(state: state, looks: looks)
    }

    /// Looks at deliveries as they stand; what is known of this very state is not read again.
    func look(at ids: [DeliveryID], knowing known: SeenDeliveries? = nil) throws -> SeenDeliveries {
        var looks = known?.state == state ? known?.looks ?? [:] : [:]
        for id in ids where looks[id] == nil {
            guard let plan = try plan(id) else { continue }
            let sparesOld = try plan.isAwaited(
                by: { try entry($0)?.deliveries ?? [] }, isPending: { try self.plan($0)?.isPending == true })
            looks[id] = DeliveryLook(plan: plan, sparesOld: sparesOld)
        }
        return SeenDeliveries(state: state, looks: looks)
    }

    /// All deliveries of the vault, in the order in which they are made; those that were released are not among them.
    package func plans() throws -> [DeliveryPlan] {
        try plans(inventory()).filter { !$0.delivery.isReleased }
    }

    private func plans(_ inventory: Inventory) throws -> [DeliveryPlan] {
        // A commitment each.
        try keys.whileReadable { try readablePlans(inventory) }
    }

    private func readablePlans(_ inventory: Inventory) throws -> [DeliveryPlan] {
        let prints = Dictionary(uniqueKeysWithValues: inventory.entries.map { ($0.name, $0.fingerprint) })
        let services = Dictionary(uniqueKeysWithValues: inventory.services.map { ($0.slug, $0) })
        let gatewayKey = try setting(Self.gatewayKeySetting)
        return inventory.deliveries.map { delivery in
            var delivery = delivery
            if delivery.id.target == .gateway { delivery.settings[Delivery.gatewayKey] = gatewayKey }
            return DeliveryPlan(
                delivery: delivery, service: delivery.service.flatMap { services[$0] },
                expected: delivery.entries.compactMap { name in
                    prints[name].map { (entry: name, fingerprint: $0) }
                }, keys: keys, now: now)
        }
    }
}

extension DeliveryPlan {
    /// Whether another place still has to get what this delivery makes valid: until then it may hold what was replaced.
    fileprivate func isAwaited(
        by deliveries: (EntryName) throws -> [DeliveryID], isPending: (DeliveryID) throws -> Bool
    ) rethrows -> Bool {
        guard delivery.id.target.makesValid else { return false }
        return try delivery.entries.contains { name in
            try deliveries(name).contains { other in try other != delivery.id && isPending(other) }
        }
    }
}
