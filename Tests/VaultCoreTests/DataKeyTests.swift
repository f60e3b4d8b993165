import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Changing the data key")
struct DataKeyTests {
    private let other = VaultScene.otherKey

    /// A vault with something of everything, after its data key was changed; and its rows before.
    private func changed(_ times: Int = 1) throws -> (full: FullVault, scene: VaultScene, before: MemoryRows) {
        let full = try FullVault()
        let before = full.rows
        for _ in 0..<times { try full.scene.reopened().changeDataKey(secret(VaultScene.masterKey)) }
        let scene = try VaultScene(rows: full.scene.storage.rows, anchor: full.scene.anchors.anchor)
        return (full, scene, before)
    }

    @Test("everything is what it was, once and again: values, versions, records, settings, the whole log")
    func same() throws {
        let (full, scene, before) = try changed(3)
        #expect(scene.vault.keys.epoch == 4)
        let readings = Readings(of: scene)
        #expect(readings.lies.isEmpty && readings.refusals == 0 && readings.truths == 19)
        let report = try scene.vault.verify()
        #expect(report.entries == 3 && report.versions == 9)
        let events = try scene.events()
        #expect(events.count > before.count(.audit))
        let first = try VaultScene(rows: before, anchor: nil).events()
        #expect(zip(first, events).allSatisfy { $0.operation == $1.operation && $0.name == $1.name })
        #expect(events.filter { $0.operation == .dataKeyChanged }.count == 3)
        // The vault that was open all the time is told to open it again, and that is no damage.
        for body in [{ _ = try full.scene.vault.verify() }, { _ = try full.scene.value(FullVault.names[0]) }] {
            #expect(Outcome(body) == .refused("keysChanged"))
        }
        // And it can be written on.
        try scene.put("new", "value")
        _ = try scene.reopened().verify()
    }

    @Test("the generation counts it as one change, and an anchor from any time before leads to it")
    func anchors() throws {
        let full = try FullVault()
        let before = try #require(full.anchor)
        let anchors = full.scene.anchors.history + [before]
        try full.scene.vault.changeDataKey(secret(VaultScene.masterKey))
        #expect(full.anchor?.generation == before.generation + 1)
        for anchor in anchors {
            full.scene.anchors.anchor = anchor
            _ = try full.scene.reopened().verify()
        }
        // Another history of the same length is a fork.
        let wrong = Anchor(
            vaultID: before.vaultID, generation: before.generation, auditSequence: before.auditSequence - 1,
            auditHead: before.auditHead)
        full.scene.anchors.anchor = wrong
        #expect(damage { try full.scene.reopened().verify() } == .forked)
        // The vault from before it put back is noticed.
        full.scene.anchors.anchor = try VaultScene(rows: full.scene.storage.rows, anchor: nil).vault.currentAnchor()
        full.scene.storage.rows = full.rows
        #expect(damage { try full.scene.reopened().verify() } == .rolledBack)
    }

