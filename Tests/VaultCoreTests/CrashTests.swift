import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

/// Invariant 9 of the design, for a store that fails at any write.
@Suite("Crash points")
struct CrashTests {
    private static let changes: [(String, @Sendable (Vault) throws -> Void)] = [
        (
            "storing a new entry",
            { vault in try vault.write { _ = try $0.store(secret("x"), as: EntryName("new"), origin: .given) } }
        ),
        (
            "storing a version",
            { vault in try vault.write { _ = try $0.store(secret("x"), as: EntryName("a"), origin: .given) } }
        ),
        ("rolling back", { vault in try vault.write { _ = try $0.rollback(EntryName("a"), to: 1) } }),
        ("moving", { vault in try vault.write { try $0.move(EntryName("a"), to: EntryName("b")) } }),
        ("removing", { vault in try vault.write { try $0.remove(EntryName("a")) } }),
        (
            "declaring",
            { vault in
                let id = DeliveryID(target: .gateway, key: "linear")
                try vault.write { try $0.declare(Delivery(id: id, service: nil, entries: [EntryName("a")])) }
            }
        ),
        ("saving a service", { vault in try vault.write { try $0.save(FullVault.service(name: "Linear")) } }),
        ("setting", { vault in try vault.write { try $0.set("namespace", to: "johndee") } }),
        ("releasing", { vault in _ = try vault.reveal(EntryName("a"), purpose: "test") }),
        ("accepting the anchor", { vault in try vault.acceptAnchor() }),
        ("adding a key", { vault in try vault.addSlot(secret(VaultScene.otherKey)) }),
        (
            "beginning to change the master key",
            { vault in
                let old = SharedSecret(secret(VaultScene.masterKey))
                _ = try vault.beginRekey(to: secret(VaultScene.otherKey), keeping: old, RekeyPlan([.gateway]))
            }
        ),
        ("changing the data key", { vault in try vault.changeDataKey(secret(VaultScene.masterKey)) }),
        (
            "everything at once",
            { vault in
                try vault.write { transaction in
                    _ = try transaction.store(secret("x"), as: EntryName("new"), origin: .given)
                    try transaction.remove(EntryName("a"))
                    _ = try transaction.store(secret("y"), as: EntryName("a"), origin: .given)
                    try transaction.set("x", to: "y")
                }
            }
        ),
    ]

    @Test("a change that stops at any of its writes has not happened, and the vault opens", arguments: changes.indices)
    func anyWrite(_ index: Int) throws {
        let (what, change) = Self.changes[index]
        let scene = try VaultScene()
        try scene.put("a", "one")
        try scene.put("a", "two")
        let (rows, anchor) = (scene.storage.rows, scene.anchors.anchor)
        var stops = 0
        for number in 1... {
            scene.storage.fail(.write(number, .full))
            let outcome = Outcome { try change(scene.vault) }
            scene.storage.fail(nil)
            if outcome == .done { break }
            stops += 1
            #expect(outcome == .refused("\(StorageError.full)"), "\(what), write \(number)")
            #expect(scene.storage.rows == rows)
            #expect(scene.anchors.anchor == anchor)
            let vault = try scene.reopened()
            #expect(try vault.verify().versions == 2)
            #expect(try vault.read { try $0.entry(EntryName("a")) }?.currentVersion == 2)
            try #require(stops < 100)
        }
        #expect(stops >= 3, "an audit record, the head and the commit at the least")
        #expect(scene.storage.rows != rows)
        _ = try scene.reopened().verify()
    }

    @Test("a vault whose making stops at any write is not there, and is made by the next")
    func creation() throws {
        for number in 1...4 {
            let storage = MemoryStorage(), anchors = MemoryAnchors()
            func create() throws -> (vault: Vault, isNew: Bool) {
                try Vault.create(
                    in: storage, masterKey: secret(VaultScene.masterKey), anchors: anchors,
                    environment: FixedClock().environment)
            }
            storage.fail(.write(number, .full))
            #expect(Outcome(create) == .refused("\(StorageError.full)"))
            #expect(storage.rows == MemoryRows() && anchors.anchor == nil)
            storage.fail(nil)
            #expect(try create().isNew)
        }
    }

    @Test("a crash after the commit and before the anchor is raised is no damage")
    func beforeAnchor() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let anchor = scene.anchors.anchor
        try scene.put("a", "two")
        scene.anchors.anchor = anchor
        #expect(try scene.reopened().verify().versions == 2)
        #expect(try scene.value("a") == "two")
    }
}
