import Foundation
import GRDB
import Testing
import VaultTestSupport

@Suite("Eight processes at once", .serialized, .few)
struct ConcurrencyTests {
    /// Starts all calls before waiting for any; the results are in the order of the calls.
    private func runAtOnce(_ calls: [ProgramRunner.Call], _ home: TestHome) async throws -> [ProgramResult] {
        let runs = try calls.map { try home.runner.start($0) }
        var results: [ProgramResult] = []
        for run in runs { results.append(home.remember(try await run.wait(seconds: 240))) }
        return results
    }

    /// The vault proves itself, nothing is left to do, and no process left a file of its own behind.
    private func expectSound(_ scene: KillScene) async throws {
        let verify = try await scene.run("vault verify")
        #expect(verify.status == 0, "\(verify.errorText)")
        let sync = try await scene.run("vault sync --dry-run")
        #expect(sync.status == 0, "\(sync.outputText)\(sync.errorText)")
        #expect(!scene.home.files().keys.contains { $0.hasSuffix(".tmp") })
        #expect(scene.home.files().keys.filter { $0.hasSuffix("vault.db") }.count == 1)
        #expect(scene.home.contents(scene.home.sigilum + "/gateway-master-key")?.count == 64)
    }

    private func activeKeys(_ home: TestHome) throws -> Int? {
        let queue = try DatabaseQueue(path: home.sigilum + "/api.sqlite3")
        defer { try? queue.close() }
        return try queue.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM service_api_keys WHERE revoked_at IS NULL")
        }
    }

    @Test("that add different services where there is no vault yet make one vault with all of them")
    func differentServices() async throws {
        let scene = try await KillScene()
        let home = scene.home
        let secrets = (0..<8).map { _ in Canary() }
        let calls = secrets.enumerated().map { index, secret in
            home.call(
                "service add --service-slug linear-\(index) --mode gateway --upstream-secret-env SECRET"
                    + " --upstream-base-url https://api\(index).linear.app",
                variables: ["SECRET": secret.text, "GATEWAY_ADMIN_URL": scene.gateway.url])
        }
        for (index, result) in try await runAtOnce(calls, home).enumerated() {
            #expect(result.status == 0, "\(index): \(result.errorText)")
        }
        try await expectSound(scene)
        let list = try await scene.run("service list")
        var keys: Set<[UInt8]> = []
        for (index, secret) in secrets.enumerated() {
            #expect(list.outputText.contains("  linear-\(index) (svc_"))
            #expect(home.contents(home.sigilum + "/gateway-connection-secret-linear-\(index)") == secret.bytes)
            keys.insert(home.contents(home.sigilum + "/service-api-key-linear-\(index)") ?? [])
            let connection = scene.gateway.connections["linear-\(index)"]
            #expect(connection?.secrets == ["access_token": secret.text])
            #expect(connection?.baseURL == "https://api\(index).linear.app")
            #expect(home.leaks(of: secret, except: ["gateway-connection-secret-linear-\(index)"]) == [])
        }
        #expect(keys.count == 8 && keys.allSatisfy { $0.count == 56 })
        #expect(scene.gateway.connections.count == 8)
        #expect(try activeKeys(home) == 8)
        try await scene.gateway.stop()
    }

    @Test("that add the same service where there is no vault yet make it once")
    func sameService() async throws {
        let scene = try await KillScene()
        let calls = (0..<8).map { _ in scene.add() }
        for (index, result) in try await runAtOnce(calls, scene.home).enumerated() {
            #expect(result.status == 0, "\(index): \(result.errorText)")
        }
        try await expectSound(scene)
        let state = try await scene.state(secret: scene.canary)
        #expect(state.problems == [])
        let history = try await scene.run("vault history upstream-secret/linear/access_token --json")
        #expect(history.outputText.components(separatedBy: "\"version\":").count == 2, "\(history.outputText)")
        #expect(scene.leaks(everywhere: true) == [])
        try await scene.gateway.stop()
    }

    @Test("that store and rotate entries lose no version")
    func storing() async throws {
        let scene = try await KillScene()
        let home = scene.home
        let added = try await home.run(scene.add())
        #expect(added.status == 0, "\(added.errorText)")
        let secrets = (0..<4).map { _ in Canary() }
        let rotated = (0..<4).map { _ in Canary() }
        var calls: [ProgramRunner.Call] = []
        for (index, secret) in secrets.enumerated() {
            calls.append(
                home.call(
                    "vault put notes/shared --from-env SECRET",
                    variables: ["SECRET": secret.text, "GATEWAY_ADMIN_URL": scene.gateway.url]))
            // A value that was given cannot be made again, so its successor is given too.
            let line =
                index.isMultiple(of: 2)
                ? "vault rotate service-api-key/linear"
                : "vault rotate upstream-secret/linear/access_token --from-env SECRET"
            calls.append(
                home.call(line, variables: ["SECRET": rotated[index].text, "GATEWAY_ADMIN_URL": scene.gateway.url]))
        }
        for (index, result) in try await runAtOnce(calls, home).enumerated() {
            #expect(result.status == 0, "\(index): \(result.errorText)")
        }
        try await expectSound(scene)
        for (name, count) in [
            ("notes/shared", 4), ("service-api-key/linear", 3), ("upstream-secret/linear/access_token", 3),
        ] {
            let history = try await scene.run("vault history \(name) --json")
            #expect(history.outputText.components(separatedBy: "\"version\":").count == count + 1, "\(name)")
        }
        #expect(try activeKeys(home) == 1)
        let file = home.contents(home.sigilum + "/gateway-connection-secret-linear") ?? []
        #expect(scene.gateway.connections["linear"]?.secrets == ["access_token": String(decoding: file, as: UTF8.self)])
        for secret in secrets + rotated + [scene.canary] {
            #expect(home.leaks(of: secret, except: ["gateway-connection-secret-linear"]) == [])
        }
        try await scene.gateway.stop()
    }
}
