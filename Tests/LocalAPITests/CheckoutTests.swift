import Foundation
import LocalAPI
import Testing
import VaultCore

@Suite("A checkout's database")
struct CheckoutTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("d1.sqlite")
    }

    @Test("its schema and journal mode stay as they are")
    func schemaStays() async throws {
        try makeDatabase(path, "PRAGMA journal_mode = WAL;" + checkoutSchema)
        let before = try value(path, "SELECT group_concat(sql, ';') FROM sqlite_master")
        _ = try await target(.checkout(path: path)).apply(job(record(), key: canary))
        #expect(try value(path, "SELECT group_concat(sql, ';') FROM sqlite_master") == before)
        #expect(try value(path, "PRAGMA journal_mode") == "wal")
        #expect(try value(path, "PRAGMA application_id") == "0")
        #expect(try value(path, "SELECT slug FROM services") == "linear")
    }

    @Test("the same delivery again changes no row")
    func twice() async throws {
        try makeDatabase(path, checkoutSchema)
        let receipt = try await target(.checkout(path: path)).apply(job(record(), key: canary))
        let before = try dump(path)
        let later = target(.checkout(path: path), at: firstOfMarch + 3_600_000)
        _ = try await later.apply(job(record(), key: canary, receipt: receipt))
        #expect(try dump(path) == before)
    }

    @Test("a namespace that is there keeps its user, and a service its id")
    func existingRows() async throws {
        try makeDatabase(
            path,
            checkoutSchema + """
                INSERT INTO users (id, email, namespace, plan, settings)
                    VALUES ('usr_77', 'john@example.org', 'johndee', 'pro', '{"theme":"dark"}');
                INSERT INTO services (id, owner_user_id, name, slug, domain)
                    VALUES ('svc_theirs', 'usr_77', 'Old name', 'linear', 'linear.app');
                """)
        let receipt = try await target(.checkout(path: path)).apply(job(record(), key: canary))
        #expect(receipt["service_id"] == "svc_theirs")
        let user = try value(path, "SELECT id || ' ' || email || ' ' || plan || ' ' || settings FROM users")
        #expect(user == #"usr_77 johndee@local.sigilum pro {"theme":"dark"}"#)
        let service = try value(path, "SELECT id || ' ' || name || ' ' || domain || ' ' || description FROM services")
        #expect(service == "svc_theirs Linear localhost Issues")
    }

    @Test("an older file gets the columns that it has")
    func older() async throws {
        try makeDatabase(
            path,
            """
            CREATE TABLE users (id TEXT PRIMARY KEY, Email TEXT NOT NULL, namespace TEXT NOT NULL);
            CREATE TABLE services (id TEXT PRIMARY KEY, owner_user_id TEXT, slug TEXT, name TEXT);
            CREATE TABLE service_api_keys (id TEXT PRIMARY KEY, service_id TEXT, key_hash TEXT, revoked_at TEXT);
            """)
        let target = target(.checkout(path: path))
        let first = try await target.apply(job(record(), key: canary))
        #expect(try await target.observe(job(record(), receipt: first)) == .present(differences: []))
        let changed = try record(summary: "not kept there", domain: "nor this")
        #expect(try await target.observe(job(changed, receipt: first)) == .present(differences: []))
        let second = try await target.apply(job(changed, key: secondCanary, receipt: first))
        #expect(try await target.observe(job(record(), receipt: first)) == .present(differences: ["key"]))
        #expect(try await target.observe(job(record(), receipt: second)) == .present(differences: []))
        #expect(try target.registeredServices(namespace: namespace()).map(\.name) == ["Linear"])
        try await target.withdraw(job(record(), receipt: second))
        #expect(try value(path, "SELECT count(*) FROM service_api_keys WHERE revoked_at IS NULL") == "0")
    }

    @Test("a newer file's further columns are left to their defaults")
    func newer() async throws {
        try makeDatabase(
            path,
            checkoutSchema + """
                ALTER TABLE services ADD COLUMN tier TEXT NOT NULL DEFAULT 'basic';
                ALTER TABLE services ADD COLUMN shown TEXT AS (upper(slug));
                ALTER TABLE service_api_keys ADD COLUMN scopes TEXT;
                """)
        _ = try await target(.checkout(path: path)).apply(job(record(), key: canary))
        #expect(try value(path, "SELECT tier || shown FROM services") == "basicLINEAR")
    }

    @Test("a column that every row must have and we do not know is named; what is there already does without it")
    func demanded() async throws {
        try makeDatabase(
            path,
            """
            CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, namespace TEXT, "pass\u{1B}word" TEXT NOT NULL,
                updated_at TEXT NOT NULL);
            CREATE TABLE services (id TEXT PRIMARY KEY, owner_user_id TEXT, slug TEXT, name TEXT);
            CREATE TABLE service_api_keys (id TEXT PRIMARY KEY, service_id TEXT, key_hash TEXT, revoked_at TEXT);
            """)
        let target = target(.checkout(path: path))
        let before = try dump(path)
        let found = await failure { _ = try await target.apply(job(record(), key: canary)) }
        #expect(found == .unsuitableDatabase(path: path, missing: ["a default for users.pass?word"]))
        #expect(try dump(path) == before)
        try makeDatabase(path, "INSERT INTO users VALUES ('usr_1', 'johndee@local.sigilum', 'johndee', 'x', 'y')")
        #expect(try await target.apply(job(record(), key: canary))["service_id"] == "svc_0c4n8d2v6b5e")
    }

    @Test("missing tables and columns are named, and none is made")
    func missing() async throws {
        try makeDatabase(
            path,
            """
            CREATE TABLE users (id TEXT PRIMARY KEY, namespace TEXT, plan TEXT);
            CREATE TABLE services (id TEXT PRIMARY KEY, owner_user_id TEXT, name TEXT);
            CREATE VIEW service_api_keys AS SELECT 1 AS id, 2 AS service_id, 3 AS key_hash, 4 AS revoked_at;
            """)
        let before = try dump(path)
        let expected = DeliveryFailure.unsuitableDatabase(
            path: path, missing: ["users.email", "services.slug", "service_api_keys"])
        let target = target(.checkout(path: path))
        #expect(await failure { _ = try await target.apply(job(record(), key: canary)) } == expected)
        #expect(await failure { _ = try await target.observe(job(record())) } == expected)
        #expect(await failure { try await target.withdraw(job(record())) } == expected)
        #expect(await failure { _ = try target.registeredServices(namespace: namespace()) } == expected)
        #expect(try dump(path) == before)
    }

    @Test("an empty file is not filled")
    func empty() async throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let found = await failure { _ = try await target(.checkout(path: path)).apply(job(record(), key: canary)) }
        #expect(
            found == .unsuitableDatabase(path: path, missing: ["users", "services", "service_api_keys"]))
        #expect(FileManager.default.contents(atPath: path) == Data())
    }

    @Test("a file that is not there is not made")
    func notThere() async throws {
        let target = target(.checkout(path: path))
        let found = await failure { _ = try await target.apply(job(record(), key: canary)) }
        #expect(found == .cannotWrite(path: path, errno: ENOENT))
        #expect(try await target.observe(job(record())) == .absent)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("a database in UTF-16 is refused")
    func encoding() async throws {
        try makeDatabase(path, "PRAGMA encoding = 'UTF-16';" + checkoutSchema)
        let found = await failure { _ = try await target(.checkout(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .unsuitableDatabase(path: path, missing: ["the encoding UTF-8"]))
    }

    @Test("an e-mail of another namespace's user takes nothing over")
    func emailTaken() async throws {
        try makeDatabase(
            path,
            checkoutSchema + """
                INSERT INTO users (id, email, namespace, plan) VALUES
                    ('usr_1', 'kelly@example.org', 'edkelly', 'free'), ('usr_2', 'john@example.org', 'johndee', 'free');
                """)
        let before = try dump(path)
        let target = target(.checkout(path: path))
        let taken = try record(email: "kelly@example.org")
        #expect(await failure { _ = try await target.apply(job(taken, key: canary)) } == .emailTaken)
        let found = await failure {
            _ = try target.registeredService(
                slug: Slug("linear"), namespace: namespace(), email: "kelly@example.org")
        }
        #expect(found == .emailTaken)
        #expect(try dump(path) == before)
    }

    @Test("an id that a row of somebody else's has is not taken over")
    func idTaken() async throws {
        try makeDatabase(
            path,
            checkoutSchema + """
                INSERT INTO users (id, email, namespace, plan) VALUES ('usr_1', 'kelly@example.org', 'edkelly', 'free');
                INSERT INTO services (id, owner_user_id, name, slug)
                    VALUES ('svc_0c4n8d2v6b5e', 'usr_1', 'Theirs', 'scry');
                """)
        let before = try dump(path)
        let found = await failure { _ = try await target(.checkout(path: path)).apply(job(record(), key: canary)) }
        #expect(found == .notOurs)
        #expect(try dump(path) == before)
    }
}
