internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// What a delivery should hold, reduced to one commitment: the fields that its target is told, and the fingerprints of
/// the values. A target is converged when what was last applied has this commitment.
enum DesiredState {
    static func commitment(
        _ delivery: Delivery, service: ServiceRecord?, expected: [(entry: EntryName, fingerprint: Fingerprint)],
        keys: KeyRing
    ) -> Fingerprint {
        var writer = ByteWriter()
        writer.framed(Array(delivery.id.text.utf8))
        for field in fields(delivery.id.target, service) { writer.framed(Array(field.utf8)) }
        for (name, value) in delivery.settings.sorted(by: { $0.key < $1.key }) {
            writer.framed(Array("\(name)=\(value)".utf8))
        }
        for (entry, fingerprint) in expected {
            writer.framed(Array(entry.text.utf8))
            writer.append(fingerprint.bytes)
        }
        let digest = KeyedHash.digest(Purpose("desired"), key: keys.fingerprints.bytes, writer.bytes)
        return Fingerprint(bytes: digest.bytes)
    }

    private static func fields(_ target: TargetKind, _ service: ServiceRecord?) -> [String] {
        guard let service else { return [] }
        switch target {
        case .exportFile, .openClaw: return []
        case .sigilumAPI: return [service.name, service.summary, service.domain, service.mode.rawValue]
        case .localAPI:
            // The id is not among them: the database may have its own, which the record then takes over.
            return [
                service.namespace.text, service.name, service.summary, service.domain, service.email,
                service.mode.rawValue,
            ]
        case .gateway:
            guard let connection = service.connection else { return [] }
            return [
                service.name, connection.baseURL, connection.authMode.rawValue, connection.header, connection.prefix,
                connection.secretKey, connection.rotationIntervalDays.map(String.init) ?? "",
            ]
        }
    }
}

extension VaultSnapshot {
    /// A delivery with everything its target may know without a secret; nil where it is not declared.
    func plan(_ id: DeliveryID) throws -> DeliveryPlan? {
        guard var delivery = try delivery(id) else { return nil }
        if id.target == .gateway { delivery.settings[Delivery.gatewayKey] = try setting(Self.gatewayKeySetting) }
        let service = try delivery.service.flatMap { try self.service($0) }
        let expected = try delivery.entries.compactMap { name in
            try entry(name).map { (entry: name, fingerprint: $0.fingerprint) }
        }
        return DeliveryPlan(delivery: delivery, service: service, expected: expected, keys: keys, now: now)
    }
}

/// A delivery as it stands in the vault: what should be there, and whether that was applied.
package struct DeliveryPlan: Sendable {
    package let delivery: Delivery
    package let service: ServiceRecord?
    let expected: [(entry: EntryName, fingerprint: Fingerprint)]
    let commitment: Fingerprint
    private let keys: KeyRing
    private let now: Int64

    init(
        delivery: Delivery, service: ServiceRecord?, expected: [(entry: EntryName, fingerprint: Fingerprint)],
        keys: KeyRing, now: Int64
    ) {
        self.now = now
        self.delivery = delivery
        self.service = service
        self.expected = expected
        self.keys = keys
        commitment = DesiredState.commitment(delivery, service: service, expected: expected, keys: keys)
    }

    /// Whether something is left to do, as far as the vault knows.
    package var isPending: Bool {
        delivery.isWithdrawn || wantsCredential || isRetirementDue
            || (!expected.isEmpty && delivery.applied != commitment)
    }

    /// Whether the other side is to be asked for a new credential.
    var wantsCredential: Bool {
        !delivery.isWithdrawn && delivery.wantedOperation != nil
            && delivery.wantedOperation != delivery.receipt[Delivery.operationKey]
    }

    /// Whether the time is over that replaced credentials were granted.
    var isRetirementDue: Bool { delivery.retiresOldAt.map { $0 <= now } ?? false }

    /// Whether nothing is left to do but to make replaced credentials invalid.
    var isOnlyRetirement: Bool {
        isRetirementDue && !delivery.isWithdrawn && !wantsCredential && delivery.applied == commitment
    }

    /// What the adapter gets. With `sparesOld`, credentials that were replaced stay valid whatever their time is.
    func job(
        secrets: [NamedSecret] = [], takingOver: Bool = false, sparesOld: Bool = false
    ) -> DeliveryJob {
        let keys = keys
        return DeliveryJob(
            key: delivery.id.key, service: service, expected: expected, secrets: secrets, isApplied: !isPending,
            receipt: delivery.receipt, settings: delivery.settings,
            retiresOld: !sparesOld && (delivery.retiresOldAt == nil || isRetirementDue),
            mayTakeOver: takingOver || delivery.mayTakeOver, fingerprint: { keys.fingerprint($0) })
    }
}
