import Sealing
import SecureMemory
import VaultTestSupport

@testable import VaultCore

/// One vault in memory with everything around it.
struct VaultScene {
    static let masterKey = String(repeating: "0123456789abcdef", count: 4)

    let storage: MemoryStorage
    let anchors: MemoryAnchors
    let clock = FixedClock()
    let vault: Vault

    init(masterKey: String = masterKey) throws {
        storage = MemoryStorage()
        anchors = MemoryAnchors()
        vault = try Vault.create(
            in: storage, masterKey: secret(masterKey), cost: .least, anchors: anchors, environment: clock.environment
        ).vault
    }

    /// The same rows, opened again.
    func reopened(masterKey: String = masterKey) throws -> Vault {
        try Vault.open(storage, masterKey: secret(masterKey), anchors: anchors, environment: clock.environment)
    }

    func put(_ name: String, _ value: String) throws {
        let name = try EntryName(name)
        try vault.write { _ = try $0.store(secret(value), as: name, origin: .given) }
    }

    func value(_ name: String, version: UInt32? = nil) throws -> String {
        try vault.reveal(EntryName(name), version: version, purpose: "test").text
    }
}

/// A vault with something of everything, and every state that it went through.
struct FullVault {
    static let names = ["canary/one", "canary/two", "canary/three"]

    let scene: VaultScene
    private(set) var states: [MemoryRows] = []

    init() throws {
        scene = try VaultScene()
        states.append(scene.storage.rows)
        let slug = try Slug("linear")
        for version in 1...3 {
            for name in Self.names {
                scene.clock.now += 1000
                try scene.put(name, Self.value(name, version))
                states.append(scene.storage.rows)
            }
            try scene.vault.write { transaction in
                try transaction.save(
                    ServiceRecord(
                        slug: slug, namespace: Namespace("johndee"), id: "svc_aaaaaaaaaaaa", name: "Linear \(version)",
                        summary: "", domain: "localhost", email: "johndee@local.sigilum", createdAt: 1, ordinal: 1,
                        connection: nil))
                let entry = try EntryName(Self.names[0])
                var delivery = Delivery(
                    id: DeliveryID(target: .exportFile, key: "/tmp/canary"), service: nil, entries: [entry])
                delivery.receipt = ["path": "/tmp/canary/\(version)"]
                try transaction.declare(delivery)
                try transaction.set("namespace", to: "johndee\(version)")
            }
            states.append(scene.storage.rows)
        }
    }

    static func value(_ name: String, _ version: Int) -> String { "value \(version) of \(name)" }
}

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

extension SharedSecret {
    var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// What `body` throws as the damage that it found; nil where it throws nothing or something else.
func damage(_ body: () throws -> some Any) -> Damage? {
    do {
        _ = try body()
        return nil
    } catch VaultError.integrity(let damage) {
        return damage
    } catch {
        return nil
    }
}
