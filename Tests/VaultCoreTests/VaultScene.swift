import Sealing
import SecureMemory
import VaultTestSupport

@testable import VaultCore

/// One vault in memory with everything around it.
struct VaultScene: Sendable {
    static let masterKey = String(repeating: "0123456789abcdef", count: 4)
    static let otherKey = String(repeating: "fedcba9876543210", count: 4)

    let storage: MemoryStorage
    let anchors: MemoryAnchors
    let clock: FixedClock
    let vault: Vault

    /// A new vault.
    init(masterKey: String = masterKey) throws {
        (storage, anchors, clock) = (MemoryStorage(), MemoryAnchors(), FixedClock())
        vault = try Vault.create(
            in: storage, masterKey: secret(masterKey), cost: .least, anchors: anchors, environment: clock.environment
        ).vault
    }

    /// A vault with these rows, opened on a machine of its own.
    init(rows: MemoryRows, anchor: Anchor?, masterKey: String = masterKey) throws {
        (storage, anchors, clock) = (MemoryStorage(rows), MemoryAnchors(anchor), FixedClock())
        vault = try Vault.open(
            storage, masterKey: secret(masterKey), anchors: anchors, environment: clock.environment)
    }

    /// The same rows and anchor, opened again.
    func reopened(masterKey: String = masterKey) throws -> Vault {
        try Vault.open(storage, masterKey: secret(masterKey), anchors: anchors, environment: clock.environment)
    }

    @discardableResult
    func put(_ name: String, _ value: String, origin: VersionOrigin = .given) throws -> StoreOutcome {
        let name = try EntryName(name)
        return try vault.write { try $0.store(secret(value), as: name, origin: origin) }
    }

    func value(_ name: String, version: UInt32? = nil) throws -> String {
        try vault.reveal(EntryName(name), version: version, purpose: "test").text
    }

    func entry(_ name: String) throws -> Entry? {
        let name = try EntryName(name)
        return try vault.read { try $0.entry(name) }
    }

    /// Every event of the log, oldest first.
    func events() throws -> [AuditEvent] {
        var events: [AuditEvent] = []
        try vault.read { try $0.log { events.append($0) } }
        return events
    }

    /// The head of rows as they lie in the store.
    func head(of rows: MemoryRows) throws -> Head { try HeadCrypto.decode(rows.head ?? [], vault.keys) }
}

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

extension SharedSecret {
    var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// What became of a call on a vault.
enum Outcome: Equatable {
    case done
    case damaged(Damage)
    case refused(String)

    init(_ body: () throws -> some Any) {
        do {
            _ = try body()
            self = .done
        } catch VaultError.integrity(let damage) {
            self = .damaged(damage)
        } catch {
            self = .refused("\(error)")
        }
    }

    var isDamaged: Bool {
        if case .damaged = self { true } else { false }
    }
}

/// What `body` throws as the damage that it found; nil where it throws nothing or something else.
func damage(_ body: () throws -> some Any) -> Damage? {
    if case .damaged(let damage) = Outcome(body) { damage } else { nil }
}

extension Reconciler {
    /// Every delivery of the vault, as `vault sync` does it.
    func reconcileAll() async throws -> [DeliveryOutcome] {
        try await reconcile(vault.read { try $0.allDeliveries() })
    }
}