    @Test("who has the old data key opens nothing that is there now, and reads no new record of the log")
    func thief() throws {
        let (full, scene, before) = try changed()
        try scene.put("new", "value")
        let stolen = full.scene.vault.keys
        let rows = scene.storage.rows
        for table in [RowTable.slot, .node, .bucket, .entry] {
            let kept = Set(before.keys(table).compactMap { before[table, $0] })
            #expect(rows.keys(table).allSatisfy { !kept.contains(rows[table, $0] ?? []) }, "\(table)")
        }
        for key in rows.keys(.body) { #expect(before[.body, key] != rows[.body, key]) }
        #expect(damage { try HeadCrypto.decode(rows.head ?? [], stolen) } == .head)
        let old = AuditChain(keys: stolen)
        let last = UInt64(before.count(.audit)) + 1
        for number in 1...UInt64(rows.count(.audit)) {
            let row = rows[.audit, AuditRow.key(number)] ?? []
            // The row that says that the key was changed is the last that the thief reads.
            #expect((damage { try old.event(number, row) } == nil) == (number <= last), "\(number)")
        }
        // Nor can the key of the log's next row be had from the one that they may know.
        let head = try HeadCrypto.decode(before.head ?? [], stolen)
        var running = head.audit.running
        for number in last...UInt64(rows.count(.audit)) {
            running.step(number, rows[.audit, AuditRow.key(number)] ?? [])
        }
        let isKnown = try scene.head(of: rows).audit.key.bytes.equals(running.key.bytes)
        #expect(!isKnown)
    }

    @Test("each flipped bit in a row of the log from before is noticed, and each that was swapped or left out")
    func earlierRows() throws {
        let (_, scene, before) = try changed(2)
        let rows = scene.storage.rows
        scene.anchors.anchor = nil
        for number in [1, 5, UInt64(before.count(.audit)), UInt64(before.count(.audit)) + 1] {
            let key = AuditRow.key(number)
            for offset in (rows[.audit, key] ?? []).indices {
                scene.storage.rows[.audit, key]?[offset] ^= 1
                #expect(damage { try scene.vault.verify() } == .audit(number), "\(number), byte \(offset)")
                scene.storage.rows = rows
            }
        }
        scene.storage.rows[.audit, AuditRow.key(2)] = rows[.audit, AuditRow.key(3)]
        #expect(damage { try scene.vault.verify() } == .audit(2))
    }

    @Test("what was delivered stays delivered, what was not stays pending, by the version that is there")
    func deliveries() throws {
        let scene = try VaultScene()
        let names = try ["a", "b"].map { try EntryName($0) }
        for name in names { try scene.put(name.text, "one of \(name.text)") }
        let ids = names.map { DeliveryID(target: .exportFile, key: "/tmp/\($0.text)") }
        try scene.vault.write { transaction in
            for (id, name) in zip(ids, names) {
                try transaction.declare(Delivery(id: id, service: nil, entries: [name]))
                guard let plan = try transaction.plan(id) else { continue }
                var delivery = plan.delivery
                delivery.applied = plan.commitment
                delivery.receipt = ["fingerprint": hexadecimal(plan.expected[0].fingerprint.bytes), "path": id.key]
                try transaction.saveQuietly(delivery)
            }
        }
        try scene.put("b", "two of b")
        let versions = try scene.vault.deliveryVersions()
        try scene.vault.changeDataKey(secret(VaultScene.masterKey))
        let vault = try scene.reopened()
        #expect(try vault.deliveryVersions() == versions)
        #expect(try vault.read { try $0.plans() }.map(\.isPending) == [false, true])
        let receipts = try vault.read { try $0.plans() }.map(\.delivery.receipt)
        #expect(receipts.map { $0["path"] } == ["/tmp/a", "/tmp/b"])
        let expected = ["one of a", "one of b"].map { hexadecimal(vault.fingerprint(secret($0)).bytes) }
        #expect(receipts.map { $0["fingerprint"] } == expected)
    }

    @Test("all other slots go with it, a change that was begun is finished by it, and another key does nothing")
    func slots() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        try scene.vault.addSlot(secret("correct horse battery staple"), cost: .least)
        _ = try scene.vault.beginRekey(to: secret(other), keeping: nil, RekeyPlan([.dataKey, .gateway]))
        let vault = try scene.reopened(masterKey: other)
        #expect(try vault.finishRekey() == nil)
        let before = scene.storage.rows
        #expect(Outcome { try vault.changeDataKey(secret(VaultScene.masterKey)) } == .refused("wrongKey"))
        #expect(scene.storage.rows == before)
        try vault.changeDataKey(secret(other))
        for key in [VaultScene.masterKey, "correct horse battery staple"] {
            #expect(Outcome { try scene.reopened(masterKey: key) } == .refused("wrongKey"))
        }
        let renewed = try scene.reopened(masterKey: other)
        #expect(try renewed.read { try $0.slots() }.map(\.number) == [2])
        #expect(try renewed.read { try $0.pendingRekey() } == nil)
        #expect(try renewed.read { try $0.setting("gateway-key") } != nil)
        #expect(try renewed.reveal(EntryName("a"), purpose: "test").text == "one")
    }

