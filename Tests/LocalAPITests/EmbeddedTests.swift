import Foundation
import GRDB
import LocalAPI
import Testing
import VaultCore

@Suite("The embedded database")
struct EmbeddedTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("api.sqlite3")
    }

    @Test("a new one gets the user, the service and the hash of its key")
    func fresh() async throws {
        let receipt = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        let hash = try #require(try value(path, "SELECT key_hash FROM service_api_keys"))
        #expect(hash.count == 64)
        #expect(
            receipt == [
                "service_id": "svc_0c4n8d2v6b5e", "key_id": "key_local_linear_\(hash.prefix(12))", "key_hash": hash,
                "database": path,
            ])
        let id = "key_local_linear_\(hash.prefix(12))"
        let keyRow = """
            service_api_keys: '\(id)','svc_0c4n8d2v6b5e','Native service key (local cli)','...aaaa',\
            '\(hash)',NULL,NULL,'2026-03-01T10:01:00.000Z',NULL
            """
        let serviceRow = """
            services: 'svc_0c4n8d2v6b5e','user_local_johndee','Linear','linear','localhost','Issues',\
            '2026-03-01T10:00:00.000Z',NULL,NULL
            """
        let userRow = """
            users: 'user_local_johndee','johndee@local.sigilum','johndee','free','{}',\
            '2026-03-01T10:01:00.000Z',NULL,NULL,NULL
            """
        let rows = try dump(path).split(separator: "\n").filter { $0.contains(": '") }.map { String($0) }
        #expect(rows == [keyRow, serviceRow, userRow])
    }

    @Test("the key of a service behind the gateway is named so")
    func gatewayKeyName() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(gateway: true), key: canary))
        #expect(try value(path, "SELECT name FROM service_api_keys") == "Gateway proxy service key (local cli)")
    }

    @Test("it has the tables and columns of the API and carries our mark")
    func schema() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        let other = folder.file("checkout.sqlite")
        try makeDatabase(other, checkoutSchema)
        for table in ["users", "services", "service_api_keys"] {
            let columns = """
                SELECT group_concat(
                    name || ' ' || type || ' ' || "notnull" || ' ' || ifnull(dflt_value, '-') || ' ' || pk)
                FROM pragma_table_info('\(table)')
                """
            let ours = try value(path, columns)?.replacingOccurrences(of: ", ", with: ",")
            #expect(try ours == value(other, columns))
            let keys = """
                SELECT group_concat("table" || ' ' || "from" || ' ' || on_delete)
                FROM pragma_foreign_key_list('\(table)')
                """
            #expect(try value(path, keys) == value(other, keys))
        }
        #expect(try value(path, "PRAGMA application_id") == String(0x5369_6741))
        #expect(try value(path, "PRAGMA user_version") == "1")
        #expect(try value(path, "PRAGMA journal_mode") == "delete")
    }

    @Test("the same delivery again leaves every byte as it was")
    func twice() async throws {
        let first = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        let bytes = FileManager.default.contents(atPath: path)
        let later = target(.embedded(path: path), at: firstOfMarch + 3_600_000)
        let second = try await later.apply(job(record(), key: canary, receipt: first))
        let third = try await later.apply(job(record(), key: canary))
        #expect(second == first)
        #expect(third == first)
        #expect(FileManager.default.contents(atPath: path) == bytes)
    }

    @Test("only what differs of a service is changed, and the time of it kept")
    func update() async throws {
        let receipt = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        let changed = try record(summary: "All issues", email: "john@example.org")
        let later = target(.embedded(path: path), at: firstOfMarch + 3_600_000)
        _ = try await later.apply(job(changed, key: canary, receipt: receipt))
        #expect(try value(path, "SELECT description FROM services") == "All issues")
        #expect(try value(path, "SELECT updated_at FROM services") == "2026-03-01T11:00:00.000Z")
        #expect(try value(path, "SELECT email FROM users") == "john@example.org")
        #expect(try value(path, "SELECT updated_at FROM users") == "2026-03-01T11:00:00.000Z")
        #expect(try value(path, "SELECT created_at FROM services") == "2026-03-01T10:00:00.000Z")
    }

    @Test("the file is private from the start, whatever the umask was, and private again when it was opened up")
    func mode() async throws {
        func mode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        #expect(try mode() == 0o600)
        chmod(path, 0o666)
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        #expect(try mode() == 0o600)
    }

    @Test("nothing is left beside the file")
    func oneFile() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["api.sqlite3"])
    }

    @Test("a file that a crash left empty is filled")
    func emptyFile() async throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let target = target(.embedded(path: path))
        #expect(try target.registeredServices(namespace: namespace()) == [])
        #expect(try await target.observe(job(record())) == .absent)
        _ = try await target.apply(job(record(), key: canary))
        #expect(try target.registeredServices(namespace: namespace()).map(\.slug) == ["linear"])
    }

    @Test("what a program that died had half written is rolled back by whoever comes next, reader or writer")
    func hotJournal() async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        let before = try dump(path)
        let dying = try await halfWritten(path)
        // A copy of both files is what the death of the program would leave.
        for copy in ["read", "write"] {
            for suffix in ["", "-journal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: folder.file(copy) + suffix)
            }
        }
        try await dying.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try dying.close()
        let left = FileManager.default.contents(atPath: folder.file("read")).map { Array($0) }
        #expect(left?.contains("half written") == true)
        let reader = target(.embedded(path: folder.file("read")))
        #expect(try reader.registeredServices(namespace: namespace()).map(\.name) == ["Linear"])
        #expect(try dump(folder.file("read")) == before)
        _ = try await target(.embedded(path: folder.file("write"))).apply(job(record(), key: canary))
        #expect(try dump(folder.file("write")) == before)
    }

    @Test("a checkout's file copied to our place is used as it is")
    func copiedCheckout() async throws {
        try makeDatabase(path, checkoutSchema)
        let before = try value(path, "SELECT group_concat(sql) FROM sqlite_master")
        _ = try await target(.embedded(path: path)).apply(job(record(), key: canary))
        #expect(try value(path, "SELECT group_concat(sql) FROM sqlite_master") == before)
        #expect(try value(path, "PRAGMA user_version") == "0")
        #expect(try value(path, "SELECT count(*) FROM services") == "1")
    }

    @Test("asking makes no database")
    func askingMakesNothing() async throws {
        let target = target(.embedded(path: path))
        let found = try target.registeredService(slug: Slug("linear"), namespace: namespace(), email: "a@example.org")
        #expect(found == nil)
        #expect(try target.registeredServices(namespace: namespace()) == [])
        #expect(try await target.observe(job(record())) == .absent)
        try await target.withdraw(job(record()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
}
