import GRDB
import SafeFiles
import Testing
import VaultCore

@testable import VaultStore

@Suite("rows")
struct RowTests {
    let home: Home
    let store: SQLiteVaultStorage

    init() throws {
        home = try Home()
        store = try home.store()
    }

    @Test("what was set is there for the next who opens the store, in every table", arguments: RowTable.allCases)
    func roundTrip(_ table: RowTable) throws {
        let large = [UInt8](repeating: 7, count: 40_000)
        try store.transaction { rows in
            try rows.setRow(table, [2], text("two"))
            try rows.setRow(table, [1, 0], large)
            try rows.setRow(table, [2], text("two again"))
            try rows.setRow(table, [3], [])
            try rows.setRow(table, [], text("empty key"))
            try rows.setRow(table, [9], text("gone"))
            try rows.deleteRow(table, [9])
            try rows.deleteRow(table, [8])
        }
        let again = try #require(try home.existing())
        try again.snapshot { (rows) throws in
            #expect(try rows.row(table, [2]) == text("two again"))
            #expect(try rows.row(table, [1, 0]) == large)
            #expect(try rows.row(table, [3]) == [])
            #expect(try rows.row(table, []) == text("empty key"))
            #expect(try rows.row(table, [9]) == nil)
            #expect(try rows.count(table) == 4)
            for other in RowTable.allCases where other != table { #expect(try rows.count(other) == 0) }
        }
    }

    @Test("rows come by their keys' bytes, after a key, as many as asked for", arguments: RowTable.allCases)
    func order(_ table: RowTable) throws {
        let keys: [[UInt8]] = [[0x80], [0], [], [0xff, 0], [0, 0], [0xff], [0x7f, 0xff]]
        try store.transaction { rows in for key in keys { try rows.setRow(table, key, key + [1]) } }
        let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
        try store.snapshot { (rows) throws in
            let all = try rows.rows(table, after: nil, limit: 100)
            #expect(all.map(\.key) == sorted)
            #expect(all.map(\.value) == sorted.map { $0 + [1] })
            #expect(try rows.rows(table, after: [], limit: 2).map(\.key) == Array(sorted[1...2]))
            #expect(try rows.rows(table, after: [0, 1], limit: 100).map(\.key) == Array(sorted[3...]))
            #expect(try rows.rows(table, after: [0xff, 0], limit: 100).isEmpty)
            #expect(try rows.rows(table, after: nil, limit: 0).isEmpty)
            #expect(try rows.rows(table, after: nil, limit: -1).isEmpty)
        }
    }

    @Test("the head is swapped only where it is what the change began from")
    func head() throws {
        try store.snapshot { (rows) throws in #expect(try rows.head() == nil) }
        #expect(swap(from: text("none"), to: text("a")) == .headMoved)
        #expect(swap(from: nil, to: text("a")) == nil)
        #expect(swap(from: nil, to: text("b")) == .headMoved)
        #expect(swap(from: text("A"), to: text("b")) == .headMoved)
        #expect(swap(from: text("a"), to: text("b")) == nil)
        #expect(swap(from: text("a"), to: text("c")) == .headMoved)
        #expect(swap(from: text("b"), to: text("b")) == nil)
        try store.snapshot { (rows) throws in #expect(try rows.head() == text("b")) }
    }

    @Test("a change that throws changes nothing, and its error arrives as it was thrown")
    func rollback() throws {
        try store.transaction { rows in try rows.setRow(.entry, [1], text("old")) }
        #expect(throws: TestFailure.self) {
            try store.transaction { rows in
                try rows.setRow(.entry, [1], text("new"))
                try rows.setRow(.audit, [1], text("new"))
                try rows.swapHead(from: nil, to: text("new"))
                throw TestFailure()
            }
        }
        let moved = storageError {
            try store.transaction { rows in
                try rows.setRow(.entry, [1], text("newer"))
                try rows.swapHead(from: text("other"), to: text("new"))
            }
        }
        #expect(moved == .headMoved)
        try store.snapshot { (rows) throws in
            #expect(try rows.row(.entry, [1]) == text("old"))
            #expect(try rows.count(.audit) == 0)
            #expect(try rows.head() == nil)
        }
        #expect(throws: TestFailure.self) { try store.snapshot { _ in throw TestFailure() } }
    }

    @Test("a change sees its own rows, and a snapshot stays as it was while another writes")
    func isolation() throws {
        let other = try home.store()
        try store.transaction { rows in try rows.setRow(.node, [1], text("one")) }
        try store.snapshot { (rows) throws in
            #expect(try rows.row(.node, [1]) == text("one"))
            try other.transaction { (changed) throws in
                try changed.setRow(.node, [1], text("two"))
                #expect(try changed.row(.node, [1]) == text("two"))
            }
            #expect(try rows.row(.node, [1]) == text("one"))
        }
        try store.snapshot { (rows) throws in #expect(try rows.row(.node, [1]) == text("two")) }
    }

    @Test("a snapshot cannot write")
    func readsOnly() throws {
        let error = storageError {
            try store.snapshot { rows in try (rows as? StoredRows)?.setRow(.node, [1], [1]) }
        }
        #expect(error == .readOnly)
    }

    @Test("a text where bytes should be is damage, not the bytes of the text")
    func wrongType() throws {
        try store.transaction { rows in try rows.setRow(.entry, [1], text("bytes")) }
        try home.raw { (db) throws in
            // What somebody could do who writes to the file without SQLite.
            try db.execute(
                sql: """
                    PRAGMA writable_schema = ON;
                    UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '') WHERE name = 'entry';
                    """)
        }
        try home.raw { db in try db.execute(sql: "UPDATE entry SET value = 'a text'") }
        try home.raw { (db) throws in
            let definition = RowTable.entry.definition
            try db.execute(sql: "PRAGMA writable_schema = ON")
            try db.execute(sql: "UPDATE sqlite_schema SET sql = ? WHERE name = 'entry'", arguments: [definition])
        }
        let again = try home.store()
        #expect(storageError { try again.snapshot { rows in _ = try rows.row(.entry, [1]) } } == .damaged)
        #expect(
            storageError { try again.snapshot { rows in _ = try rows.rows(.entry, after: nil, limit: 9) } } == .damaged)
    }

    private func swap(from old: [UInt8]?, to new: [UInt8]) -> StorageError? {
        storageError { try store.transaction { rows in try rows.swapHead(from: old, to: new) } }
    }
}
