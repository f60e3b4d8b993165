import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Key slots")
struct KeySlotTests {
    private let other = VaultScene.otherKey
    private static let passphrase = "correct horse battery staple"

    private func keys(_ number: Int) -> [String] {
        (0..<number).map { String(repeating: "00112233445566\(10 + $0)", count: 4) }
    }

    @Test("a key that was added opens the same vault; the log says so, and nothing else changes")
    func added() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let before = scene.storage.rows
        let slot = try scene.vault.addSlot(secret(other))
        #expect(slot.number == 1 && slot.kind == .random && slot.passes == 0)
        let changed = RowTable.allCases.filter { before.keys($0) != scene.storage.rows.keys($0) }
        #expect(changed == [.slot, .audit])
        for key in [VaultScene.masterKey, other] {
            let vault = try scene.reopened(masterKey: key)
            #expect(vault.slot == (key == other ? 1 : 0) && vault.slotCount == 2)
            #expect(try vault.reveal(EntryName("a"), purpose: "test").text == "one")
            #expect(try vault.read { try $0.slots() }.map(\.number) == [0, 1])
        }
        let event = try #require(try scene.events().first { $0.operation == .keyAdded })
        #expect(event.facts.map(\.name) == ["key", "slot"] && event.facts.map(\.value) == ["random", "1"])
        _ = try scene.vault.verify()
    }

    @Test("a passphrase beside a random key: each opens, and what stretching costs is shown")
    func kinds() throws {
        let scene = try VaultScene()
        let slot = try scene.vault.addSlot(secret(Self.passphrase), cost: .least)
        #expect(slot.kind == .passphrase && slot.memoryKiB == PassphraseCost.least.memoryKiB)
        #expect(try scene.reopened(masterKey: Self.passphrase).keyKind == .passphrase)
        #expect(try scene.reopened().keyKind == .random)
        #expect(try scene.vault.slot(openedBy: secret(Self.passphrase)) == 1)
        #expect(try scene.vault.slot(openedBy: secret("another")) == nil)
        #expect(Outcome { try scene.reopened(masterKey: "another") } == .refused("wrongKey"))
    }

    @Test("there are four slots; a key that opens the vault already is not added: nothing changes")
    func refused() throws {
        let scene = try VaultScene()
        for (number, key) in keys(3).enumerated() {
            #expect(try scene.vault.addSlot(secret(key)).number == UInt8(number + 1))
        }
        let full = scene.storage.rows
        #expect(throws: KeySlotError.full(limit: 4)) { try scene.vault.addSlot(secret(other)) }
        for (number, key) in ([VaultScene.masterKey.uppercased()] + keys(3)).enumerated() {
            #expect(throws: KeySlotError.known(UInt8(number))) { try scene.vault.addSlot(secret(key)) }
        }
        #expect(scene.storage.rows == full)
        // A number that is free again is the next one.
        try scene.vault.removeSlot(2)
        #expect(try scene.vault.addSlot(secret(other)).number == 2)
        #expect(try scene.reopened(masterKey: keys(3)[2]).slot == 3)
        _ = try scene.vault.verify()
    }

    @Test("a key that was removed opens nothing; the last one, and the one in use, cannot be removed")
    func removed() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let start = scene.storage.rows
        #expect(throws: KeySlotError.last) { try scene.vault.removeSlot(0) }
        #expect(throws: KeySlotError.missing(1)) { try scene.vault.removeSlot(1) }
        #expect(scene.storage.rows == start)
        try scene.vault.addSlot(secret(other))
        let two = scene.storage.rows
        #expect(throws: KeySlotError.inUse(0)) { try scene.vault.removeSlot(0) }
        #expect(throws: KeySlotError.missing(2)) { try scene.vault.removeSlot(2) }
        #expect(scene.storage.rows == two)
        try scene.reopened(masterKey: other).removeSlot(0)
        #expect(Outcome { try scene.reopened() } == .refused("wrongKey"))
        let vault = try scene.reopened(masterKey: other)
        #expect(try vault.reveal(EntryName("a"), purpose: "test").text == "one")
        #expect(throws: KeySlotError.last) { try vault.removeSlot(1) }
        #expect(try scene.events().filter { $0.operation == .keyRemoved }.count == 1)
        _ = try vault.verify()
    }

    @Test("invariant 11: a slot that was dropped and put back is damage, with any key, and with and without an anchor")
    func resurrected() throws {
        let scene = try VaultScene()
        try scene.vault.addSlot(secret(other))
        let row = try #require(scene.storage.rows[.slot, [0]])
        let two = scene.storage.rows
        try scene.reopened(masterKey: other).removeSlot(0)
        let (rows, anchor) = (scene.storage.rows, scene.anchors.anchor)
        for anchor in [anchor, nil] {
            for key in [VaultScene.masterKey, other] {
                scene.anchors.anchor = anchor
                scene.storage.rows = rows
                scene.storage.rows[.slot, [0]] = row
                #expect(damage { try scene.reopened(masterKey: key) } != nil)
                // The head of that time as well: then it is the rows that it does not have, or the anchor.
                scene.storage.rows.head = two.head
                #expect(damage { try scene.reopened(masterKey: key).verify() } != nil)
            }
        }
        // All of the file put back: the anchor remembers.
        scene.anchors.anchor = anchor
        scene.storage.rows = two
        #expect(damage { try scene.reopened().verify() } == .rolledBack)
    }

    @Test("two slots in each other's place, and each bit of a second slot: damage, whichever key is given")
    func tampered() throws {
        let scene = try VaultScene()
        try scene.vault.addSlot(secret(other))
        let rows = scene.storage.rows
        let slots = try [UInt8(0), 1].map { try #require(rows[.slot, [$0]]) }
        func expectDamage(_ what: String) {
            for key in [VaultScene.masterKey, other] {
                #expect(damage { try scene.reopened(masterKey: key) } != nil, "\(what)")
            }
        }
        (scene.storage.rows[.slot, [0]], scene.storage.rows[.slot, [1]]) = (slots[1], slots[0])
        expectDamage("swapped")
        for offset in slots[1].indices {
            scene.storage.rows = rows
            scene.storage.rows[.slot, [1]]?[offset] ^= 1
            expectDamage("byte \(offset)")
        }
        scene.storage.rows = rows
        scene.storage.rows[.slot, [2]] = slots[1]
        expectDamage("a copy")
        scene.storage.rows = rows
        scene.storage.rows[.slot, [1]] = nil
        expectDamage("deleted")
    }

    @Test("invariant 10: a wipe that did not happen is noted, and done by the next")
    func wiping() throws {
        let scene = try VaultScene()
        try scene.vault.addSlot(secret(other))
        try scene.vault.removeSlot(1)
        scene.storage.allowWiping(false)
        #expect(try !scene.vault.wipeRemoved())
        #expect(try scene.vault.read { try $0.setting("wipe-pending") } == "yes")
        scene.storage.allowWiping(true)
        #expect(try scene.vault.wipeRemoved())
        #expect(try scene.vault.read { try $0.setting("wipe-pending") } == nil)
    }

    @Test("an anchor from before the slots changed leads to the vault as it is; what changed a slot is synced to it")
    func anchors() throws {
        let scene = try VaultScene()
        let old = scene.anchors.anchor
        let durable = scene.anchors.durableCount
        try scene.vault.addSlot(secret(other))
        #expect(scene.anchors.durableCount == durable + 1)
        scene.anchors.anchor = old
        _ = try scene.reopened(masterKey: other).verify()
    }
}

