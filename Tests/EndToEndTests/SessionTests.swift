import Testing
import VaultTestSupport

@Suite("A user's session", .few)
struct SessionTests {
    @Test("without a gateway, all is stored, the facts are printed and what is pending is said")
    func withoutGateway() async throws {
        let home = try TestHome()
        let (first, second) = (Canary(), Canary())
        let native = try await home.run(
            "service add --service-slug my-native-service --mode native --service-name", more: ["My Native Service"])
        native.expect(0)
        #expect(
            native.stableOutput == """
                [ok] Service registered: my-native-service
                  mode:       native
                  service_id: svc_ID
                  api_key:    sk_****** (hidden)
                  key_file:   .sigilum-workspace/service-api-key-my-native-service

                """)
        #expect(native.errorText.contains("[i] Made the Sigilum home: \(home.sigilum)\n"))
        #expect(native.errorText.contains("[i] Made a new vault: \(home.database)\n"))
        #expect(native.errorText.contains("[i] Made a new master key: \(home.sigilum)/gateway-master-key"))

        let added = try await home.run(addLinear, variables: home.variables(first))
        added.expect(69)
        #expect(added.stableOutput == "[warn] Service saved, not delivered: linear\n" + linearFacts)
        #expect(
            added.errorText == """
                [ERROR] Gateway admin not reachable: http://127.0.0.1:9
                  saved in the vault; not yet delivered to: gateway
                  start it:  sigilum gateway start --namespace johndee
                  check it:  curl http://127.0.0.1:9/health
                  then run:  sigilum vault sync

                """)
        #expect(home.contents(".sigilum-workspace/gateway-connection-secret-linear") == first.bytes)

        let set = try await home.run(
            "service secret set --service-slug linear --upstream-secret-env SECRET", variables: home.variables(second))
        set.expect(69, error: "Gateway admin not reachable: http://127.0.0.1:9")
        #expect(home.contents(".sigilum-workspace/gateway-connection-secret-linear") == second.bytes)

        let list = try await home.run("service list")
        list.expect(0)
        #expect(
            list.stableOutput == """
                [ok] Services for namespace: johndee
                  my-native-service (svc_ID)
                    mode: native
                    created: TIME
                  linear (svc_ID)
                    mode: gateway
                    upstream: https://api.linear.app
                    created: TIME

                """)
        for reading in ["vault list", "vault log", "vault verify", "vault status", "vault find linear"] {
            try await home.run(reading).expect(0)
        }
        let history = try await home.run("vault history upstream-secret/linear/access_token --json")
        history.expect(0)
        #expect(history.outputText.contains(#""name": "upstream-secret/linear/access_token""#))
        #expect(home.leaks(of: first) == [])
        #expect(home.leaks(of: second, except: linearFiles) == [])
    }

    @Test("with a gateway, everything is delivered and every line ends with 0")
    func withGateway() async throws {
        let home = try TestHome()
        let gateway = try await GatewayDouble.start()
        let (first, second) = (Canary(), Canary())
        let added = try await home.run(addLinear, variables: home.variables(first, gateway))
        added.expect(0)
        #expect(added.stableOutput == "[ok] Service registered: linear\n" + linearFacts)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": first.text])
        let set = try await home.run(
            "service secret set --service-slug linear --upstream-secret-env SECRET",
            variables: home.variables(second, gateway))
        set.expect(0)
        #expect(
            set.outputText == """
                [ok] Secret updated for service: linear
                  connection_id:   linear
                  secret_key:      access_token
                  connection_file: .sigilum-workspace/gateway-connection-secret-linear

                """)
        #expect(set.errorText == "")
        #expect(gateway.connections["linear"]?.secrets == ["access_token": second.text])
        try await home.run("vault diff", variables: home.variables(second, gateway)).expect(0)
        try await home.run("vault sync --dry-run", variables: home.variables(second, gateway)).expect(0)
        #expect(home.leaks(of: first) == [])
        #expect(home.leaks(of: second, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("the same command twice changes nothing and prints the same")
    func twice() async throws {
        let home = try TestHome()
        let gateway = try await GatewayDouble.start()
        let canary = Canary()
        let first = try await home.run(addLinear, variables: home.variables(canary, gateway))
        let versions = try await home.run("vault history upstream-secret/linear/access_token --json")
        let (made, files) = (gateway.connections, home.files(below: home.sigilum))
        let second = try await home.run(addLinear, variables: home.variables(canary, gateway))
        second.expect(0)
        #expect(second.output == first.output)
        #expect(second.errorText == "")
        let after = try await home.run("vault history upstream-secret/linear/access_token --json")
        #expect(after.output == versions.output)
        #expect(gateway.connections == made)
        let exports = ["service-api-key-linear", "gateway-connection-secret-linear", "gateway-master-key"]
        for name in exports { #expect(home.files(below: home.sigilum)[name] == files[name]) }
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("--offline makes it a success, tries no network, and says what is pending")
    func offline() async throws {
        let home = try TestHome()
        let gateway = try await GatewayDouble.start()
        let canary = Canary()
        let result = try await home.run(addLinear + " --offline", variables: home.variables(canary, gateway))
        result.expect(0)
        #expect(result.stableOutput == "[ok] Service registered: linear\n" + linearFacts)
        #expect(result.errorText.hasSuffix("[i] pending: gateway\n"))
        #expect(gateway.requests.isEmpty)
        try await home.run("vault sync", variables: home.variables(canary, gateway)).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("--reveal-secrets prints the key and the secret, and only then")
    func reveals() async throws {
        let home = try TestHome()
        let canary = Canary()
        let result = try await home.run(
            addLinear + " --offline --reveal-secrets", variables: home.variables(canary))
        result.expect(0)
        #expect(result.outputText.contains("  secret_key:      access_token\n  secret_value:    \(canary.text)\n"))
        #expect(result.outputText.firstMatch(of: /api_key:         sk_live_[0-9a-f]{48}\n/) != nil)
    }

    @Test("under the name vault, the vault's commands need no prefix and hints say ./vault")
    func launcher() async throws {
        let home = try TestHome()
        let canary = Canary()
        let result = try await home.run(addLinear, variables: home.variables(canary), name: "vault")
        result.expect(69)
        #expect(result.errorText.contains("  then run:  ./vault sync\n"), "\(result.errorText)")
        try await home.run("verify", name: "vault").expect(0)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }
}
