import Testing
import VaultTestSupport

@Suite("How the gateway is", .few)
struct GatewayStatusTests {
    @Test("a gateway that is well, with what it has and what it still lacks")
    func well() async throws {
        let (home, gateway, canary) = (try TestHome(), try await GatewayDouble.start(), Canary())
        let variables = home.variables(canary, gateway)
        let scene = try await GatewayScene(home)
        let empty = try await home.run("gateway status", variables: variables)
        empty.expect(0)
        #expect(
            empty.outputText == """
                [ok] Gateway: \(gateway.url)
                  health:      ok
                  admin:       allowed
                  connections: 0
                  master_key:  unknown
                  pending:     none

                """)
        try await home.run(addLinear + " --offline", variables: variables).expect(0)
        let pending = try await home.run("gateway status", variables: variables)
        pending.expect(0)
        #expect(pending.outputText.contains("  pending:     gateway:linear\n"))
        #expect(pending.errorText.contains("sigilum vault sync"))
        try await home.run("vault sync", variables: variables).expect(0)
        // Handed over by `gateway start`, and still the vault's: the same, as far as anybody can know.
        try await home.run("gateway start", variables: scene.variables).expect(3)
        let same = try await home.run("gateway status --json", variables: variables)
        same.expect(0)
        #expect(
            same.outputText.replacing(/\s/, with: "")
                == """
                {"gateway":"\(gateway.url)","healthy":true,"admin":true,"connections":1,"master_key":"same","pending":[]}
                """)
        // Another key of the gateway's own: nobody knows which one it runs with.
        let other = Canary(prefix: "")
        try await home.run("vault put gateway-master-key --force", input: other.bytes).expect(0)
        let changed = try await home.run("gateway status", variables: variables)
        changed.expect(0)
        #expect(changed.outputText.contains("master_key:  unknown\n"))
        #expect(changed.errorText.contains("[i] The vault's key for the gateway changed since gateway start"))
        #expect(home.leaks(of: other) == [] && home.leaks(of: canary, except: linearFiles) == [])
        // Nothing was changed there by asking.
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        try await gateway.stop()
    }

    @Test("one with another key than its data, one that wants a token, one that is not there")
    func unwell() async throws {
        let (home, gateway, canary) = (try TestHome(), try await GatewayDouble.start(), Canary())
        let variables = home.variables(canary, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        gateway.behaviour.hasOtherMasterKey = true
        let other = try await home.run("gateway status", variables: variables)
        other.expect(76, error: "Gateway refused: it runs with another master key")
        #expect(other.outputText.hasPrefix("[warn] Gateway: "))
        #expect(other.outputText.contains("  master_key:  different\n"))
        gateway.behaviour.hasOtherMasterKey = false
        gateway.behaviour.access = .token("token")
        let refused = try await home.run("gateway status", variables: variables)
        refused.expect(76, error: "Gateway refused: admin token required")
        #expect(refused.outputText.contains("  health:      ok\n  admin:       refused\n  connections: unknown\n"))
        let token = variables.merging(["GATEWAY_ADMIN_TOKEN": "token"]) { $1 }
        try await home.run("gateway status", variables: token).expect(0)
        try await gateway.stop()
        let down = try await home.run("gateway status", variables: variables)
        down.expect(69, error: "Gateway admin not reachable: ")
        #expect(down.outputText.contains("  health:      not reachable\n"))
        #expect(down.errorText.contains("start it:  sigilum gateway start --namespace johndee\n"))
        let document = try await home.run("gateway status --json", variables: variables)
        document.expect(69)
        #expect(document.outputText.contains("\"healthy\": false"))
    }

    @Test("a gateway is looked at without a vault, and beside one that nobody has the key for")
    func withoutVault() async throws {
        let (home, gateway) = (try TestHome(), try await GatewayDouble.start())
        let variables = ["GATEWAY_ADMIN_URL": gateway.url]
        let none = try await home.run("gateway status", variables: variables)
        none.expect(0)
        #expect(none.outputText.contains("  pending:     unknown\n"))
        #expect(!home.exists(".sigilum-workspace"))
        let locked = variables.merging(["GATEWAY_MASTER_KEY": "correct horse battery"]) { $1 }
        try await home.run("vault init", variables: locked).expect(0)
        let closed = try await home.run("gateway status", variables: variables)
        closed.expect(0)
        #expect(closed.errorText.contains("[warn] The vault is not asked: No master key for this vault"))
        try await home.run("gateway status --gateway-admin-url nonsense").expect(64)
        // What is no gateway is none, whatever it answers.
        gateway.behaviour.answering = .lying
        try await home.run("gateway status", variables: variables).expect(76)
        try await gateway.stop()
    }
}
