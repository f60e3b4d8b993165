import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Importing many values")
struct ImportingTests {
    private func names(_ texts: [String]) throws -> [EntryName] { try texts.map { try EntryName($0) } }

    private func shared(_ text: String) -> SharedSecret { SharedSecret(secret(text)) }

    @discardableResult
    private func load(
        _ scene: VaultScene, _ values: [(String, String)], isReplacing: Bool = false
    ) throws -> ImportOutcome {
        try scene.vault.store(
            try names(values.map(\.0)), origin: .given, isReplacing: isReplacing, value: { shared(values[$0].1) })
    }

    @Test("new values are stored, the same are left alone, others stay or are replaced as was said")
    func states() throws {
        let scene = try VaultScene()
        try scene.put("b", "two")
        try scene.put("c", "three")
        let values = [("a", "one"), ("b", "two"), ("c", "other")]
        let plan = try scene.vault.importPlan(
            try names(["a", "b", "c"]), isReplacing: false, value: { shared(values[$0].1) })
        #expect(plan == [.new, .unchanged, .differs])
        #expect(try load(scene, values).states == plan)
        #expect(try scene.value("c") == "three")
        #expect(try load(scene, values).states == [.unchanged, .unchanged, .differs])
        #expect(try load(scene, values, isReplacing: true).states == [.unchanged, .unchanged, .replaced])
        #expect(try scene.value("c") == "other")
        #expect(try scene.value("c", version: 1) == "three")
        #expect(try scene.reopened().verify().versions == 4)
    }

    @Test("a second run writes nothing")
    func again() throws {
        let scene = try VaultScene()
        let values = (0..<50).map { ("n/\($0)", "value \($0)") }
        try load(scene, values)
        let before = scene.storage.rows
        #expect(try load(scene, values).states.allSatisfy { $0 == .unchanged })
        #expect(scene.storage.rows == before)
    }

    @Test("a value that cannot be had in the middle, or a full disk, leaves everything as it was")
    func allOrNothing() throws {
        let scene = try VaultScene()
        try scene.put("before", "1")
        let before = scene.storage.rows
        struct Gone: Error {}
        #expect(throws: Gone.self) {
            try scene.vault.store(
                try names(["a", "b", "c"]), origin: .given, isReplacing: false,
                value: { index in
                    guard index < 2 else { throw Gone() }
                    return shared("x\(index)")
                })
        }
        #expect(scene.storage.rows == before)
        for number in [1, 5, 20] {
            scene.storage.fail(.write(number, .full))
            #expect(throws: (any Error).self) { try load(scene, (0..<20).map { ("n\($0)", "v\($0)") }) }
        }
        scene.storage.fail(.commit(.full))
        #expect(throws: (any Error).self) { try load(scene, [("a", "1")]) }
        scene.storage.fail(nil)
        #expect(scene.storage.rows == before)
    }

    @Test("the tree is the one that its rows give when they are written one at a time, in any order")
    func sameTop() throws {
        let scene = try VaultScene()
        try load(scene, (0..<300).map { ("service/\($0)/key", "value \($0)") })
        let rows = scene.storage.rows
        let tree = StateTree(keys: scene.vault.keys)
        let single = MemoryStorage()
        var top = Digest.zero
        for tag in rows.keys(.entry).shuffled() {
            let row = try #require(rows[.entry, tag])
            top = try single.transaction {
                try tree.update([tag: tree.entryHash(tag: tag, row: row)], top: top, in: $0)
            }
        }
        #expect(try scene.head(of: rows).top == top)
        for table in [RowTable.node, .bucket] {
            #expect(rows.keys(table) == single.rows.keys(table))
            for key in rows.keys(table) { #expect(rows[table, key] == single.rows[table, key]) }
        }
    }

    @Test("each touched row of the tree is written once")
    func writes() throws {
        let scene = try VaultScene()
        let count = 300
        try load(scene, (0..<count).map { ("service/\($0)/key", "value \($0)") })
        let rows = scene.storage.rows
        // Body, entry and log row of each, what the tree has, and the head.
        let least = 3 * count + rows.count(.node) + rows.count(.bucket)
        #expect(scene.storage.touched.written <= least + 2)
    }

    @Test("a further secret of a connection that is delivered goes there too")
    func joins() throws {
        let scene = try VaultScene()
        let slug = try Slug("linear")
        try scene.put("upstream-secret/linear/access_token", "one")
        try scene.vault.write {
            try $0.declare(.gateway(slug), service: nil, entries: names(["upstream-secret/linear/access_token"]))
        }
        let outcome = try load(scene, [("upstream-secret/linear/other", "two"), ("mine", "three")])
        #expect(outcome.deliveries == [.gateway(slug)])
        #expect(try scene.vault.read { try $0.delivery(.gateway(slug))?.entries.count } == 2)
    }
}
