import Foundation
import GRDB
import Testing
import VaultCore

@testable import LocalAPI

/// Our own database stays open between reads: what becomes of the file meanwhile is seen all the same.
@Suite("A database that stays open")
struct KeptReaderTests {
    private let folder: TemporaryFolder
    private let path: String
    private let target: LocalAPITarget
    private let receipt: DeliveryReceipt

    init() async throws {
        folder = try TemporaryFolder()
        path = folder.file("api.sqlite3")
        target = LocalAPITests.target(.embedded(path: path))
        receipt = try await target.apply(job(record(), key: canary))
        #expect(try await observe(target) == .present(differences: []))
    }

    private func observe(_ target: LocalAPITarget) async throws -> Observation {
        try await target.observe(job(record(), receipt: receipt))
    }

    /// How many descriptors of this process are of the file.
    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
        }
    }

    @Test("it is one connection, however often is asked; what another program changed is seen")
    func changed() async throws {
        #expect(try descriptors() == 1)
        try sqlite(path) { db in try db.execute(sql: "UPDATE service_api_keys SET revoked_at = '2026-03-01'") }
        #expect(try await observe(target) == .present(differences: ["key"]))
        try sqlite(path) { db in try db.execute(sql: "ALTER TABLE services RENAME COLUMN name TO title") }
        await #expect(throws: DeliveryFailure.unsuitableDatabase(path: path, missing: ["services.name"])) {
            _ = try await observe(target)
        }
        try sqlite(path) { db in try db.execute(sql: "ALTER TABLE services RENAME COLUMN title TO name") }
        #expect(try await observe(target) == .present(differences: ["key"]))
        #expect(try descriptors() == 1)
    }

    @Test("a file in the place of the one that is open is read; one that is gone is not there, and not made")
    func replaced() async throws {
        let other = folder.file("other")
        _ = try await LocalAPITests.target(.embedded(path: other)).apply(job(record(name: "Other"), key: secondCanary))
        try FileManager.default.removeItem(atPath: path)
        #expect(try await observe(target) == .absent)
        #expect(!FileManager.default.fileExists(atPath: path))
        try FileManager.default.moveItem(atPath: other, toPath: path)
        #expect(try await observe(target) == .present(differences: ["name", "key"]))
        #expect(try target.registeredServices(namespace: namespace()).map(\.name) == ["Other"])
        #expect(try descriptors() == 1)
    }

    @Test("what a program that died had half written is rolled back")
    func hotJournal() async throws {
        let dying = try await halfWritten(path)
        // What its death would leave, put into the file that is open.
        let left = try ["", "-journal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
        try await dying.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try dying.close()
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: left[0])
        try left[1].write(to: URL(fileURLWithPath: path + "-journal"))
        #expect(left[0].range(of: Data("half written".utf8)) != nil)
        #expect(try await observe(target) == .present(differences: []))
        try file.close()
        #expect(try value(path, "SELECT count(*) FROM users") == "1")
    }

    @Test("with another kind of log, which only a file of somebody else's has, it is closed: nothing is left beside it")
    func writeAheadLog() async throws {
        let wal = folder.file("wal")
        try makeDatabase(wal, "PRAGMA journal_mode = WAL; " + checkoutSchema)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: wal, toPath: path)
        #expect(try await observe(target) == .absent)
        #expect(try await observe(target) == .absent)
        #expect(try descriptors() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["api.sqlite3"])
    }

    @Test("who reads keeps nobody from writing")
    func writing() async throws {
        let other = LocalAPITests.target(.embedded(path: path), timeout: 0)
        _ = try await other.apply(job(record(name: "Changed"), key: canary, receipt: receipt))
        #expect(try await observe(target) == .present(differences: ["name"]))
    }
}
