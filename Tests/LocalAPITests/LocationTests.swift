import Foundation
import GRDB
import LocalAPI
import Testing

@Suite("Which database is used")
struct LocationTests {
    let folder: TemporaryFolder
    let home: String
    static let d1 = "apps/api/.wrangler/state/v3/d1/miniflare-D1DatabaseObject"

    init() throws {
        folder = try TemporaryFolder()
        home = folder.file("home")
        try folder.makeFolder("home")
    }

    private func resolve(
        _ explicit: String? = nil, _ environment: [String: String] = [:], in folderName: String = "home"
    ) -> LocalAPILocation {
        LocalAPILocation.resolve(
            explicit: explicit, environment: { environment[$0] }, workingDirectory: folder.file(folderName), home: home)
    }

    /// Makes a checkout's folder with the given files.
    private func makeCheckout(_ name: String, _ files: [(name: String, sql: String)]) throws -> String {
        try folder.makeFolder(name + "/" + Self.d1)
        for file in files {
            try makeDatabase(folder.file("\(name)/\(Self.d1)/\(file.name)"), file.sql)
        }
        return folder.file("\(name)/\(Self.d1)/")
    }

    @Test("without anything it is the home's own, which is not made")
    func own() throws {
        #expect(resolve() == .embedded(path: home + "/api.sqlite3"))
        #expect(
            resolve(nil, ["SIGILUM_API_DB": "", "SIGILUM_SOURCE_HOME": ""]) == .embedded(path: home + "/api.sqlite3"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home) == [])
    }

    @Test(
        "the option is before the variable, and that before a checkout; a relative path begins in the working directory"
    )
    func order() throws {
        let found = try makeCheckout("source", [("a.sqlite", checkoutSchema)])
        let environment = ["SIGILUM_API_DB": "/x/other.sqlite3", "SIGILUM_SOURCE_HOME": folder.file("source")]
        #expect(resolve("mine.sqlite3", environment) == .embedded(path: home + "/mine.sqlite3"))
        #expect(resolve(nil, environment) == .embedded(path: "/x/other.sqlite3"))
        #expect(
            resolve(nil, ["SIGILUM_SOURCE_HOME": "../source"])
                == .checkout(path: home + "/../source/" + Self.d1 + "/a.sqlite"))
        #expect(
            resolve(nil, ["SIGILUM_SOURCE_HOME": folder.file("source")]) == .checkout(path: found + "a.sqlite"))
    }

    @Test("a named file that is ours or empty is ours; any other is a checkout's")
    func named() async throws {
        let ours = folder.file("ours.sqlite3")
        _ = try await target(.embedded(path: ours)).apply(job(record(), key: canary))
        let empty = folder.file("empty.sqlite3")
        #expect(FileManager.default.createFile(atPath: empty, contents: nil))
        let theirs = folder.file("theirs.sqlite3")
        try makeDatabase(theirs, checkoutSchema)
        let noDatabase = folder.file("notes.txt")
        #expect(FileManager.default.createFile(atPath: noDatabase, contents: Data(repeating: 65, count: 5000)))
        #expect(resolve(ours) == .embedded(path: ours))
        #expect(resolve(empty) == .embedded(path: empty))
        #expect(resolve(theirs) == .checkout(path: theirs))
        #expect(resolve(noDatabase) == .checkout(path: noDatabase))
        #expect(resolve(home) == .checkout(path: home))
    }

    @Test("a named file in wrangler's folder is never ours to make")
    func wranglersFolder() throws {
        let found = try makeCheckout("source", [])
        #expect(resolve(found + "new.sqlite") == .checkout(path: found + "new.sqlite"))
        #expect(FileManager.default.createFile(atPath: found + "empty.sqlite", contents: nil))
        #expect(resolve(found + "empty.sqlite") == .checkout(path: found + "empty.sqlite"))
    }

    @Test("the nearest checkout upward from the working directory is found, by its table of users")
    func upward() throws {
        let found = try makeCheckout(
            "source",
            [
                ("metadata.sqlite", "CREATE TABLE _cf_ALARM (x)"), ("b.sqlite", checkoutSchema),
                ("notes.txt", checkoutSchema),
            ])
        #expect(FileManager.default.createFile(atPath: found + "a.sqlite", contents: Data(repeating: 1, count: 4096)))
        #expect(FileManager.default.createFile(atPath: found + "c.sqlite", contents: nil))
        symlink(found + "b.sqlite", found + "0.sqlite")
        try folder.makeFolder("source/apps/web/src")
        #expect(resolve(in: "source/apps/web/src") == .checkout(path: found + "b.sqlite"))
        #expect(resolve(in: "source") == .checkout(path: found + "b.sqlite"))
        let inner = try makeCheckout("source/apps/web", [("inner.sqlite", checkoutSchema)])
        #expect(resolve(in: "source/apps/web/src") == .checkout(path: inner + "inner.sqlite"))
    }

    @Test("of two that wrangler left, the one last written to is used")
    func lastWritten() throws {
        let found = try makeCheckout("source", [("a.sqlite", checkoutSchema), ("b.sqlite", checkoutSchema)])
        func touch(_ name: String, _ seconds: TimeInterval) throws {
            let date = Date(timeIntervalSince1970: seconds)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: found + name)
        }
        try touch("a.sqlite", 2_000_000)
        try touch("b.sqlite", 1_000_000)
        #expect(resolve(in: "source") == .checkout(path: found + "a.sqlite"))
        try touch("b.sqlite", 3_000_000)
        #expect(resolve(in: "source") == .checkout(path: found + "b.sqlite"))
    }

    @Test("a source home without a database does not lead to another checkout")
    func emptySource() throws {
        _ = try makeCheckout("source", [("a.sqlite", checkoutSchema)])
        try folder.makeFolder("other")
        let location = resolve(nil, ["SIGILUM_SOURCE_HOME": folder.file("other")], in: "source")
        #expect(location == .embedded(path: home + "/api.sqlite3"))
    }

    @Test("a checkout that is locked just now is not passed over for another database")
    func locked() throws {
        let found = try makeCheckout("source", [("a.sqlite", checkoutSchema)])
        let other = try connection(found + "a.sqlite")
        try other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN EXCLUSIVE") }
        #expect(resolve(in: "source") == .checkout(path: found + "a.sqlite"))
        try other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try other.close()
    }

    @Test("around the working directory another user's database is passed over; named as the source it is used")
    func foreignOwner() throws {
        let found = try makeCheckout("source", [("a.sqlite", checkoutSchema)])
        // Only root can give a file away; for others a file of root's would do, which they cannot make.
        try #require(geteuid() != 0 || chown(found + "a.sqlite", 65534, 65534) == 0)
        let isForeign = geteuid() == 0
        let expected: LocalAPILocation =
            isForeign ? .embedded(path: home + "/api.sqlite3") : .checkout(path: found + "a.sqlite")
        #expect(resolve(in: "source") == expected)
        let named = resolve(nil, ["SIGILUM_SOURCE_HOME": folder.file("source")])
        #expect(named == .checkout(path: found + "a.sqlite"))
    }
}
