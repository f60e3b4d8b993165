import Testing
import VaultTestSupport

@Suite("Connections of others at the gateway", .few)
struct ForeignConnectionTests {
    private static func theirs(_ secret: Canary) -> GatewayDouble.Connection {
        .init(
            id: "linear", name: "Theirs", baseURL: "https://theirs.example", secretKey: "access_token",
            secrets: ["access_token": secret.text])
    }

    @Test("at another gateway it is left alone by sync and by remove, and taken over with an explicit secret")
    func otherGateway() async throws {
        let home = try TestHome()
        let (ours, theirs) = (Canary(), Canary())
        let (here, there) = (try await GatewayDouble.start(), try await GatewayDouble.start())
        there.preload(Self.theirs(theirs))
        let before = there.connections
        try await home.run(addLinear, variables: home.variables(ours, here)).expect(0)
        let elsewhere = home.variables(ours, there)
        let sync = try await home.run("vault sync", variables: elsewhere)
        sync.expect(76, error: "Something of that name is there already, and this vault did not make it")
        #expect(!sync.errorText.contains("then run:"))
        try await home.run(
            "service add --service-slug linear --upstream-base-url https://eu.linear.app", variables: elsewhere
        ).expect(76)
        #expect(there.connections == before)
        try await home.run(
            "service add --service-slug linear --upstream-base-url https://api.linear.app",
            variables: home.variables(ours, here)
        ).expect(0)
        // The very value that is delivered already: it is the word that counts.
        try await home.run(addLinear, variables: elsewhere).expect(0)
        #expect(there.connections["linear"]?.secrets == ["access_token": ours.text])
        try await home.run("vault sync", variables: elsewhere).expect(0)
        #expect(home.leaks(of: ours, except: linearFiles) == [])
        for gateway in [here, there] { try await gateway.stop() }
    }

    @Test("one that somebody makes after ours was refused is left alone")
    func afterRefusal() async throws {
        let home = try TestHome()
        let (ours, theirs) = (Canary(), Canary())
        let gateway = try await GatewayDouble.start()
        gateway.misbehave(.status(400), beforeNext: "POST", path: "/api/admin/connections")
        try await home.run(
            addLinear.replacing(" --upstream-secret-env SECRET", with: ""),
            variables: home.variables(ours, gateway)
        ).expect(76)
        gateway.behaviour.answering = .honestly
        gateway.preload(Self.theirs(theirs))
        try await home.run("vault sync", variables: home.variables(ours, gateway)).expect(76)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": theirs.text])
        try await home.run(addLinear, variables: home.variables(ours, gateway)).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": ours.text])
        try await gateway.stop()
    }

