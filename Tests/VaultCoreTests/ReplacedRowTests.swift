import Testing
import VaultTestSupport

@testable import VaultCore

/// Invariants 1 and 2 of the design, for whole rows.
@Suite("Rows that are not where or what they were", .serialized)
struct ReplacedRowTests {
    private let full: FullVault

    init() throws {
        full = try FullVault()
    }

    /// Verifies and reads everything of the vault after `tamper`, which `what` describes.
    private func expectDamage(
        _ what: String, in scene: VaultScene, readers: Bool = true, _ tamper: (inout MemoryRows) -> Void
    ) {
        tamper(&scene.storage.rows)
        let verified = Outcome { try scene.vault.verify() }
        #expect(verified.isDamaged, "\(what): \(verified)")
        if readers {
            let readings = Readings(of: scene)
            #expect(readings.lies.isEmpty, "\(what)")
        }
        scene.storage.rows = full.rows
        scene.anchors.anchor = full.anchor
    }

    @Test("the vault as it was written is verified and read")
    func untouched() throws {
        let scene = try full.tampered()
        let report = try scene.vault.verify()
        #expect(report.entries == 3 && report.versions == 9 && report.records == 3)
        #expect(try scene.vault.read { $0.auditSequence } == report.auditRecords)
        let readings = Readings(of: scene)
        #expect(readings.lies.isEmpty)
        #expect(readings.refusals == 0)
        #expect(readings.truths == 19)
    }

    @Test("two rows of a table in each other's place", arguments: RowTable.allCases)
    func swapped(_ table: RowTable) throws {
        let scene = try full.tampered()
        let keys = full.rows.keys(table)
        for (index, one) in keys.enumerated() {
            for other in keys[(index + 1)...] where full.rows[table, one] != full.rows[table, other] {
                expectDamage("\(table) \(one) and \(other)", in: scene, readers: table != .audit) { rows in
                    rows[table, one] = full.rows[table, other]
                    rows[table, other] = full.rows[table, one]
                }
            }
        }
    }

    @Test("a row put back to every value that it had before", arguments: RowTable.allCases)
    func replayed(_ table: RowTable) throws {
        let scene = try full.tampered()
        var replays = 0
        for key in full.rows.keys(table) {
            let earlier = Set(full.states.compactMap { $0[table, key] }).subtracting([full.rows[table, key] ?? []])
            for value in earlier {
                replays += 1
                expectDamage("\(table) \(key)", in: scene) { $0[table, key] = value }
            }
        }
        // Slots, versions and audit records are written once.
        #expect((replays > 0) == [.entry, .node, .bucket].contains(table))
    }

    @Test("a row that was removed, put back where it was", arguments: RowTable.allCases)
    func resurrected(_ table: RowTable) throws {
        let scene = try full.tampered()
        let gone = Set(full.states.flatMap { $0.keys(table) }).subtracting(full.rows.keys(table))
        for key in gone {
            let value = full.states.compactMap { $0[table, key] }.last
            expectDamage("\(table) \(key)", in: scene) { $0[table, key] = value }
        }
        #expect(!gone.isEmpty || [.slot, .audit, .node, .bucket].contains(table))
    }

