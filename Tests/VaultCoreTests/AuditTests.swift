import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Invariant 6 of the design.
@Suite("The audit log")
struct AuditTests {
    private let full: FullVault

    init() throws {
        full = try FullVault()
    }

    @Test("the numbers have no gap, and times never go back, whatever the clock says")
    func sequence() throws {
        let scene = full.scene
        let last = scene.clock.now
        for now in [last + 5000, last, 0, -1, last + 4999, last + 6000] {
            scene.clock.now = now
            try scene.put("a", "at \(now)")
        }
        let events = try scene.events()
        #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(events.last?.time == last + 6000)
        #expect(events.first?.operation == .vaultCreated)
        #expect(full.scene.storage.rows.count(.audit) == events.count)
        // Nor do the times of versions.
        let times = try scene.vault.read { try $0.history(EntryName("a")) }.map(\.createdAt)
        #expect(times == times.sorted())
    }

    @Test("every key is the hash of the one before, as many times as there are records between, and none is used twice")
    func ratchet() throws {
        let heads = try full.states.map { try full.scene.head(of: $0).audit }
        var keys: Set<[UInt8]> = []
        for (earlier, later) in zip(heads, heads.dropFirst()) {
            #expect(later.sequence > earlier.sequence)
            var key = earlier.key
            for _ in earlier.sequence..<later.sequence {
                #expect(keys.insert(key.bytes.withBytes { Array($0) }).inserted, "used once")
                key = SharedSecret(KeyedHash.derive(Purpose("audit ratchet"), key: key.bytes, message: []))
            }
            let isNext = key.bytes.equals(later.key.bytes)
            #expect(isNext)
        }
    }

    @Test("with the first key alone, an edited record and a cut tail are found: the running MAC is another")
    func runningMAC() throws {
        let heads = try full.states.map { try full.scene.head(of: $0).audit }
        let first = heads[0], last = heads[heads.count - 1]
        let keys = full.rows.keys(.audit)
        func mac(_ edit: (inout MemoryRows) -> Void = { _ in }) -> Digest {
            var rows = full.rows
            edit(&rows)
            var (key, mac) = (first.key, first.mac)
            for sequence in (first.sequence + 1)...last.sequence {
                let row = rows[.audit, AuditRow.key(sequence)] ?? []
                mac = KeyedHash.digest(Purpose("audit mac"), key: key.bytes, mac.bytes + AuditRow.key(sequence) + row)
                key = SharedSecret(KeyedHash.derive(Purpose("audit ratchet"), key: key.bytes, message: []))
            }
            return mac
        }
        #expect(mac() == last.mac)
        for key in keys.dropFirst() {
            #expect(mac { $0[.audit, key]?[0] ^= 1 } != last.mac)
            #expect(mac { $0[.audit, key] = nil } != last.mac)
        }
    }

    @Test("the log is cut, spliced or reordered by nobody unnoticed")
    func tampering() throws {
        let keys = full.rows.keys(.audit)
        let tampers: [(String, (inout MemoryRows) -> Void)] = [
            ("the last is missing", { $0[.audit, keys[keys.count - 1]] = nil }),
            ("the first is missing", { $0[.audit, keys[0]] = nil }),
            ("all are missing", { rows in for key in keys { rows[.audit, key] = nil } }),
            ("one too many", { $0[.audit, AuditRow.key(UInt64(keys.count) + 1)] = $0[.audit, keys[0]] }),
            ("one with another kind of key", { $0[.audit, keys[3] + [0]] = $0[.audit, keys[3]] }),
            ("one before the first", { $0[.audit, AuditRow.key(0)] = $0[.audit, keys[0]] }),
            ("one far away", { $0[.audit, AuditRow.key(.max)] = $0[.audit, keys[0]] }),
            ("one twice", { $0[.audit, keys[4]] = $0[.audit, keys[3]] }),
        ]
        for (what, tamper) in tampers {
            let scene = try full.tampered(tamper)
            #expect(Outcome { try scene.vault.verify() }.isDamaged, "\(what)")
        }
    }

    @Test("every change has an event, of its kind, in the generation that it made")
    func events() throws {
        let events = try full.scene.events()
        let kinds = Set(events.map(\.operation))
        #expect(
            kinds.isSuperset(of: [
                .vaultCreated, .versionStored, .serviceSaved, .deliveryDeclared, .settingChanged, .entryRemoved,
            ]))
        for (earlier, later) in zip(full.states, full.states.dropFirst()) {
            let (before, after) = (try full.scene.head(of: earlier), try full.scene.head(of: later))
            #expect(after.generation == before.generation + 1)
            for number in (before.audit.sequence + 1)...after.audit.sequence {
                let row = try AuditRow(decoding: later[.audit, AuditRow.key(number)] ?? [])
                #expect(row.generation == after.generation)
            }
        }
    }

    @Test("a change after an event of something else counts as a change too")
    func changeAfterEvent() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let id = DeliveryID(target: .exportFile, key: "/tmp/a")
        try scene.vault.write { try $0.declare(Delivery(id: id, service: nil, entries: [EntryName("a")])) }
        let before = try scene.vault.read { $0.generation }
        try scene.vault.write { transaction in
            _ = try transaction.release(EntryName("a"), version: nil, purpose: "test")
            var delivery = try #require(try transaction.delivery(id))
            delivery.isOwned = true
            try transaction.saveQuietly(delivery)
        }
        #expect(try scene.vault.read { $0.generation } == before + 1)
        _ = try scene.vault.verify()
    }

    @Test("a change without an event of its own gets one, so that the anchor can follow it")
    func quietChange() throws {
        let scene = try VaultScene()
        let id = DeliveryID(target: .exportFile, key: "/tmp/a")
        let before = try scene.vault.read { $0.auditSequence }
        try scene.vault.write { try $0.saveQuietly(Delivery(id: id, service: nil, entries: [])) }
        #expect(try scene.vault.read { $0.auditSequence } == before + 1)
        try scene.vault.write { try $0.saveQuietly(Delivery(id: id, service: nil, entries: [])) }
        _ = try scene.vault.verify()
    }
}
