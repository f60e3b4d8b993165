import GRDB
import Testing
import VaultTestSupport

@Suite("A removed API key")
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
}
