import GRDB
import Testing
import VaultTestSupport

@Suite("A removed API key", .few)
struct RemovedKeyTests {
    @Test("is not valid any more once another one took its place")
    func replaced() async throws {
        let home = try TestHome()
        let name = "service-api-key/plain"
        try await home.run("service add --service-slug plain").expect(0)
        try await home.run("vault remove \(name) --confirm \(name)").expect(0)
        try await home.run("vault sync").expect(0)
        try await home.run("service add --service-slug plain").expect(0)
        let queue = try DatabaseQueue(path: home.sigilum + "/api.sqlite3")
        defer { try? queue.close() }
        let keys = try await queue.read { db in
            try Row.fetchAll(db, sql: "SELECT revoked_at IS NULL AS valid FROM service_api_keys").map {
                $0["valid"] as Bool
            }
        }
        #expect(keys.count == 2 && keys.count { $0 } == 1)
    }

    @Test("everywhere: it is registered nowhere, so that it is not rotated but added again")
    func everywhere() async throws {
        let home = try TestHome()
        let name = "service-api-key/plain"
        let rotate = "service key rotate --service-slug plain"
        try await home.run("service add --service-slug plain").expect(0)
        try await home.run("vault remove \(name) --confirm \(name) --everywhere").expect(0)
        let result = try await home.run(rotate)
        result.expect(66, error: "Service is registered nowhere: plain")
        #expect(result.errorText.contains("sigilum service add --service-slug plain\n"))
        try await home.run("service add --service-slug plain").expect(0)
        try await home.run(rotate).expect(0)
        try await home.run("vault verify").expect(0)
    }
}