@Suite("Changing the master key")
struct RekeyTests {
    private let other = VaultScene.otherKey

    private func begin(_ scene: VaultScene, _ parts: RekeyPlan.Part...) throws -> PendingRekey {
        let old = SharedSecret(secret(VaultScene.masterKey))
        return try scene.vault.beginRekey(to: secret(other), keeping: old, RekeyPlan(Set(parts)))
    }

    @Test("invariant 9: begun, either key opens; finished by the new one alone, which drops the old")
    func change() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let pending = try begin(scene, .gateway)
        #expect(pending.oldSlot == 0 && pending.newSlot == 1)
        for key in [VaultScene.masterKey, other] {
            #expect(try scene.reopened(masterKey: key).read { try $0.pendingRekey() } == pending)
        }
        #expect(try scene.vault.finishRekey() == nil)
        #expect(try scene.vault.read { try $0.slots() }.count == 2)
        let vault = try scene.reopened(masterKey: other)
        #expect(try vault.finishRekey() == pending)
        #expect(try vault.finishRekey() == nil)
        #expect(Outcome { try scene.reopened() } == .refused("wrongKey"))
        #expect(try vault.reveal(EntryName("a"), purpose: "test").text == "one")
        let kept = try vault.reveal(EntryName(GatewayKeyEntry.previous), purpose: "test").text
        #expect(kept == VaultScene.masterKey)
        let operations = try scene.events().map(\.operation)
        #expect(operations.contains(.keyAdded) && operations.contains(.keyRemoved))
        #expect(operations.contains(.masterKeyChanged))
        _ = try vault.verify()
    }

    @Test("the old key is kept whatever the gateway's entry has, unless that is the very one; nothing of it goes")
    func keeping() throws {
        let old = VaultScene.masterKey
        for (entry, parts, kept) in [
            (nil, [], [nil, old]), (nil, [.move], [old, nil]), (old, [], [old, nil]), (old, [.move], [old, nil]),
            ("another", [], ["another", old]), ("another", [.move], ["another", old]),
        ] as [(String?, Set<RekeyPlan.Part>, [String?])] {
            let scene = try VaultScene()
            if let entry { try scene.put(GatewayKeyEntry.current, entry) }
            let key = SharedSecret(secret(old))
            _ = try scene.vault.beginRekey(to: secret(other), keeping: key, RekeyPlan(parts))
            let names = try scene.vault.read { try $0.inventory() }.entries.map(\.name.text)
            let values = try GatewayKeyEntry.all.map { names.contains($0) ? try scene.value($0) : nil }
            #expect(values == kept, "\(entry ?? "none") \(parts)")
        }
        // One that is gone is not made good by another.
        let scene = try VaultScene()
        try scene.put(GatewayKeyEntry.current, "another")
        try scene.vault.write { try $0.remove(EntryName(GatewayKeyEntry.current)) }
        #expect(try scene.vault.read { try $0.gatewayKeyIsEntry() })
        _ = try scene.vault.beginRekey(to: secret(other), keeping: SharedSecret(secret(old)), RekeyPlan([.move]))
        #expect(try scene.value(GatewayKeyEntry.previous) == old)
        #expect(try scene.vault.read { try $0.entry(EntryName(GatewayKeyEntry.current)) } == nil)
    }

    @Test("what is noted of a change says where its new key is, whatever the path looks like")
    func notes() throws {
        for file in [nil, "/a b/c.key", "/line\nend", "/0 1 move"] {
            let pending = PendingRekey(oldSlot: 0, newSlot: 3, plan: RekeyPlan([.home, .gateway]), newKeyFile: file)
            #expect(PendingRekey(pending.text) == pending)
        }
        for wrong in ["", "\n", "0", "0 x", "0 1 nonsense", "\n0 1"] { #expect(PendingRekey(wrong) == nil) }
    }

    @Test("with a new data key and no free slot another one goes, never the one that opened the vault")
    func replacing() throws {
        let scene = try VaultScene()
        let keys = (0..<3).map { String(repeating: "00112233445566\(10 + $0)", count: 4) }
        for key in keys { try scene.vault.addSlot(secret(key)) }
        let vault = try scene.reopened(masterKey: keys[2])
        #expect(throws: KeySlotError.full(limit: 4)) { try vault.requireFreeSlot() }
        #expect(throws: KeySlotError.full(limit: 4)) {
            try vault.beginRekey(to: secret(other), keeping: nil, RekeyPlan([.gateway]))
        }
        let pending = try vault.beginRekey(to: secret(other), keeping: nil, RekeyPlan([.dataKey]))
        #expect(pending.oldSlot == 3 && pending.newSlot == 2)
        #expect(Outcome { try scene.reopened(masterKey: keys[1]) } == .refused("wrongKey"))
        for key in [VaultScene.masterKey, keys[0], keys[2], other] { _ = try scene.reopened(masterKey: key) }
        try scene.reopened(masterKey: other).changeDataKey(secret(other))
        #expect(try scene.reopened(masterKey: other).read { try $0.slots() }.map(\.number) == [2])
        _ = try scene.reopened(masterKey: other).verify()
    }

    @Test("given up: the new key opens nothing, the old one stays")
    func abandoned() throws {
        let scene = try VaultScene()
        _ = try begin(scene)
        try scene.vault.abandonRekey()
        #expect(Outcome { try scene.reopened(masterKey: other) } == .refused("wrongKey"))
        #expect(try scene.reopened().read { try $0.pendingRekey() } == nil)
        // Also where the slot is removed by its number.
        _ = try begin(scene)
        try scene.vault.removeSlot(1)
        #expect(try scene.reopened().read { try $0.pendingRekey() } == nil)
        _ = try scene.vault.verify()
    }

    @Test("the gateway's own key as an entry is another one, and the one before is kept")
    func gatewayEntry() throws {
        let scene = try VaultScene()
        try scene.put(GatewayKeyEntry.current, "the gateway's")
        _ = try scene.vault.beginRekey(to: secret(other), keeping: nil, RekeyPlan([.gateway, .gatewayEntry]))
        _ = try scene.reopened(masterKey: other).finishRekey()
        let current = try scene.value(GatewayKeyEntry.current)
        #expect(current.count == 64 && current.allSatisfy(\.isHexDigit))
        #expect(try scene.value(GatewayKeyEntry.previous) == "the gateway's")
    }

    @Test("every connection is to be delivered again once the gateway's key is another, and nothing else is")
    func redelivery() throws {
        let scene = try VaultScene()
        try scene.put("upstream-secret/linear/access_token", "one")
        let name = try EntryName("upstream-secret/linear/access_token")
        let ids = [DeliveryID(target: .gateway, key: "linear"), DeliveryID(target: .exportFile, key: "/tmp/x")]
        try scene.vault.write { transaction in
            for id in ids {
                try transaction.declare(Delivery(id: id, service: nil, entries: [name]))
                guard let plan = try transaction.plan(id) else { continue }
                var delivery = plan.delivery
                delivery.applied = plan.commitment
                try transaction.saveQuietly(delivery)
            }
        }
        func pending() throws -> [DeliveryID] {
            try scene.vault.read { try $0.plans() }.filter(\.isPending).map(\.delivery.id)
        }
        #expect(try pending() == [])
        _ = try begin(scene, .gateway)
        #expect(try pending() == [])
        _ = try scene.reopened(masterKey: other).finishRekey()
        #expect(try pending() == [ids[0]])
    }

    @Test("a change touches as many rows with a thousand entries as with ten")
    func constantTime() throws {
        var counts: [Int] = []
        for size in [10, 1000] {
            let scene = try VaultScene()
            try scene.vault.write { transaction in
                for number in 0..<size {
                    try transaction.store(secret("value \(number)"), as: EntryName("e/\(number)"), origin: .given)
                }
            }
            let clock = scene.storage
            _ = try begin(scene, .gateway)
            let begun = clock.touched
            _ = try scene.reopened(masterKey: other).finishRekey()
            counts.append(begun.read + begun.written + clock.touched.read + clock.touched.written)
        }
        #expect(Double(counts[1]) <= Double(counts[0]) * 2.2, "\(counts)")
    }

    @Test("words of a change that was begun: only as they are written")
    func text() {
        let plan = RekeyPlan([.gateway, .dataKey, .move])
        let pending = PendingRekey(oldSlot: 0, newSlot: 3, plan: plan, newKeyFile: nil)
        #expect(pending.text == "0 3 gateway data-key move")
        #expect(PendingRekey(pending.text) == pending)
        for other in ["", "0", "0 x", "0 1 other", "256 0"] { #expect(PendingRekey(other) == nil) }
    }
}
