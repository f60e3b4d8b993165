import LocalAPI
import Testing
import VaultCore

@Suite("Looking at what is registered, and taking it away")
struct ObservationTests {
    let folder: TemporaryFolder
    let path: String
    let location: LocalAPILocation

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("d1.sqlite")
        location = .checkout(path: path)
        try makeDatabase(path, checkoutSchema)
    }

    @Test("what was delivered has no differences, and looking changes nothing")
    func converged() async throws {
        let receipt = try await target(location).apply(job(record(), key: canary))
        let before = try dump(path)
        #expect(try await target(location).observe(job(record(), receipt: receipt)) == .present(differences: []))
        #expect(try dump(path) == before)
    }

    @Test("a service that is not there is absent")
    func absent() async throws {
        #expect(try await target(location).observe(job(record())) == .absent)
        let receipt = try await target(location).apply(job(record(), key: canary))
        try makeDatabase(path, "DELETE FROM services")
        #expect(try await target(location).observe(job(record(), receipt: receipt)) == .absent)
    }

    @Test(
        "what somebody changed is named",
        arguments: [
            ("UPDATE users SET email = 'other@example.org'", ["email"]),
            ("UPDATE users SET namespace = 'other-one'", ["user"]),
            ("UPDATE services SET name = 'linear'", ["name"]),
            ("UPDATE services SET domain = NULL", ["domain"]),
            ("UPDATE services SET description = x'00ff'", ["description"]),
            ("UPDATE service_api_keys SET revoked_at = 'then'", ["key"]),
            ("UPDATE service_api_keys SET key_hash = upper(key_hash)", ["key"]),
            ("DELETE FROM service_api_keys", ["key"]),
            (
                "UPDATE services SET description = '', domain = 5, name = ''; UPDATE users SET email = '';"
                    + "DELETE FROM service_api_keys", ["email", "name", "domain", "description", "key"]
            ),
            (
                "PRAGMA foreign_keys = OFF; UPDATE services SET owner_user_id = 'nobody'; PRAGMA foreign_keys = ON",
                ["user"]
            ),
        ])
    func drift(change: String, expected: [String]) async throws {
        let receipt = try await target(location).apply(job(record(), key: canary))
        try makeDatabase(path, change)
        #expect(try await target(location).observe(job(record(), receipt: receipt)) == .present(differences: expected))
    }

    @Test("without a receipt the key is not known to be there")
    func withoutReceipt() async throws {
        _ = try await target(location).apply(job(record(), key: canary))
        #expect(try await target(location).observe(job(record())) == .present(differences: ["key"]))
    }

    @Test("what drifted is mended by the next delivery")
    func mended() async throws {
        let receipt = try await target(location).apply(job(record(), key: canary))
        try makeDatabase(
            path,
            """
            UPDATE services SET description = x'00ff', domain = NULL;
            UPDATE users SET email = 'other@example.org';
            DELETE FROM service_api_keys;
            """)
        let again = try await target(location).apply(job(record(), key: canary, receipt: receipt))
        #expect(again == receipt)
        #expect(try await target(location).observe(job(record(), receipt: again)) == .present(differences: []))
    }

    @Test("taking away what was made here deletes the service and its keys, and leaves the user")
    func withdrawn() async throws {
        let receipt = try await target(location).apply(job(record(), key: canary))
        try await target(location).withdraw(job(record(), receipt: receipt))
        try await target(location).withdraw(job(record(), receipt: receipt))
        let counts = "SELECT (SELECT count(*) FROM services) || (SELECT count(*) FROM service_api_keys)"
        #expect(try value(path, counts) == "00")
        #expect(try value(path, "SELECT namespace FROM users") == "johndee")
    }

    @Test("a service that was there before stays when ours is taken away; our key does not")
    func adoptedStays() async throws {
        try makeDatabase(
            path,
            """
            INSERT INTO users (id, email, namespace, plan) VALUES ('usr_1', 'john@example.org', 'johndee', 'free');
            INSERT INTO services (id, owner_user_id, name, slug) VALUES ('svc_theirs', 'usr_1', 'Linear', 'linear');
            """)
        let adopted = try record(id: "svc_theirs")
        let receipt = try await target(location).apply(job(adopted, key: canary))
        try await target(location).withdraw(job(adopted, receipt: receipt))
        #expect(try value(path, "SELECT id FROM services") == "svc_theirs")
        #expect(try value(path, "SELECT count(*) FROM service_api_keys WHERE revoked_at IS NULL") == "0")
    }

    @Test("a service that others' rows need stays and says so; our key is revoked all the same")
    func referenced() async throws {
        let receipt = try await target(location).apply(job(record(), key: canary))
        try makeDatabase(path, "INSERT INTO approvals VALUES ('app_1', 'svc_0c4n8d2v6b5e')")
        let found = await failure { try await target(location).withdraw(job(record(), receipt: receipt)) }
        #expect(found == .notOurs)
        #expect(try value(path, "SELECT count(*) FROM services") == "1")
        #expect(try value(path, "SELECT count(*) FROM service_api_keys WHERE revoked_at IS NULL") == "0")
    }

    @Test("services are listed in the order they were made, each namespace its own")
    func listed() async throws {
        let target = target(location)
        for (index, slug) in ["zebra", "apple", "mango"].enumerated() {
            let made = try record(slug, id: "svc_\(slug)", name: slug, createdAt: firstOfMarch + Int64(index / 2))
            _ = try await target.apply(job(made, key: canary + slug))
        }
        let other = try record("other", namespace: "edkelly", id: "svc_other", email: "kelly@example.org")
        _ = try await target.apply(job(other, key: secondCanary))
        #expect(try target.registeredServices(namespace: namespace()).map(\.slug) == ["zebra", "apple", "mango"])
        #expect(try target.registeredServices(namespace: namespace("edkelly")).map(\.id) == ["svc_other"])
        #expect(try target.registeredServices(namespace: namespace("nobody")) == [])
        let found = try target.registeredService(slug: Slug("apple"), namespace: namespace(), email: "new@example.org")
        let apple = RegisteredService(
            id: "svc_apple", slug: "apple", name: "apple", domain: "localhost", summary: "Issues")
        #expect(found == apple)
        #expect(
            try target.registeredService(slug: Slug("other"), namespace: namespace(), email: "new@example.org") == nil)
    }
}
