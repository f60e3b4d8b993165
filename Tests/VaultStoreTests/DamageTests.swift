import GRDB
import Glibc
import SafeFiles
import Testing
import VaultCore

@testable import VaultStore

@Suite("files that were tampered with")
struct DamageTests {
    let home: Home
    static let canary = "canary-81f7c2"

    init() throws {
        home = try Home()
        try home.store().transaction { rows in
            for key in UInt8(0)..<40 {
                try rows.setRow(.entry, [key], Array((Self.canary + String(repeating: "x", count: 400)).utf8))
            }
            try rows.swapHead(from: nil, to: text(Self.canary))
        }
        // All in the one file.
        try home.raw { db in _ = try db.checkpoint(.truncate) }
    }

    @Test(
        "tables, views, triggers and indexes that are not ours are refused",
        arguments: [
            "CREATE TABLE planted (a)",
            "CREATE VIEW planted AS SELECT * FROM entry",
            "CREATE TRIGGER planted AFTER UPDATE ON head BEGIN DELETE FROM audit; END",
            "CREATE INDEX planted ON audit (value)",
            "CREATE UNIQUE INDEX planted ON entry (value, key)",
            "CREATE VIRTUAL TABLE planted USING fts5(a)",
            "ANALYZE",
            "DROP TABLE bucket",
            "DROP TABLE bucket; CREATE TABLE bucket (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID",
            "ALTER TABLE entry ADD COLUMN planted BLOB",
            "ALTER TABLE node RENAME TO planted",
            "PRAGMA application_id = 1",
            "PRAGMA user_version = 0",
        ])
    func foreignSchema(_ sql: String) throws {
        try home.raw { db in try db.execute(sql: sql) }
        #expect(home.refusal() == .storage(.foreignSchema))
        #expect(home.refusal(createIfMissing: false) == .storage(.foreignSchema))
    }

    @Test("a trigger planted while the store is open does not run")
    func lateTrigger() throws {
        let store = try home.store()
        let sql = "CREATE TRIGGER planted AFTER UPDATE ON head BEGIN DELETE FROM entry; END"
        try home.raw { db in try db.execute(sql: sql) }
        try store.transaction { rows in try rows.swapHead(from: text(Self.canary), to: text("new")) }
        #expect(try store.snapshot { rows in try rows.count(.entry) } == 40)
        #expect(home.refusal() == .storage(.foreignSchema))
    }

    @Test("another program's database is refused, and stays as it is")
    func otherDatabase() throws {
        try home.clear()
        try home.raw { db in try db.execute(sql: "CREATE TABLE note (a); INSERT INTO note VALUES (1)") }
        chmod(home("vault.db"), 0o600)
        let before = home.bytes(of: "vault.db")
        #expect(home.refusal() == .storage(.foreignSchema))
        #expect(home.bytes(of: "vault.db") == before)
    }

    @Test("a newer program's file is refused as such")
    func newer() throws {
        try home.raw { db in try db.execute(sql: "PRAGMA user_version = 2; CREATE TABLE something (a)") }
        #expect(home.refusal() == .storage(.newerFormat))
        #expect(home.refusal(createIfMissing: false) == .storage(.newerFormat))
    }

    @Test("a file that is no database is refused, and stays as it is")
    func noDatabase() throws {
        try home.clear()
        let noise = (0..<8192).map { _ in UInt8.random(in: 0...255) }
        for content in [text("not a database, but a text of some length"), noise] {
            try home.write(content, to: "vault.db")
            #expect(home.refusal() == .storage(.damaged))
            #expect(home.bytes(of: "vault.db") == content)
        }
    }

    @Test("a file that lost its end is damaged, and no error says what was in it")
    func truncated() throws {
        let whole = try #require(home.bytes(of: "vault.db"))
        #expect(whole.count > 8 * 4096)
        // Not one byte, which SQLite takes for none, and not all but one, which may have been a zero.
        for length in [2, 99, 100, 512, 4095, 4096, 4097, whole.count / 2, whole.count - 4096] {
            try home.clear()
            try home.write(Array(whole[..<length]), to: "vault.db")
            let error = readAll()
            #expect(error is StorageError || error is VaultFileError, "\(length) bytes")
            if let error { expectNoCanary(error) }
        }
    }

    @Test("pages of random bytes are an error or refused rows, never a crash, and no error says what was in them")
    func randomPages() throws {
        let whole = try #require(home.bytes(of: "vault.db"))
        var refused = 0
        for page in 0..<(whole.count / 4096) {
            try home.clear()
            var bytes = whole
            for offset in 0..<4096 { bytes[page * 4096 + offset] = UInt8.random(in: 0...255) }
            try home.write(bytes, to: "vault.db")
            guard let error = readAll() else { continue }
            refused += 1
            #expect(error is StorageError || error is VaultFileError)
            expectNoCanary(error)
        }
        #expect(refused > 0)
    }

    @Test("a log of random bytes is not read")
    func randomLog() throws {
        try home.write((0..<20_000).map { _ in UInt8.random(in: 0...255) }, to: "vault.db-wal")
        #expect(readAll() == nil)
    }

    @Test("no error of a refused statement says what was written")
    func canary() throws {
        let store = try home.store()
        let moved = storageError {
            try store.transaction { rows in try rows.swapHead(from: text("a"), to: text(Self.canary)) }
        }
        expectNoCanary(try #require(moved))
        try store.locked { try $0.execute("DROP TABLE bucket") }
        let missing = storageError {
            try store.transaction { rows in try rows.setRow(.bucket, text(Self.canary), text(Self.canary)) }
        }
        #expect(missing == .failed(code: 1))
        expectNoCanary(try #require(missing))
    }

    @Test("a copy of a key that SQLite keeps for itself, and that was changed, is told")
    func keysTwice() throws {
        let key = text("a key that is kept twice")
        try home.store().transaction { rows in try rows.setRow(.body, key, [1]) }
        try home.raw { db in _ = try db.checkpoint(.truncate) }
        try home.store().snapshot { rows in try rows.check() }
        let bytes = try #require(home.bytes(of: "vault.db"))
        let places = bytes.ranges(of: key)
        #expect(places.count == 2)
        for place in places {
            var changed = bytes
            changed[place.lowerBound] ^= 1
            try home.write(changed, to: "vault.db")
            #expect(storageError { try home.store().snapshot { rows in try rows.check() } } == .damaged)
        }
    }

    /// Opens the file and reads every row.
    private func readAll() -> (any Error)? {
        do {
            let store = try home.store()
            try store.snapshot { (rows) throws in
                _ = try rows.head()
                for table in RowTable.allCases {
                    _ = try rows.count(table)
                    _ = try rows.rows(table, after: nil, limit: 1000)
                    for key in UInt8(0)..<40 { _ = try rows.row(table, [key]) }
                }
            }
            return nil
        } catch {
            return error
        }
    }

    private func expectNoCanary(_ error: any Error) {
        var dumped = ""
        dump(error, to: &dumped)
        #expect(!(String(describing: error) + String(reflecting: error) + dumped).contains(Self.canary))
    }
}
