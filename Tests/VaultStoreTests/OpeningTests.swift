import GRDB
import Glibc
import SafeFiles
import Testing
import VaultCore

@testable import VaultStore

@Suite("opening")
struct OpeningTests {
    let home: Home

    init() throws {
        home = try Home()
    }

    @Test("nothing is made where nothing was asked for")
    func nothing() throws {
        #expect(try home.existing() == nil)
        #expect(try home.folder.names() == [])
    }

    @Test("all files are for the user alone from the start, whatever the umask, and the folder stays as it is")
    func modes() throws {
        chmod(home.path, 0o755)
        let mask = umask(0)
        defer { umask(mask) }
        let store = try home.store()
        try store.transaction { rows in try rows.setRow(.node, [1], [1]) }
        #expect(try home.folder.names() == ["vault.db", "vault.db-shm", "vault.db-wal", "vault.lock"])
        for name in try home.folder.names() { #expect(try home.folder.status(name)?.mode == 0o600) }
        #expect(try home.folder.status.mode == 0o755)
    }

    @Test("what root makes in another user's home belongs to that user", .enabled(if: isRoot))
    func ownerOfHome() throws {
        let owner = FileOwner(uid: 4321, gid: 4322)
        chown(home.path, owner.uid, owner.gid)
        let store = try #require(try home.existing(createIfMissing: true, owner: owner))
        try store.transaction { rows in try rows.setRow(.node, [1], [1]) }
        for name in ["vault.db", "vault.db-shm", "vault.db-wal", "vault.lock"] {
            let status = try #require(try home.folder.status(name))
            #expect(FileOwner(uid: status.uid, gid: status.gid) == owner)
        }
    }

    @Test("every commit is synced, in a log, and nothing in the file is trusted")
    func settings() throws {
        for _ in 1...2 {
            let store = try home.store()
            let expected: [(String, String)] = [
                ("journal_mode", "wal"), ("synchronous", "2"), ("trusted_schema", "0"), ("cell_size_check", "1"),
                ("secure_delete", "1"), ("temp_store", "2"), ("mmap_size", "0"), ("wal_autocheckpoint", "0"),
                ("busy_timeout", "300"), ("page_size", "4096"), ("foreign_keys", "0"),
            ]
            for (name, value) in expected {
                let actual = try store.locked { try $0.first("PRAGMA \(name)") { row in row.text(0) } }
                #expect(actual == value, "\(name)")
            }
        }
    }

    @Test("a connection that would not sync is made to")
    func fullSync() throws {
        let store = try home.store()
        let setting = try store.locked { connection in
            try connection.execute("PRAGMA synchronous = NORMAL")
            try connection.requireFullSync()
            return try connection.integer("PRAGMA synchronous")
        }
        #expect(setting == 2)
    }

    @Test("a file that is not in the mode of a log, as a backup by SQLite is not, is put into it")
    func backup() throws {
        try home.store().transaction { rows in try rows.setRow(.node, [1], text("kept")) }
        try home.raw { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
        let store = try #require(try home.existing())
        try store.snapshot { (rows) throws in #expect(try rows.row(.node, [1]) == text("kept")) }
        #expect(try store.locked { try $0.isLogging() })
    }

    // MARK: Interrupted creation

    @Test("an empty file, left by a crash, is no vault, and is finished by the next who makes one")
    func emptyFile() throws {
        try home.write([], to: "vault.db")
        #expect(try home.existing() == nil)
        #expect(try home.folder.status("vault.db")?.size == 0)
        let store = try home.store()
        try store.transaction { rows in try rows.setRow(.node, [1], [1]) }
        #expect(try home.existing() != nil)
    }

    @Test("a file without tables, left by a crash, is no vault, and is finished by the next who makes one")
    func emptyDatabase() throws {
        try home.write([], to: "vault.db")
        try home.raw { db in try db.execute(sql: "PRAGMA journal_mode = WAL") }
        #expect(try home.folder.status("vault.db")?.size == 4096)
        #expect(try home.existing() == nil)
        try home.store().transaction { rows in try rows.setRow(.node, [1], [1]) }
        #expect(try home.existing() != nil)
    }

    @Test("a file with tables and no head holds no vault")
    func noHead() throws {
        _ = try home.store()
        let store = try #require(try home.existing())
        #expect(try store.snapshot { rows in try rows.head() } == nil)
        #expect(try !Vault.exists(in: store))
    }

    @Test("eight that make the same store at once have one store")
    func creationAtOnce() throws {
        let home = home
        let errors = inEightThreads { index in
            storageError {
                let store = try home.patientStore()
                try store.transaction { rows in try rows.setRow(.node, [UInt8(index)], [1]) }
            }
        }
        #expect(errors == [StorageError?](repeating: nil, count: 8))
        #expect(try home.store().snapshot { rows in try rows.count(.node) } == 8)
    }

    // MARK: Files that are refused

    @Test("a link, a folder or a pipe in place of a file is refused, and not followed", arguments: allFiles)
    func strangeFiles(_ name: String) throws {
        let target = try Home()
        symlink(target("elsewhere"), home(name))
        #expect(home.refusal() == .file(.unsafe(path: home(name), problem: .symbolicLink, mend: nil)))
        #expect(try target.folder.names() == [])
        unlink(home(name))
        mkdir(home(name), 0o700)
        #expect(home.refusal() == .file(.unsafe(path: home(name), problem: .notRegularFile, mend: nil)))
        rmdir(home(name))
        mkfifo(home(name), 0o600)
        #expect(home.refusal() == .file(.unsafe(path: home(name), problem: .notRegularFile, mend: nil)))
    }

    @Test("a file that others may write is refused with what mends it", arguments: allFiles)
    func writableByOthers(_ name: String) throws {
        _ = try home.store()
        try home.write(home.bytes(of: name) ?? [], to: name, mode: 0o620)
        let mend = "chmod 600 '\(home(name))'"
        #expect(home.refusal() == .file(.unsafe(path: home(name), problem: .othersMayWrite, mend: mend)))
        let lenient = try SQLiteVaultStorage.open(
            home: home.folder, owner: nil, createIfMissing: false, allowUnsafe: true)
        #expect(lenient != nil)
    }

    @Test("a file of another user is refused with what mends it", .enabled(if: isRoot), arguments: allFiles)
    func foreignFile(_ name: String) throws {
        _ = try home.store()
        try home.write(home.bytes(of: name) ?? [], to: name)
        chown(home(name), 4321, 4321)
        let mend = "chown 0 '\(home(name))'"
        #expect(home.refusal() == .file(.unsafe(path: home(name), problem: .foreignOwner, mend: mend)))
        #expect(try VaultFiles.inspect(home: home.folder, owner: FileOwner(uid: 4321, gid: 4321)).isEmpty)
    }
}

let allFiles = ["vault.db", "vault.db-wal", "vault.db-shm", "vault.db-journal", "vault.lock"]
