import Foundation
import GRDB
import Testing
import VaultCore

@testable import LocalAPI

// Not in Swift's Glibc module. Changes the user of this thread's file accesses alone, and takes root's powers from it.
@_silgen_name("setfsuid") private func setfsuid(_ user: UInt32) -> Int32

@Suite("Failures")
struct FailureTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("api.sqlite3")
    }

    private static let nobody: UInt32 = 65534
    /// Whose files those of ``asUser(_:)`` are.
    private static let owner: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (nobody, nobody) : nil

    /// Runs as somebody who is not root; the folder and what is in it are theirs.
    private func asUser<Result>(_ body: () throws -> Result) throws -> Result {
        guard geteuid() == 0 else { return try body() }
        for name in [folder.path, path] { chown(name, Self.nobody, Self.nobody) }
        _ = setfsuid(Self.nobody)
        defer { _ = setfsuid(0) }
        return try body()
    }

    private func failureAsUser(_ body: () throws -> Void) throws -> DeliveryFailure? {
        try asUser {
            do {
                try body()
                return nil
            } catch {
                return error as? DeliveryFailure
            }
        }
    }

    @Test("a database that another connection keeps locked is busy, for reading too")
    func busy() async throws {
        let target = target(.embedded(path: path), timeout: 20)
        let receipt = try await target.apply(job(record(), key: canary))
        let other = try connection(path)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN EXCLUSIVE") }
        #expect(await failure { _ = try await target.apply(job(record(), key: canary)) } == .busy)
        #expect(await failure { _ = try await target.observe(job(record())) } == .busy)
        #expect(await failure { try await target.withdraw(job(record(), receipt: receipt)) } == .busy)
        #expect(await failure { _ = try target.registeredServices(namespace: namespace()) } == .busy)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try other.close()
        #expect(try await target.observe(job(record(), receipt: receipt)) == .present(differences: []))
    }

    @Test("a checkout that its API has open is read and written beside it")
    func openElsewhere() async throws {
        try makeDatabase(path, "PRAGMA journal_mode = WAL;" + checkoutSchema)
        let other = try connection(path)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN; SELECT * FROM users")
        }
        let target = target(.checkout(path: path), timeout: 20)
        let receipt = try await target.apply(job(record(), key: canary))
        #expect(try await target.observe(job(record(), receipt: receipt)) == .present(differences: []))
        try await other.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
        let seen = try await other.read { db in try String.fetchOne(db, sql: "SELECT slug FROM services") }
        #expect(seen == "linear")
        try other.close()
    }

    @Test("a file that is no database is left as it is")
    func notADatabase() async throws {
        let content = Data(String(repeating: "CANARY is not a database. ", count: 200).utf8)
        #expect(FileManager.default.createFile(atPath: path, contents: content))
        for location in [LocalAPILocation.embedded(path: path), .checkout(path: path)] {
            let found = await failure { _ = try await target(location).apply(job(record(), key: canary)) }
            #expect(found == .unsuitableDatabase(path: path, missing: ["a SQLite database"]))
            let seen = await failure { _ = try await target(location).observe(job(record())) }
            #expect(seen == .unsuitableDatabase(path: path, missing: ["a SQLite database"]))
        }
        #expect(FileManager.default.contents(atPath: path) == content)
    }

    @Test("a damaged database is told")
    func damaged() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        var bytes = try #require(FileManager.default.contents(atPath: path))
        for index in 4096..<bytes.count { bytes[index] = 0xA5 }
        #expect(FileManager.default.createFile(atPath: path, contents: bytes))
        let found = await failure { _ = try await target(.embedded(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .unsuitableDatabase(path: path, missing: ["an undamaged SQLite database"]))
    }

    @Test("a symbolic link is not followed, a folder or a pipe not opened")
    func wrongKinds() async throws {
        let elsewhere = folder.file("elsewhere.sqlite")
        try makeDatabase(elsewhere, checkoutSchema)
        let before = try dump(elsewhere)
        symlink(elsewhere, path)
        let pipe = folder.file("pipe")
        mkfifo(pipe, 0o600)
        let cases = [
            (path, "it is a symbolic link"), (pipe, "it is not a regular file"),
            (folder.path, "it is not a regular file"),
        ]
        for (path, reason) in cases {
            for location in [LocalAPILocation.embedded(path: path), .checkout(path: path)] {
                let expected = DeliveryFailure.unsafePath(path: path, reason: reason)
                #expect(await failure { _ = try await target(location).apply(job(record(), key: canary)) } == expected)
                #expect(await failure { _ = try await target(location).observe(job(record())) } == expected)
                #expect(await failure { try await target(location).withdraw(job(record())) } == expected)
            }
        }
        #expect(try dump(elsewhere) == before)
    }

    @Test("a link that leads nowhere makes nothing there")
    func danglingLink() async throws {
        symlink(folder.file("nowhere"), path)
        let found = await failure { _ = try await target(.embedded(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .unsafePath(path: path, reason: "it is a symbolic link"))
        #expect(!FileManager.default.fileExists(atPath: folder.file("nowhere")))
    }

    @Test("our own file with a second name is refused")
    func hardLink() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        link(path, folder.file("second"))
        let found = await failure { _ = try await target(.embedded(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .unsafePath(path: path, reason: "it has more than one name (hard links)"))
    }

    @Test("our own file that another user owns is refused, and of one that root left the owner takes it over")
    func owners() async throws {
        try #require(geteuid() != 0 || chown(folder.path, Self.nobody, Self.nobody) == 0)
        _ = try await target(.embedded(path: path), owner: Self.owner).apply(job(record(), key: canary))
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_uid == Self.owner?.uid ?? geteuid())
        guard geteuid() == 0 else { return }
        let found = await failure { _ = try await target(.embedded(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .unsafePath(path: path, reason: "another user owns it"))
    }

    @Test("a folder that is not there is named")
    func noFolder() async throws {
        let path = folder.file("none/api.sqlite3")
        let found = await failure { _ = try await target(.embedded(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .cannotWrite(path: path, errno: ENOENT))
    }

    @Test("a file that cannot be written can still be read, and stays as it is")
    func readOnlyFile() throws {
        try makeDatabase(path, checkoutSchema)
        chmod(path, 0o400)
        let before = FileManager.default.contents(atPath: path)
        let target = target(.checkout(path: path))
        let found = try failureAsUser { _ = try target.register(job(record(), key: canary)) }
        #expect(found == .cannotWrite(path: path, errno: EACCES))
        #expect(try asUser { try target.registeredServices(namespace: namespace()) } == [])
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test("a folder that cannot be written is told before and after there is a file")
    func readOnlyFolder() throws {
        chmod(folder.path, 0o500)
        let target = target(.embedded(path: path), owner: Self.owner)
        let unmade = try failureAsUser { _ = try target.register(job(record(), key: canary)) }
        #expect(unmade == .cannotWrite(path: path, errno: EACCES))
        chmod(folder.path, 0o700)
        _ = try asUser { try target.register(job(record(), key: canary)) }
        chmod(folder.path, 0o500)
        let unwritten = try failureAsUser { _ = try target.register(job(record(name: "New"), key: canary)) }
        #expect(unwritten == .cannotWrite(path: path, errno: EACCES))
        #expect(try asUser { try target.registeredServices(namespace: namespace()) }.map(\.name) == ["Linear"])
    }

    @Test("a file that may not be read is told")
    func unreadable() throws {
        try makeDatabase(path, checkoutSchema)
        chmod(path, 0)
        let target = target(.checkout(path: path))
        let found = try failureAsUser { _ = try target.registeredServices(namespace: namespace()) }
        #expect(found == .cannotWrite(path: path, errno: EACCES))
    }

    @Test("whatever SQLite reports comes out without its words")
    func translation() throws {
        try makeDatabase(path, checkoutSchema)
        let db = try DatabaseConnection(path: path, busyTimeoutMilliseconds: 100)
        for sql in ["SELECT '\(canary)", "SELECT \(canary)()", "INSERT INTO \(canary) VALUES (1)"] {
            do {
                try db.run(sql)
                Issue.record("\(sql) is no statement")
            } catch {
                let failure = FailureTranslation.failure(for: error, path: "/x/api.sqlite3")
                #expect(failure == .unsuitableDatabase(path: "/x/api.sqlite3", missing: ["a usable schema"]))
                #expect(!(String(reflecting: error) + String(reflecting: failure)).contains("CANARY"))
            }
        }
        func translated(_ code: ResultCode) -> DeliveryFailure {
            FailureTranslation.failure(for: SQLiteFailure(code: code.rawValue), path: "/")
        }
        #expect(translated(.SQLITE_BUSY_RECOVERY) == .busy)
        #expect(translated(.SQLITE_LOCKED) == .busy)
        #expect(translated(.SQLITE_FULL) == .cannotWrite(path: "/", errno: ENOSPC))
        #expect(translated(.SQLITE_IOERR_FSYNC) == .cannotWrite(path: "/", errno: EIO))
        #expect(translated(.SQLITE_CONSTRAINT_UNIQUE) == .notOurs)
        #expect(translated(.SQLITE_CONSTRAINT_FOREIGNKEY) == .notOurs)
    }
}
