import Foundation
import GRDB
import LocalAPI
import Testing
import VaultCore

@Suite("The key itself")
struct SecrecyTests {
    /// Parts of the key that are long enough to know it by.
    private let telltales = [canary, secondCanary, "CANARY", "c0ffee00", "c0ffee11"]

    @Test("is nowhere in the files, their names and the receipt, after a rotation and a crash in the middle of one")
    func files() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("api.sqlite3")
        let target = target(.embedded(path: path))
        let first = try await target.apply(job(record(), key: canary))
        // A reader keeps the journal in the folder while the second delivery waits for it.
        let reader = try connection(path)
        try await reader.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM users")
        }
        let blocked = LocalAPITarget(
            location: .embedded(path: path), owner: nil, busyTimeoutMilliseconds: 20, clock: { firstOfMarch })
        let found = await failure { _ = try await blocked.apply(job(record(), key: secondCanary, receipt: first)) }
        #expect(found == .busy)
        let during = try folder.everything()
        try await reader.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
        try reader.close()
        let second = try await target.apply(job(record(), key: secondCanary, receipt: first))
        let after = try folder.everything()
        #expect(after.contains("svc_0c4n8d2v6b5e"))
        for telltale in telltales {
            #expect(!during.contains(telltale))
            #expect(!after.contains(telltale))
            #expect(!"\(first) \(second)".contains(telltale))
        }
    }

    @Test("is in no printed form of a failure or a target")
    func errors() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("d1.sqlite")
        try makeDatabase(
            path,
            checkoutSchema + """
                CREATE TRIGGER no BEFORE INSERT ON service_api_keys BEGIN SELECT raise(FAIL, 'no'); END;
                """)
        let target = target(.checkout(path: path))
        var texts = ["\(target)", String(reflecting: target)]
        // With the names of the service as values of SQL as well.
        for service in [try record(), try record(name: canary, email: canary)] {
            let found = await failure { _ = try await target.apply(job(service, key: canary)) }
            let error = try #require(found)
            texts += [String(describing: error), String(reflecting: error), error.localizedDescription]
            var dumped = ""
            Swift.dump(error, to: &dumped)
            texts.append(dumped)
        }
        for text in texts {
            for telltale in telltales { #expect(!text.contains(telltale)) }
        }
    }
}
