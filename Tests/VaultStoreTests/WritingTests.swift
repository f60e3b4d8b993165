import GRDB
import Glibc
import SafeFiles
import Testing
import VaultCore

@testable import VaultStore

@Suite("writing at once, on full and on read-only disks")
struct WritingTests {
    let home: Home

    init() throws {
        home = try Home()
    }

    // MARK: Others

    @Test("eight writers, each with a connection of its own, lose nothing")
    func eightConnections() throws {
        let home = home
        _ = try home.store()
        let errors = inEightThreads { _ in
            storageError {
                let store = try home.patientStore()
                for _ in 0..<25 { try count(in: store) }
            }
        }
        #expect(errors == [StorageError?](repeating: nil, count: 8))
        #expect(try home.store().snapshot { rows in try rows.row(.node, text("counter")) } == number(200))
    }

    @Test("eight writers that share a connection lose nothing")
    func sharedConnection() throws {
        let store = try home.patientStore()
        let errors = inEightThreads { _ in
            storageError { for _ in 0..<25 { try count(in: store) } }
        }
        #expect(errors == [StorageError?](repeating: nil, count: 8))
        #expect(try store.snapshot { rows in try rows.row(.node, text("counter")) } == number(200))
    }

    @Test("a writer gives up where another process keeps the lock, and nothing is changed; readers go on")
    func lockHeld() throws {
        let store = try home.store()
        let holder = try LockHolder(home("vault.lock"))
        #expect(storageError { try count(in: store) } == .busy)
        #expect(try store.snapshot { rows in try rows.count(.node) } == 0)
        #expect(try home.existing() != nil)
        #expect(try !store.wipeDeleted())
        store.settle()
        holder.release()
        try count(in: store)
        #expect(try store.snapshot { rows in try rows.count(.node) } == 1)
    }

    @Test("a store cannot be made while another process keeps the lock")
    func lockHeldDuringCreation() throws {
        let holder = try LockHolder(home("vault.lock"))
        #expect(throws: VaultFileError.storage(.busy)) { try home.store() }
        #expect(try home.folder.status("vault.db") == nil)
        holder.release()
    }

    @Test("a writer gives up where another program writes without the lock")
    func otherProgram() throws {
        let store = try home.store()
        try home.raw { (db) throws in
            try db.execute(sql: "BEGIN IMMEDIATE")
            #expect(storageError { try count(in: store) } == .busy)
            try db.execute(sql: "ROLLBACK")
        }
        try count(in: store)
    }

    // MARK: The log

    @Test("the log does not grow without end, and is short after a change was settled")
    func boundedLog() throws {
        let store = try home.store()
        var longest: Int64 = 0
        for index in 0..<300 {
            try store.transaction { rows in try rows.setRow(.entry, number(index), [UInt8](repeating: 1, count: 500)) }
            longest = max(longest, try home.folder.status("vault.db-wal")?.size ?? 0)
            store.settle()
            #expect(try (home.folder.status("vault.db-wal")?.size ?? 0) <= SQLiteVaultStorage.logLimit)
        }
        #expect(longest > 0)
        #expect(longest < 2 * SQLiteVaultStorage.logLimit)
        #expect(try store.snapshot { rows in try rows.count(.entry) } == 300)
    }

    @Test("the log stays when the last connection closes, and settling waits for no reader")
    func logStays() throws {
        let store = try home.store()
        for index in 0..<60 { try store.transaction { rows in try rows.setRow(.entry, number(index), [1]) } }
        let length = try #require(try home.folder.status("vault.db-wal")).size
        #expect(length > SQLiteVaultStorage.logLimit)
        let reader = try home.store()
        try reader.snapshot { (rows) throws in
            #expect(try rows.count(.entry) == 60)
            store.settle()
            #expect(try home.folder.status("vault.db-wal")?.size == length)
        }
        #expect(store.size() == length + (try home.folder.status("vault.db")?.size ?? 0))
        store.settle()
        #expect(try home.folder.status("vault.db-wal")?.size == 0)
    }

    @Test("a closed store leaves its log, and the next who opens it finds all in it")
    func closing() throws {
        try home.store().transaction { rows in try rows.setRow(.entry, [1], text("in the log")) }
        #expect(try (home.folder.status("vault.db-wal")?.size ?? 0) > 0)
        #expect(try home.store().snapshot { rows in try rows.row(.entry, [1]) } == text("in the log"))
    }

    @Test("what was deleted and wiped is in none of the files; a reader in the way is told")
    func wiping() throws {
        let canary = text("canary-wipe-77aa")
        let store = try home.store()
        try store.transaction { rows in
            try rows.setRow(.body, [1], canary)
            try rows.setRow(.slot, [1], canary)
            try rows.setRow(.audit, [1], text("kept"))
        }
        #expect(try filesContain(canary))
        try store.transaction { rows in
            try rows.deleteRow(.body, [1])
            try rows.deleteRow(.slot, [1])
        }
        let reader = try home.store()
        try reader.snapshot { (rows) throws in
            #expect(try rows.count(.audit) == 1)
            #expect(try !store.wipeDeleted())
        }
        #expect(try store.wipeDeleted())
        #expect(try !filesContain(canary))
        #expect(try home.folder.status("vault.db-wal")?.size == 0)
        #expect(try store.snapshot { rows in try rows.row(.audit, [1]) } == text("kept"))
    }