    @Test("one that took the place of ours is left alone; one that is only gone is made again")
    func replaced() async throws {
        let home = try TestHome()
        let (ours, theirs) = (Canary(), Canary())
        let gateway = try await GatewayDouble.start()
        let variables = home.variables(ours, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        gateway.forget("linear")
        try await home.run("vault sync", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": ours.text])
        gateway.preload(Self.theirs(theirs))
        try await home.run("vault sync", variables: variables).expect(76)
        let name = "upstream-secret/linear/access_token"
        #expect(gateway.connections["linear"]?.secrets == ["access_token": theirs.text])
        try await home.run("vault remove \(name) --confirm \(name) --everywhere", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": theirs.text])
        try await gateway.stop()
    }

    @Test("status and path prefix that somebody changed are put back, and only then said to be repaired")
    func putBack() async throws {
        let home = try TestHome()
        let ours = Canary()
        let gateway = try await GatewayDouble.start()
        let variables = home.variables(ours, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        gateway.change("linear") {
            $0.status = "disabled"
            $0.pathPrefix = "/v9"
        }
        let sync = try await home.run("vault sync", variables: variables)
        sync.expect(0)
        #expect(sync.errorText.contains("[warn] Repaired gateway:linear: status, path_prefix was not as delivered"))
        #expect(gateway.connections["linear"]?.status == "active" && gateway.connections["linear"]?.pathPrefix == "")
        #expect(gateway.connections["linear"]?.secrets == ["access_token": ours.text])
        #expect(try await home.run("vault sync", variables: variables).outputText.hasPrefix("[ok] Nothing to do\n"))
        try await gateway.stop()
    }

    @Test("removing secrets never takes the live connection away, and the service comes back under its slug")
    func removing() async throws {
        let home = try TestHome()
        let (ours, second) = (Canary(), Canary())
        let gateway = try await GatewayDouble.start()
        let variables = home.variables(ours, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        try await home.run(
            "service secret set --service-slug linear --upstream-secret-env SECRET --upstream-secret-key other",
            variables: home.variables(second, gateway)
        ).expect(0)
        let (own, other) = ("upstream-secret/linear/access_token", "upstream-secret/linear/other")
        for more in ["", " --everywhere"] {
            let refused = try await home.run("vault remove \(own) --confirm \(own)" + more, variables: variables)
            refused.expect(64, error: "The connection uses this secret: \(own)")
        }
        gateway.forgetRequests()
        try await home.run("vault remove \(other) --confirm \(other)", variables: variables).expect(0)
        #expect(gateway.requests.isEmpty)
        try await home.run("vault sync", variables: variables).expect(0)
        #expect(gateway.requests.allSatisfy { $0.method == "GET" })
        #expect(gateway.connections["linear"]?.secrets == ["access_token": ours.text, "other": second.text])
        gateway.forgetRequests()
        try await home.run("vault remove \(own) --confirm \(own)", variables: variables).expect(0)
        try await home.run("vault sync", variables: variables).expect(0)
        try await home.run("vault diff", variables: variables).expect(0)
        #expect(gateway.requests.isEmpty)
        try await home.run("service add --service-slug linear", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets["access_token"]?.hasPrefix("gw_") == true)
        try await gateway.stop()
    }

    @Test("a connection that only the gateway knows is taken over with its own key, and only where it keeps our rules")
    func adopting() async throws {
        let home = try TestHome()
        let ours = Canary()
        let gateway = try await GatewayDouble.start()
        let variables = home.variables(ours, gateway)
        let set = "service secret set --service-slug linear --upstream-secret-env SECRET"
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://user:CANARY@theirs.example/?q=CANARY",
                secretKey: "k1", secrets: ["k1": "live"]))
        let refused = try await home.run(set, variables: variables)
        refused.expect(76, error: "The gateway's connection cannot be taken over: its base URL")
        #expect(!refused.errorText.contains("CANARY"))
        #expect(!home.exists(".sigilum-workspace/vault.db"))
        gateway.change("linear") { $0.baseURL = "https://api.linear.app" }
        try await home.run(set + " --upstream-secret-key k9", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.authSecretKey == "k1")
        #expect(gateway.connections["linear"]?.secrets == ["k1": "live", "k9": ours.text])
        try await home.run("service add --service-slug linear", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["k1": "live", "k9": ours.text])
        try await home.run(
            "service add --service-slug linear --upstream-base-url https://eu.linear.app", variables: variables
        ).expect(76, error: "The gateway's connection has 1 further secrets that this vault does not know")
        #expect(gateway.connections["linear"]?.baseURL == "https://api.linear.app")
        try await gateway.stop()
    }

    @Test("a service that the vault knows and that has no connection is 66, without asking the gateway")
    func native() async throws {
        let home = try TestHome()
        try await home.run("service add --service-slug plain").expect(0)
        try await home.run(
            "service secret set --service-slug plain --upstream-secret-env SECRET", variables: home.variables(Canary())
        ).expect(66, error: "Gateway connection not found: plain")
    }

    @Test("the variable that has the secret is not inherited by the command that the master key comes from")
    func scrubbed() async throws {
        let home = try TestHome()
        let ours = Canary()
        let script = home.root + "/key"
        try home.write(
            Array("#!/bin/sh\nenv > \(home.root)/seen\nprintf %064d 7\n".utf8), to: script, mode: 0o700)
        var variables = home.variables(ours)
        variables["GATEWAY_MASTER_KEY_COMMAND"] = script
        try await home.run("vault init", variables: variables).expect(0)
        try await home.run(addLinear + " --offline", variables: variables).expect(0)
        #expect(home.exists(home.root + "/seen"))
        #expect(home.leaks(of: ours, except: linearFiles) == [])
    }
}
