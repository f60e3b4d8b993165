import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Rows with one row in the place of another: a store that somebody tampered with, as cheap as it gets.
private final class TamperedReader: RowReader {
    private var rows: MemoryRows
    var table = RowTable.slot
    var key: [UInt8] = []
    var value: [UInt8]?

    init(_ rows: MemoryRows) {
        self.rows = rows
    }

    func head() -> [UInt8]? { rows.head }

    func row(_ table: RowTable, _ key: [UInt8]) -> [UInt8]? {
        table == self.table && key == self.key ? value : rows[table, key]
    }

    func count(_ table: RowTable) -> Int { rows.count(table) }

    func rows(_ table: RowTable, after key: [UInt8]?, limit: Int) -> [(key: [UInt8], value: [UInt8])] {
        // One row at a time, so that a walk can end at any row.
        rows.rows(table, after: key, limit: 1).compactMap { found in
            row(table, found.key).map { (found.key, $0) }
        }
    }
}

/// Invariant 1 of the design, for the smallest change there is. One at a time: what takes its time here is opening and
/// closing guarded memory, and threads of one process wait for each other there.
@Suite("Every flipped bit is noticed", .serialized)
struct FlippedBitTests {
    private let full: FullVault

    init() throws {
        full = try FullVault()
    }

    /// Flips every bit of every value of a table, one at a time, and calls `read` with what was flipped.
    private func flip(
        _ table: RowTable, _ read: (VaultSnapshot, _ key: [UInt8]) throws -> Void,
        expecting isNamed: (_ key: [UInt8], Damage) -> Bool
    ) throws {
        // The key of the tree stays readable meanwhile: opening its memory for every hash would take most of the time.
        try full.scene.vault.keys.state.bytes.withBytes { _ in try flipAll(table, read, expecting: isNamed) }
    }

    private func flipAll(
        _ table: RowTable, _ read: (VaultSnapshot, _ key: [UInt8]) throws -> Void,
        expecting isNamed: (_ key: [UInt8], Damage) -> Bool
    ) throws {
        let reader = TamperedReader(full.rows)
        let head = try full.scene.head(of: full.rows)
        // Another each time: one remembers what it has proven.
        func snapshot() -> VaultSnapshot {
            VaultSnapshot(keys: full.scene.vault.keys, rows: reader, head: head, now: 0)
        }
        var flips = 0, missed: [String] = []
        for key in full.rows.keys(table) {
            let value = try #require(full.rows[table, key])
            (reader.table, reader.key, reader.value) = (table, key, value)
            #expect(throws: Never.self, "unchanged, it is read") { try read(snapshot(), key) }
            for bit in 0..<value.count * 8 {
                var changed = value
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                reader.value = changed
                flips += 1
                let found = damage { try read(snapshot(), key) }
                if !(found.map { isNamed(key, $0) } ?? false) {
                    missed.append("\(table) \(key), bit \(bit): \(String(describing: found))")
                }
            }
        }
        #expect(flips > 1000)
        #expect(missed.isEmpty, Comment(rawValue: missed.prefix(5).joined(separator: "\n")))
    }

    /// The name of the secret of each entry id.
    private func owners() throws -> [[UInt8]: EntryName] {
        try full.scene.vault.read { snapshot in
            Dictionary(uniqueKeysWithValues: try snapshot.inventory().entries.map { ($0.id, $0.name) })
        }
    }

    @Test("of every version, on its release, with its entry and number")
    func bodies() throws {
        let owners = try owners()
        try flip(.body) { snapshot, key in
            let name = try #require(owners[Array(key.prefix(16))])
            let version = key.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            _ = try snapshot.sealedVersion(name, version)
        } expecting: { key, damage in
            let (entry, version) = (Array(key.prefix(16)), UInt32(key[19]))
            return damage == .body(entry: entry, version: version) || damage == .history(entry: entry)
        }
    }

    @Test("of every entry, service, delivery and setting, on its read, with its tag")
    func entries() throws {
        try flip(.entry) { snapshot, tag in
            _ = try snapshot.tree.lookup(tag, top: snapshot.head.top, in: snapshot.rows)
        } expecting: { tag, damage in
            damage == .entry(tag: tag)
        }
    }

    @Test("of every node of the tree, on the read of what is below it, with its path")
    func nodes() throws {
        let tags = full.rows.keys(.entry)
        try flip(.node) { snapshot, key in
            for tag in tags where TreePath.digits(of: tag).starts(with: key.dropFirst()) {
                _ = try snapshot.tree.lookup(tag, top: snapshot.head.top, in: snapshot.rows)
            }
        } expecting: { key, damage in
            damage == .node(Array(key.dropFirst()))
        }
    }

