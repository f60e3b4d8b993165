import Sealing
import SecureMemory
import VaultTestSupport

@testable import VaultCore

/// A small vault with something of everything, and every state that it went through: three secrets of three versions
/// each, one that is gone again, a service, a delivery and a setting.
struct FullVault: Sendable {
    static let names = ["canary/one", "canary/two", "canary/three"]
    static let goneName = "canary/gone"
    static let slug = "linear"
    static let delivery = DeliveryID(target: .exportFile, key: "/tmp/canary")

    let scene: VaultScene
    /// Oldest first; the last is the one that there is.
    let states: [MemoryRows]

    var rows: MemoryRows { states[states.count - 1] }
    var anchor: Anchor? { scene.anchors.anchor }

    init(masterKey: String = VaultScene.masterKey) throws {
        let scene = try VaultScene(masterKey: masterKey)
        var states = [scene.storage.rows]
        try scene.put(Self.goneName, "value of \(Self.goneName)")
        states.append(scene.storage.rows)
        for version in 1...3 {
            for name in Self.names {
                scene.clock.now += 1000
                try scene.put(name, Self.value(name, version))
                states.append(scene.storage.rows)
            }
            try scene.vault.write { transaction in
                try transaction.save(Self.service(name: "Linear \(version)"))
                var delivery = Delivery(
                    id: Self.delivery, service: nil, entries: [try EntryName(Self.names[0])])
                delivery.receipt = ["path": "/tmp/canary/\(version)"]
                try transaction.declare(delivery)
                try transaction.set("namespace", to: "johndee\(version)")
            }
            states.append(scene.storage.rows)
        }
        try scene.vault.write { try $0.remove(EntryName(Self.goneName)) }
        states.append(scene.storage.rows)
        self.scene = scene
        self.states = states
    }

    static func value(_ name: String, _ version: Int) -> String { "value \(version) of \(name)" }

    static func service(name: String) throws -> ServiceRecord {
        ServiceRecord(
            slug: try Slug(slug), namespace: try Namespace("johndee"), id: "svc_aaaaaaaaaaaa", name: name, summary: "",
            domain: "localhost", email: "johndee@local.sigilum", createdAt: 1, ordinal: 1, connection: nil)
    }

    /// The same vault on a machine of its own, where a test can tamper with it.
    func tampered(_ tamper: (inout MemoryRows) -> Void = { _ in }) throws -> VaultScene {
        let copy = try VaultScene(rows: rows, anchor: anchor)
        tamper(&copy.storage.rows)
        return copy
    }
}

/// What readers of a damaged vault must see: the truth or the damage, and never another value, nor that there is none.
struct Readings {
    /// What reading did not say the truth and did not report damage, in words; empty as it should be.
    private(set) var lies: [String] = []
    private(set) var truths = 0
    private(set) var refusals = 0

    init(of scene: VaultScene) {
        let start = (rows: scene.storage.rows, anchor: scene.anchors.anchor)
        for name in FullVault.names {
            judge("the entry of \(name)") {
                let entry = try scene.entry(name)
                return entry?.name.text == name && entry?.currentVersion == 3
            }
            for version: UInt32? in [nil, 1, 2, 3] {
                judge("version \(version ?? 0) of \(name)") {
                    try scene.value(name, version: version) == FullVault.value(name, Int(version ?? 3))
                }
                // A release is recorded, which changes the vault: back to the damaged one.
                (scene.storage.rows, scene.anchors.anchor) = start
            }
        }
        judge("the entry that is gone") { try scene.entry(FullVault.goneName) == nil }
        judge("the service") {
            try scene.vault.read { try $0.service(Slug(FullVault.slug)) } == FullVault.service(name: "Linear 3")
        }
        judge("the delivery") {
            try scene.vault.read { try $0.delivery(FullVault.delivery) }?.receipt == ["path": "/tmp/canary/3"]
        }
        judge("the setting") { try scene.vault.read { try $0.setting("namespace") } == "johndee3" }
    }

    private mutating func judge(_ what: String, _ isTrue: () throws -> Bool) {
        do {
            if try isTrue() { truths += 1 } else { lies.append("\(what) is another") }
        } catch VaultError.integrity {
            refusals += 1
        } catch {
            lies.append("\(what): \(error)")
        }
    }
}