    // MARK: Full and read-only

    @Test("on a full disk a change fails as that, and what was there stays", .enabled(if: SmallFileSystem.isPossible))
    func full() throws {
        let disk = try SmallFileSystem(at: home("small"), kilobytes: 400)
        let small = try Home(at: disk.path)
        let store = try small.store()
        try count(in: store)
        let large = [UInt8](repeating: 1, count: 1_000_000)
        #expect(storageError { try store.transaction { rows in try rows.setRow(.body, [1], large) } } == .full)
        var failure: StorageError?
        for index in 0..<1000 where failure == nil {
            failure = storageError {
                try store.transaction { rows in
                    try rows.setRow(.body, number(index), [UInt8](repeating: 2, count: 3000))
                    try rows.setRow(.node, text("last"), number(index))
                }
            }
        }
        #expect(failure == .full)
        let bodies = try store.snapshot { rows in try rows.count(.body) }
        #expect(bodies > 0)
        store.settle()
        for again in [store, try small.store()] {
            try again.snapshot { (rows) throws in
                #expect(try rows.row(.node, text("counter")) == number(1))
                #expect(try rows.row(.node, text("last")) == number(bodies - 1))
                #expect(try rows.count(.body) == bodies)
            }
        }
    }

    @Test("where the file may not grow a change fails as on a full disk, and what was there stays")
    func noMorePages() throws {
        let store = try home.store()
        try count(in: store)
        try store.locked { try $0.execute("PRAGMA max_page_count = 20") }
        let large = [UInt8](repeating: 1, count: 100_000)
        let failure = storageError {
            try store.transaction { rows in
                try rows.setRow(.node, text("counter"), number(9))
                try rows.setRow(.body, [1], large)
            }
        }
        #expect(failure == .full)
        try store.snapshot { (rows) throws in
            #expect(try rows.row(.node, text("counter")) == number(1))
            #expect(try rows.count(.body) == 0)
        }
        try count(in: store)
    }

    @Test("on a disk without room for a new store there is none", .enabled(if: SmallFileSystem.isPossible))
    func noRoom() throws {
        let disk = try SmallFileSystem(at: home("small"), kilobytes: 16)
        let small = try Home(at: disk.path)
        try small.write([UInt8](repeating: 0, count: 12 * 1024), to: "filling")
        let refusal = try #require(small.refusal())
        #expect(refusal == .storage(.full))
        unlink(small("filling"))
        #expect(try small.existing() == nil)
    }

    @Test("a store on a read-only disk can be read and not changed", .enabled(if: SmallFileSystem.isPossible))
    func readOnlyDisk() throws {
        let disk = try SmallFileSystem(at: home("small"), kilobytes: 1000)
        let small = try Home(at: disk.path)
        try small.store().transaction { rows in try rows.setRow(.node, [1], text("kept")) }
        try disk.becomeReadOnly()
        let store = try #require(try small.existing())
        #expect(try store.snapshot { rows in try rows.row(.node, [1]) } == text("kept"))
        #expect(storageError { try count(in: store) } == .readOnly)
        #expect(storageError { _ = try store.wipeDeleted() } == .readOnly)
        store.settle()
    }

    @Test("a store in a folder that the user may not write can be read and not changed")
    func readOnlyFolder() throws {
        try home.store().transaction { rows in try rows.setRow(.node, [1], text("kept")) }
        for name in try home.folder.names() { chmod(home(name), 0o444) }
        chmod(home.path, 0o555)
        try withoutPrivilege { () throws in
            let store = try #require(try home.existing())
            #expect(try store.snapshot { rows in try rows.row(.node, [1]) } == text("kept"))
            #expect(storageError { try count(in: store) } == .readOnly)
        }
    }

    @Test("a store cannot be made in a folder that the user may not write")
    func creationInReadOnlyFolder() throws {
        chmod(home.path, 0o555)
        try withoutPrivilege { () throws in #expect(home.refusal() == .storage(.readOnly)) }
        #expect(try home.folder.names() == [])
    }

    @Test("a file that the user may not read is not taken for one that is missing")
    func unreadable() throws {
        _ = try home.store()
        chmod(home("vault.db"), 0)
        chmod(home.path, 0o755)
        let refusal = VaultFileError.file(
            .unsafe(path: home("vault.db"), problem: .ownerMayNotRead, mend: "chmod 600 '\(home("vault.db"))'"))
        try withoutPrivilege { () throws in #expect(home.refusal(createIfMissing: false) == refusal) }
    }

    private func filesContain(_ canary: [UInt8]) throws -> Bool {
        try home.folder.names().contains { name in home.bytes(of: name)?.firstRange(of: canary) != nil }
    }
}

/// Adds one to a row.
private func count(in store: SQLiteVaultStorage) throws {
    try store.transaction { rows in
        let old = try rows.row(.node, text("counter")).map { Int($0[0]) << 8 | Int($0[1]) } ?? 0
        try rows.setRow(.node, text("counter"), number(old + 1))
    }
}

private func number(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