    @Test("of every bucket of the tree, on the read of what is in it, with its path")
    func buckets() throws {
        let tags = full.rows.keys(.entry)
        try flip(.bucket) { snapshot, digits in
            for tag in tags where TreePath.digits(of: tag) == digits {
                _ = try snapshot.tree.lookup(tag, top: snapshot.head.top, in: snapshot.rows)
            }
        } expecting: { digits, damage in
            damage == .bucket(digits)
        }
    }

    @Test("of every audit record, in the log and in the walk from an anchor before it, with its number")
    func audit() throws {
        func number(_ key: [UInt8]) -> UInt64 { key.reduce(0) { $0 << 8 | UInt64($1) } }
        var heads = [try full.scene.vault.read { $0.chain.start().head }]
        let chain = AuditChain(keys: full.scene.vault.keys)
        for key in full.rows.keys(.audit) {
            heads.append(chain.step(heads[heads.count - 1], number(key), try #require(full.rows[.audit, key])))
        }
        // Each bit changes what the walk arrives at; opening, which names the record, is tried for one bit of each byte.
        try flip(.audit) { snapshot, key in
            let number = number(key)
            let reached = try chain.walk(from: number - 1, head: heads[Int(number) - 1], to: number, in: snapshot.rows)
            if reached != heads[Int(number)] { throw VaultError.integrity(.audit(number)) }
        } expecting: { key, damage in
            damage == .audit(number(key))
        }
        for key in full.rows.keys(.audit) {
            let value = try #require(full.rows[.audit, key])
            for byte in value.indices {
                var changed = value
                changed[byte] ^= 1 << UInt8(byte % 8)
                #expect(damage { try chain.event(number(key), changed) } == .audit(number(key)))
            }
        }
        let scene = try full.tampered()
        for key in full.rows.keys(.audit) {
            let value = try #require(full.rows[.audit, key])
            for byte in stride(from: Int(number(key)) % 5, to: value.count, by: 5) {
                var changed = value
                changed[byte] ^= 1 << UInt8(byte % 8)
                scene.storage.rows[.audit, key] = changed
                #expect(damage { try scene.vault.read { try $0.log { _ in } } } == .audit(number(key)))
            }
            scene.storage.rows = full.rows
        }
    }

    @Test("of the head, on every read")
    func head() throws {
        let scene = try full.tampered()
        let head = try #require(full.rows.head)
        for bit in 0..<head.count * 8 {
            var changed = head
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            scene.storage.rows.head = changed
            #expect(damage { try scene.vault.read { _ in } } == .head)
        }
        for byte in head.indices {
            var changed = head
            changed[byte] ^= 0x10
            scene.storage.rows.head = changed
            #expect(damage { try scene.reopened() } == .head)
        }
    }

    @Test("of a key slot, on opening, with its number; it is never taken for a wrong key")
    func slots() throws {
        let scene = try full.tampered()
        let slot = try #require(full.rows[.slot, [0]])
        for bit in 0..<slot.count * 8 {
            var changed = slot
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            scene.storage.rows[.slot, [0]] = changed
            #expect(damage { try scene.reopened() } == .slot(0))
        }
    }

    @Test("of every key of a row, by verifying")
    func keys() throws {
        let scene = try full.tampered()
        for (table, key, value) in full.rows.all {
            for byte in key.indices {
                var other = key
                other[byte] ^= 1 << UInt8((byte + key.count) % 8)
                scene.storage.rows[table, key] = nil
                scene.storage.rows[table, other] = value
                let found = table == .slot ? Outcome { try scene.reopened() } : Outcome { try scene.vault.verify() }
                #expect(found.isDamaged, "\(table) \(key), byte \(byte): \(found)")
                scene.storage.rows = full.rows
            }
        }
    }

    @Test("by verifying and by every reader: the truth, or the damage")
    func everywhere() throws {
        let scene = try full.tampered()
        var refusals = 0, count = 0
        for (table, key, value) in full.rows.all where table != .slot {
            // One bit of every 19th byte, and each time another: the tests above go through all.
            for byte in stride(from: count % 19, to: value.count, by: 19) {
                var changed = value
                changed[byte] ^= 1 << UInt8(count % 8)
                count += 1
                scene.storage.rows[table, key] = changed
                #expect(damage { try scene.vault.verify() } != nil, "\(table) \(key), byte \(byte)")
                if count.isMultiple(of: 4), table != .audit {
                    let readings = Readings(of: scene)
                    #expect(readings.lies.isEmpty, "\(table) \(key), byte \(byte)")
                    refusals += readings.refusals
                }
                scene.storage.rows = full.rows
                scene.anchors.anchor = full.anchor
            }
        }
        #expect(count > 500)
        #expect(refusals > 100)
    }
}
