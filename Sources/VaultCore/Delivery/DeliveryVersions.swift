internal import SecureMemory
internal import VaultFormat

/// Which versions a target should hold, and which were last put there.
package struct DeliveryVersions: Sendable, Equatable {
    /// One entry's part of a delivery.
    package struct Part: Sendable, Equatable {
        package let entry: EntryName
        package let version: UInt32
    }

    /// By name; empty where the delivery is to be taken away.
    package let desired: [Part]
    /// By name; empty where nothing was applied, nil where it was a state that no kept version explains: fields of the
    /// service were others, or several entries changed.
    package let applied: [Part]?
}

extension Vault {
    /// Of every delivery that was not released.
    ///
    /// The vault keeps one commitment of what was applied. Where it is not that of the current values, versions that are
    /// kept are opened in this process to find the one that it is of; none leaves it.
    package func deliveryVersions() throws -> [DeliveryID: DeliveryVersions] {
        try read { snapshot in
            var versions: [DeliveryID: DeliveryVersions] = [:]
            for plan in try snapshot.plans() { versions[plan.delivery.id] = try snapshot.versions(of: plan) }
            return versions
        }
    }
}

extension VaultSnapshot {
    func versions(of plan: DeliveryPlan) throws -> DeliveryVersions {
        let current = try plan.expected.compactMap { expected in
            try entry(expected.entry).map {
                DeliveryVersions.Part(entry: expected.entry, version: $0.currentVersion)
            }
        }
        let desired = plan.delivery.isWithdrawn ? [] : current
        guard let applied = plan.delivery.applied else { return DeliveryVersions(desired: desired, applied: []) }
        if applied == plan.commitment { return DeliveryVersions(desired: desired, applied: current) }
        for position in current.indices {
            guard let (_, row) = try row(.secret, current[position].entry.text) else { continue }
            for (version, body) in try bodies(of: row).reversed() where version != row.currentVersion {
                let value = try SealedVersion(entry: row.id, version: version, body: body).open(keys)
                var expected = plan.expected
                expected[position].fingerprint = keys.fingerprint(value.bytes)
                let commitment = DesiredState.commitment(
                    plan.delivery, service: plan.service, expected: expected, keys: keys)
                guard commitment == applied else { continue }
                var parts = current
                parts[position] = DeliveryVersions.Part(entry: current[position].entry, version: version)
                return DeliveryVersions(desired: desired, applied: parts)
            }
        }
        return DeliveryVersions(desired: desired, applied: nil)
    }
}