    @Test(
        "a row that no other leads to, in the place where a new entry's goes: damage, and not covered up",
        arguments: [RowTable.node, .bucket, .entry])
    func covered(_ table: RowTable) throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let (before, anchor) = (scene.storage.rows, scene.anchors.anchor)
        try scene.put("b", "two")
        let after = scene.storage.rows
        let new = after.keys(table).filter { before[table, $0] == nil }
        #expect(!new.isEmpty)
        for key in new {
            scene.storage.rows = before
            scene.storage.rows[table, key] = after[table, key]
            scene.anchors.anchor = anchor
            let stored = Outcome { try scene.put("b", "two") }
            #expect(stored.isDamaged, "\(table) \(key): \(stored)")
            #expect(scene.storage.rows[table, key] == after[table, key])
        }
    }

    @Test("a row deleted: damage, and never an entry that is not there", arguments: RowTable.allCases)
    func deleted(_ table: RowTable) throws {
        let scene = try full.tampered()
        for key in full.rows.keys(table) {
            expectDamage("\(table) \(key)", in: scene, readers: table != .audit) { $0[table, key] = nil }
            scene.storage.rows[table, key] = nil
            if table == .slot { #expect(damage { try scene.reopened() } == .noSlots) }
            scene.storage.rows = full.rows
        }
    }

    @Test("all rows of a table deleted", arguments: RowTable.allCases)
    func emptied(_ table: RowTable) throws {
        let scene = try full.tampered()
        expectDamage("\(table)", in: scene, readers: table != .audit) { rows in
            for key in full.rows.keys(table) { rows[table, key] = nil }
        }
    }

    @Test("the head deleted: damage on opening, and no new vault in its place, with an anchor and without")
    func headDeleted() throws {
        for anchor in [full.anchor, nil] {
            let scene = try full.tampered()
            scene.anchors.anchor = anchor
            scene.storage.rows.head = nil
            #expect(damage { try scene.vault.verify() } == .head)
            #expect(damage { try scene.reopened() } == .head)
            #expect(try Vault.exists(in: scene.storage))
            let before = scene.storage.rows
            let made = damage {
                try Vault.create(
                    in: scene.storage, masterKey: secret(VaultScene.masterKey), anchors: scene.anchors,
                    environment: scene.clock.environment)
            }
            #expect(made == .head)
            #expect(scene.storage.rows == before)
        }
    }

    @Test("head and slots deleted and the rest left: damage, and no new vault over it")
    func headAndSlotsDeleted() throws {
        for table in RowTable.allCases where table != .slot {
            let scene = try full.tampered()
            scene.anchors.anchor = nil
            var left = MemoryRows()
            for key in full.rows.keys(table) { left[table, key] = full.rows[table, key] }
            scene.storage.rows = left
            #expect(damage { try scene.reopened() } == .head)
            #expect(try Vault.exists(in: scene.storage))
        }
    }

    @Test("an older head over newer rows: noticed with the anchor, and without")
    func olderHead() throws {
        for anchor in [full.anchor, nil] {
            let scene = try full.tampered()
            for state in full.states.dropLast() {
                scene.storage.rows.head = state.head
                scene.anchors.anchor = anchor
                let found = damage { try scene.vault.verify() }
                #expect(anchor == nil ? found != nil : found == .rolledBack)
                let readings = Readings(of: scene)
                #expect(readings.lies.isEmpty)
                #expect(readings.refusals > 0)
                if anchor != nil { #expect(readings.truths == 0) }
            }
        }
    }

    @Test("rows of another vault, in the place of this one's and beside them", arguments: RowTable.allCases)
    func foreign(_ table: RowTable) throws {
        let other = try FullVault(masterKey: String(repeating: "fedcba9876543210", count: 4)).rows
        let scene = try full.tampered()
        let keys = full.rows.keys(table), foreignKeys = other.keys(table)
        // Where rows are depends on random keys: the two vaults need not have the same number of nodes.
        for (key, foreignKey) in zip(keys, foreignKeys) {
            expectDamage("\(table) \(key)", in: scene) { $0[table, key] = other[table, foreignKey] }
        }
        for key in foreignKeys where full.rows[table, key] == nil {
            expectDamage("\(table) \(key) beside", in: scene) { $0[table, key] = other[table, key] }
        }
        expectDamage("all of \(table)", in: scene) { rows in
            for key in keys { rows[table, key] = nil }
            for key in foreignKeys { rows[table, key] = other[table, key] }
        }
    }

    @Test("the slot or the head of another vault: damage on opening, whatever key that vault has")
    func foreignSlot() throws {
        for masterKey in [VaultScene.masterKey, String(repeating: "fedcba9876543210", count: 4)] {
            let other = try FullVault(masterKey: masterKey).rows
            for anchor in [full.anchor, nil] {
                let scene = try full.tampered()
                scene.anchors.anchor = anchor
                scene.storage.rows[.slot, [0]] = other[.slot, [0]]
                #expect(Outcome { try scene.reopened() }.isDamaged)
                scene.storage.rows[.slot, [0]] = full.rows[.slot, [0]]
                scene.storage.rows.head = other.head
                #expect(Outcome { try scene.reopened() }.isDamaged)
            }
        }
    }
}