    @Test("a vault that is damaged anywhere keeps its data key")
    func damaged() throws {
        let full = try FullVault()
        for table in [RowTable.body, .entry, .node, .bucket, .audit] {
            for key in full.rows.keys(table) {
                let scene = try full.tampered { $0[table, key]?[9] ^= 1 }
                scene.anchors.anchor = nil
                let rows = scene.storage.rows
                #expect(damage { try scene.vault.changeDataKey(secret(VaultScene.masterKey)) } != nil, "\(table)")
                #expect(scene.storage.rows == rows)
            }
        }
    }

    @Test("an auditor from before proves the log over it, one from after what is theirs; an old export leads on")
    func auditors() throws {
        let audited = try AuditedVault()
        let early = try audited.scene.exported()
        try audited.scene.vault.changeDataKey(secret(VaultScene.masterKey))
        let scene = try VaultScene(rows: audited.scene.storage.rows, anchor: audited.scene.anchors.anchor)
        try scene.put("a", "canary after")
        let late = RecipientKeyPair.random()
        let added = try scene.vault.write { try $0.add(Auditor(key: late.publicKey)).auditor }
        try scene.vault.changeDataKey(secret(VaultScene.masterKey))
        let last = try VaultScene(rows: scene.storage.rows, anchor: scene.anchors.anchor)
        try last.put("a", "canary at the end")
        let export = try last.exported()

        var names: [String?] = []
        let proof = try LogProof.prove(
            LogFile(source(export)), with: audited.pair, fingerprint: audited.added.fingerprint,
            older: LogFile(source(early))
        ) { names.append($0.name) }
        #expect(proof.epochs == 4 && proof.first == audited.added.first && proof.last == UInt64(names.count))
        #expect(names.last == "a")
        var events: [AuditEvent] = []
        let theirs = try LogProof.prove(LogFile(source(export)), with: late) { events.append($0) }
        #expect(theirs.epochs == 2 && theirs.first == added.first)
        // What is from before their first data key they do not read.
        let change = try #require(events.firstIndex { $0.operation == .dataKeyChanged })
        #expect(events[...change].allSatisfy { $0.name == nil && $0.actor.program.isEmpty })
        #expect(events[(change + 1)...].allSatisfy { !$0.actor.program.isEmpty })
        #expect(try last.vault.verify(against: LogFile(source(early))).auditSequence < proof.last)
        #expect(try last.vault.verify(against: LogFile(source(export))).auditSequence == proof.last)
    }

    @Test("a byte changed anywhere in an export over two data keys is noticed by both auditors")
    func export() throws {
        let audited = try AuditedVault()
        try audited.scene.vault.changeDataKey(secret(VaultScene.masterKey))
        let scene = try VaultScene(rows: audited.scene.storage.rows, anchor: audited.scene.anchors.anchor)
        let late = RecipientKeyPair.random()
        try scene.vault.write { _ = try $0.add(Auditor(key: late.publicKey)) }
        try scene.put("a", "canary after")
        let export = try scene.exported()
        _ = try LogProof.prove(LogFile(source(export)), with: late)
        for offset in stride(from: 0, to: export.count, by: 7) {
            var changed = export
            changed[offset] ^= 1
            // The last tag is the vault's own.
            guard offset < export.count - 32 else { continue }
            for pair in [audited.pair, late] {
                #expect(throws: (any Error).self, "byte \(offset)") {
                    _ = try LogProof.prove(LogFile(source(changed)), with: pair)
                }
            }
        }
    }
}
