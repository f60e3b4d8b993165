import LocalAPI
import Testing
import VaultCore

@Suite("Keys of a service")
struct KeyRotationTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("api.sqlite3")
    }

    private func active() throws -> String? {
        try value(path, "SELECT group_concat(key_prefix) FROM service_api_keys WHERE revoked_at IS NULL")
    }

    @Test("a new key is active, and the one before it revoked")
    func rotation() async throws {
        let target = target(.embedded(path: path))
        let first = try await target.apply(job(record(), key: canary))
        let second = try await target.apply(job(record(), key: secondCanary, receipt: first))
        #expect(try active() == "...bbbb")
        let revoked = try value(path, "SELECT revoked_at FROM service_api_keys WHERE key_prefix = '...aaaa'")
        #expect(revoked == "2026-03-01T10:01:00.000Z")
        #expect(second["key_id"] != first["key_id"])
        #expect(second["service_id"] == first["service_id"])
    }

    @Test("a key that comes back is active again in its own row")
    func rollback() async throws {
        let target = target(.embedded(path: path))
        let first = try await target.apply(job(record(), key: canary))
        let second = try await target.apply(job(record(), key: secondCanary, receipt: first))
        let third = try await target.apply(job(record(), key: canary, receipt: second))
        #expect(third == first)
        #expect(try active() == "...aaaa")
        #expect(try value(path, "SELECT count(*) FROM service_api_keys") == "2")
    }

    @Test("a key that was revoked by somebody else becomes active again, and others' keys stay as they are")
    func othersKeys() async throws {
        let target = target(.embedded(path: path))
        let receipt = try await target.apply(job(record(), key: canary))
        try makeDatabase(
            path,
            """
            UPDATE service_api_keys SET revoked_at = '2026-03-01T12:00:00.000Z';
            INSERT INTO service_api_keys (id, service_id, name, key_prefix, key_hash)
                VALUES ('key_theirs', 'svc_0c4n8d2v6b5e', 'Dashboard', '...zzzz', 'ff');
            """)
        _ = try await target.apply(job(record(), key: canary, receipt: receipt))
        #expect(try active() == "...aaaa,...zzzz")
        _ = try await target.apply(job(record(), key: secondCanary, receipt: receipt))
        #expect(try active() == "...zzzz,...bbbb")
    }

    @Test("a key that was registered by a run that died before it heard so is revoked by the next key")
    func diedBeforeReceipt() async throws {
        let target = target(.embedded(path: path))
        var receipt = try await target.apply(job(record(), key: canary))
        try makeDatabase(
            path,
            """
            INSERT INTO service_api_keys (id, service_id, name, key_prefix, key_hash)
                VALUES ('key_of_another_home', 'svc_0c4n8d2v6b5e', 'Native service key (local cli)', '...zzzz', 'ff');
            """)
        // Two runs in a row die after the transaction, with nothing kept but what they were about to do.
        for lost in [secondCanary, "sk_live_CANARYc0ffee22c0ffee22c0ffee22c0ffee22cccc"] {
            let dying = try job(record(), key: lost, receipt: receipt)
            receipt.merge(target.intent(dying)) { $1 }
            _ = try await target.apply(dying)
        }
        let last = try job(
            record(), key: "sk_live_CANARYc0ffee33c0ffee33c0ffee33c0ffee33dddd", receipt: receipt)
        let kept = try await target.apply(last)
        #expect(try active() == "...zzzz,...dddd")
        #expect(kept["intended_hashes"] == nil)
        #expect(target.intent(last)["intended_hashes"]?.split(separator: " ").count == 3)
    }

    @Test("what is already registered, or already noted, is not noted again")
    func noted() async throws {
        let target = target(.embedded(path: path))
        let first = try job(record(), key: canary)
        let receipt = try await target.apply(first)
        #expect(target.intent(try job(record(), key: canary, receipt: receipt)) == [:])
        let intent = target.intent(try job(record(), key: secondCanary, receipt: receipt))
        #expect(intent["intended_hashes"]?.utf8.count == 64)
        let noted = receipt.merging(intent) { $1 }
        #expect(target.intent(try job(record(), key: secondCanary, receipt: noted)) == [:])
    }

    @Test("a key's row that an older file kept of a deleted service makes room")
    func orphan() async throws {
        let target = target(.embedded(path: path))
        let receipt = try await target.apply(job(record(), key: canary))
        try makeDatabase(path, "PRAGMA foreign_keys = OFF; DELETE FROM services; PRAGMA foreign_keys = ON")
        let again = try await target.apply(job(record(id: "svc_aaaaaaaaaaaa"), key: canary, receipt: receipt))
        #expect(again["key_id"] == receipt["key_id"])
        #expect(try value(path, "SELECT service_id FROM service_api_keys") == "svc_aaaaaaaaaaaa")
    }

    @Test(
        "of a secret that is short or not UTF-8 no character is shown",
        arguments: [
            (Array("elevenbytes".utf8), "..."),
            (Array("twelve-bytes".utf8), "...ytes"),
            (Array("an-emoji-ends-it-\u{1F511}".utf8), "...it-\u{1F511}"),
            ([UInt8](repeating: 0xff, count: 40), "..."),
            (Array("cut-in-the-middle-of-a-letter".utf8) + [0xc3], "..."),
            ([], "..."),
        ])
    func prefixes(secret: [UInt8], expected: String) async throws {
        _ = try await target(.embedded(path: path)).apply(job(record(), bytes: secret))
        #expect(try value(path, "SELECT key_prefix FROM service_api_keys") == expected)
    }
}
