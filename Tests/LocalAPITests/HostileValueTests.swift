import GRDB
import LocalAPI
import Testing
import VaultCore

@Suite("Hostile values")
struct HostileValueTests {
    static let texts = [
        "", "it's \"quoted\"", "'); DROP TABLE users; --", "a\u{0}b", "\u{0}", "line\r\nline\u{1B}[2J",
        "?1 :name $x @y",
        "\u{1F511}\u{1F468}\u{200D}\u{1F469}", "e\u{301}", "\u{E9}", String(repeating: "long ", count: 200_000),
    ]

    @Test("each is stored to the byte, seen as converged, and written only once", arguments: texts)
    func roundTrip(text: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("api.sqlite3")
        let target = target(.embedded(path: path))
        let service = try record(name: text, summary: text, domain: text, email: text)
        let receipt = try await target.apply(job(service, key: canary))
        let stored = try sqlite(path) { db in
            try String.fetchOne(
                db, sql: "SELECT group_concat(hex(name) || hex(description) || hex(domain)) FROM services")
        }
        let hex = text.utf8.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }.joined()
        #expect(stored == hex + hex + hex)
        #expect(try await target.observe(job(service, receipt: receipt)) == .present(differences: []))
        let before = try dump(path)
        _ = try await target.apply(job(service, key: canary, receipt: receipt))
        #expect(try dump(path) == before)
        #expect(try target.registeredServices(namespace: namespace()).map(\.name) == [text])
    }

    @Test("two spellings of one letter are two values")
    func bytesNotCharacters() async throws {
        let folder = try TemporaryFolder()
        let target = target(.embedded(path: folder.file("api.sqlite3")))
        let receipt = try await target.apply(job(record(name: "e\u{301}"), key: canary))
        let observed = try await target.observe(job(record(name: "\u{E9}"), receipt: receipt))
        #expect(observed == .present(differences: ["name"]))
    }

    @Test("values of every type in a checkout's rows are read without harm")
    func oddTypes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("d1.sqlite")
        try makeDatabase(
            path,
            """
            CREATE TABLE users (id, email, namespace);
            CREATE TABLE services (id, owner_user_id, slug, name, domain, description, created_at);
            CREATE TABLE service_api_keys (id, service_id, key_hash, revoked_at);
            INSERT INTO users VALUES ('usr_1', x'ff00', 'johndee');
            INSERT INTO services VALUES ('svc_1', 'usr_1', 'linear', x'fffe', 2.5, 7, NULL),
                (NULL, 'usr_1', NULL, NULL, 1, 2, 3);
            INSERT INTO service_api_keys VALUES (9, 'svc_1', 8, x'');
            """)
        let target = target(.checkout(path: path))
        #expect(
            try await target.observe(job(record()))
                == .present(differences: ["email", "name", "domain", "description", "key"]))
        #expect(try target.registeredServices(namespace: namespace()).count == 2)
        let receipt = try await target.apply(job(record(), key: canary))
        #expect(try await target.observe(job(record(), receipt: receipt)) == .present(differences: []))
    }

    @Test("an owner or a service without an id is refused")
    func withoutIDs() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("d1.sqlite")
        let location = LocalAPILocation.checkout(path: path)
        try makeDatabase(path, checkoutSchema)
        try makeDatabase(path, "INSERT INTO users (email, namespace, plan) VALUES ('a', 'johndee', 'free')")
        let nobody = await failure { _ = try await target(location).apply(job(record(), key: canary)) }
        #expect(nobody == .unsuitableDatabase(path: path, missing: ["users.id"]))
        try makeDatabase(
            path,
            """
            UPDATE users SET id = 'usr_1';
            INSERT INTO services (owner_user_id, name, slug) VALUES ('usr_1', 'Linear', 'linear');
            """)
        let nothing = await failure { _ = try await target(location).apply(job(record(), key: canary)) }
        #expect(nothing == .unsuitableDatabase(path: path, missing: ["services.id"]))
    }

    @Test("a trigger that refuses the rows is told from a row in the way")
    func trigger() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("d1.sqlite")
        try makeDatabase(
            path,
            checkoutSchema + """
                CREATE TRIGGER no BEFORE INSERT ON services BEGIN SELECT raise(ABORT, 'CANARY'); END;
                """)
        let before = try dump(path)
        let found = await failure {
            _ = try await target(.checkout(path: path)).apply(job(record(), key: canary))
        }
        #expect(
            found == .unsuitableDatabase(path: path, missing: ["constraints that accept the rows of a service"]))
        #expect(try dump(path) == before)
    }
}
