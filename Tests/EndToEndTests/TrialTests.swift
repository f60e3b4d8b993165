import Foundation
import Testing
import VaultTestSupport

@Suite("A trial before a secret goes live", .few)
struct TrialTests {
    private static let name = "upstream-secret/linear/access_token"

    /// A service whose connection was delivered.
    private func scene(_ more: String = "") async throws -> (TestHome, GatewayDouble, Canary, Canary) {
        let home = try TestHome()
        let (old, new) = (Canary(), Canary())
        let gateway = try await GatewayDouble.start()
        try await home.run(addLinear + more, variables: home.variables(old, gateway)).expect(0)
        gateway.forgetRequests()
        return (home, gateway, old, new)
    }

    private func set(_ home: TestHome, _ gateway: GatewayDouble, _ value: Canary) async throws -> ProgramResult {
        try await home.run(
            "service secret set --service-slug linear --upstream-secret-env SECRET --try", more: ["GET /v1/me"],
            variables: home.variables(value, gateway))
    }

    private func rotate(_ home: TestHome, _ gateway: GatewayDouble, _ value: Canary, _ more: String = "") async throws
        -> ProgramResult
    {
        try await home.run(
            "vault rotate \(Self.name) --from-env SECRET\(more) --try", more: ["GET /v1/me"],
            variables: home.variables(value, gateway))
    }

    private func expectUnchanged(_ home: TestHome, _ gateway: GatewayDouble, _ old: Canary) async throws {
        #expect(gateway.connections.keys.sorted() == ["linear"])
        #expect(gateway.connections["linear"]?.secrets == ["access_token": old.text])
        #expect(home.contents(home.sigilum + "/gateway-connection-secret-linear") == old.bytes)
        let history = try await home.run("vault history \(Self.name) --json").outputText
        #expect(history.matches(of: /"version"/).count == 1)
        try await home.run("vault sync --dry-run", variables: home.variables(old, gateway)).expect(0)
        try await home.run("vault verify").expect(0)
    }

    @Test("a secret that works goes live; the connection of the trial is gone, and the log says that it was tried")
    func works() async throws {
        for isRotation in [false, true] {
            let (home, gateway, old, new) = try await scene()
            let result = isRotation ? try await rotate(home, gateway, new) : try await set(home, gateway, new)
            result.expect(0)
            #expect(gateway.connections.keys.sorted() == ["linear"])
            #expect(gateway.connections["linear"]?.secrets == ["access_token": new.text])
            let log = try await home.run("vault log").outputText
            #expect(log.contains("secret tried"))
            #expect(gateway.requests.contains { $0.path.hasSuffix("/test") })
            for canary in [old, new] { #expect(home.leaks(of: canary, except: linearFiles) == []) }
            try await gateway.stop()
        }
    }

    @Test(
        "one that does not changes nothing, and nothing that upstream or the gateway said is told",
        arguments: [401, 500, nil])
    func fails(status: Int?) async throws {
        let (home, gateway, old, new) = try await scene()
        gateway.behaviour.upstreamStatus = status
        let refused = try await set(home, gateway, new)
        refused.expect(
            76,
            error: "The new secret does not work: the upstream "
                + (status.map { "answered with status \($0)" } ?? "did not answer"))
        try await rotate(home, gateway, new).expect(76)
        try await expectUnchanged(home, gateway, old)
        for canary in [old, new] { #expect(home.leaks(of: canary, except: linearFiles) == []) }
        try await gateway.stop()
    }

    @Test("a gateway that refuses, lies or is not there changes nothing either")
    func gateways() async throws {
        let (home, gateway, old, new) = try await scene()
        gateway.behaviour.signedCallerStatus = 403
        try await set(home, gateway, new).expect(76, error: "The secret cannot be tried")
        gateway.behaviour.signedCallerStatus = nil
        gateway.misbehave(.quoting(status: 500), beforeNext: "POST", path: "/api/admin/connections")
        try await set(home, gateway, new).expect(76)
        gateway.behaviour = .normal
        try await home.run("vault sync", variables: home.variables(old, gateway)).expect(0)
        try await rotate(home, gateway, new, " --gateway-admin-url http://127.0.0.1:9").expect(69)
        try await rotate(home, gateway, new, " --offline").expect(64)
        // What is to be taken away there was never made.
        try await home.run("vault sync", variables: home.variables(old, gateway)).expect(0)
        try await expectUnchanged(home, gateway, old)
        for canary in [old, new] { #expect(home.leaks(of: canary, except: linearFiles) == []) }
        try await gateway.stop()
    }

    @Test("what a trial could not take away, the next sync does, and the next trial as well")
    func leftOver() async throws {
        let (home, gateway, old, new) = try await scene()
        for next in ["sync", "trial"] {
            gateway.die(.afterProcessing, method: "POST", path: "/api/admin/connections")
            try await set(home, gateway, new).expect(69)
            try await gateway.restart()
            #expect(gateway.connections.count == 2)
            let status = try await home.run("vault status")
            #expect(status.outputText.contains("gateway:sigilum-try-"))
            try await home.run("vault sync --dry-run", variables: home.variables(old, gateway)).expect(1)
            if next == "sync" {
                try await home.run("vault sync", variables: home.variables(old, gateway)).expect(0)
            } else {
                gateway.behaviour.upstreamStatus = 401
                try await set(home, gateway, new).expect(76)
            }
            try await expectUnchanged(home, gateway, old)
        }
        for canary in [old, new] { #expect(home.leaks(of: canary, except: linearFiles) == []) }
        try await gateway.stop()
    }

    @Test("a secret in a query parameter, another secret of a connection, and what is no connection's cannot be tried")
    func untriable() async throws {
        let (home, gateway, old, new) = try await scene(" --auth-mode query_param --upstream-secret-key access_token")
        try await rotate(home, gateway, new).expect(64, error: "A secret in a query parameter cannot be tried")
        try await home.run(
            "service secret set --service-slug linear --upstream-secret-key other --upstream-secret-env SECRET --try",
            more: ["GET /"], variables: home.variables(new, gateway)
        ).expect(64, error: "Only the secret that a connection uses can be tried")
        try await home.run(
            "service secret set --service-slug stripe --upstream-secret-env SECRET --try", more: ["GET /"],
            variables: home.variables(new, gateway)
        ).expect(64, error: "--try is for connections that the vault knows")
        try await set(home, gateway, old).expect(64)
        try await home.run(
            "vault rotate \(Self.name) --from-env SECRET --try nonsense", variables: home.variables(new, gateway)
        ).expect(64)
        try await expectUnchanged(home, gateway, old)
        #expect(gateway.requests.allSatisfy { $0.method == "GET" })
        for canary in [old, new] { #expect(home.leaks(of: canary, except: linearFiles) == []) }
        try await gateway.stop()
    }
}
