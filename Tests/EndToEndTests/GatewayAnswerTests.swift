import Testing
import VaultTestSupport

@Suite("What the gateway answers", .few)
struct GatewayAnswerTests {
    @Test(
        "a gateway that lies is 76, and the secret is safe",
        arguments: [
            GatewayDouble.Behaviour.Answering.lying, .garbage, .wrongContentType, .quoting(status: 500), .pretending,
        ])
    func lying(answering: GatewayDouble.Behaviour.Answering) async throws {
        let home = try TestHome()
        let canary = Canary()
        var behaviour = GatewayDouble.Behaviour.normal
        behaviour.answering = answering
        let gateway = try await GatewayDouble.start(behaviour)
        let result = try await home.run(addLinear, variables: home.variables(canary, gateway))
        result.expect(76)
        #expect(result.stableOutput == "[warn] Service saved, not delivered: linear\n" + linearFacts)
        gateway.behaviour = .normal
        try await home.run("vault sync", variables: home.variables(canary, gateway)).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("a slow gateway is waited for")
    func slow() async throws {
        let home = try TestHome()
        let canary = Canary()
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.delayMilliseconds = 700
        try await home.run(addLinear, variables: home.variables(canary, gateway)).expect(0)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("without libcurl nothing is sent and nothing is lost, and it is said what to install")
    func withoutLibrary() async throws {
        let home = try TestHome()
        let canary = Canary()
        let gateway = try await GatewayDouble.start()
        // A library of that name that is none is found first.
        try home.write([], to: "libcurl.so.4")
        var without = home.variables(canary, gateway)
        without["LD_LIBRARY_PATH"] = home.work
        let result = try await home.run(addLinear, variables: without)
        result.expect(69)
        #expect(result.stableOutput == "[warn] Service saved, not delivered: linear\n" + linearFacts)
        #expect(result.errorText.contains("[ERROR] libcurl is not on this machine"))
        #expect(result.errorText.contains("  install it:  sudo apt-get install -y libcurl4\n"))
        try await home.run("gateway status", variables: without).expect(69)
        #expect(gateway.requests.isEmpty)
        try await home.run("vault sync", variables: home.variables(canary, gateway)).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("a gateway that dies at a request is 69, and the next run ends in the same state")
    func dying() async throws {
        for moment in GatewayDouble.Death.Moment.allCases {
            let home = try TestHome()
            let canary = Canary()
            let gateway = try await GatewayDouble.start()
            gateway.die(moment, method: "POST")
            try await home.run(addLinear, variables: home.variables(canary, gateway)).expect(69)
            try await gateway.restart()
            let result = try await home.run(addLinear, variables: home.variables(canary, gateway))
            result.expect(0)
            #expect(result.stableOutput == "[ok] Service registered: linear\n" + linearFacts)
            #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
            #expect(home.leaks(of: canary, except: linearFiles) == [])
            try await gateway.stop()
        }
    }

    @Test("a gateway that wants an admin token is 76 without it and served with it")
    func token() async throws {
        let home = try TestHome()
        let (canary, token) = (Canary(), Canary(prefix: ""))
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.access = .token(token.text)
        var variables = home.variables(canary, gateway)
        let refused = try await home.run(addLinear, variables: variables)
        refused.expect(76, error: "Gateway refused: admin token required")
        #expect(refused.errorText.contains("GATEWAY_ADMIN_TOKEN"))
        variables["GATEWAY_ADMIN_TOKEN"] = token.text
        try await home.run(addLinear, variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        #expect(home.leaks(of: token) == [])
        try await gateway.stop()
    }

    @Test("a connection that was there before is taken over only with an explicit secret")
    func strangersConnection() async throws {
        let home = try TestHome()
        let (theirs, ours) = (Canary(), Canary())
        let gateway = try await GatewayDouble.start()
        gateway.preload(
            .init(
                id: "linear", name: "Theirs", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": theirs.text]))
        let without = try await home.run(
            "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app",
            variables: home.variables(ours, gateway))
        without.expect(76)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": theirs.text])
        try await home.run(addLinear, variables: home.variables(ours, gateway)).expect(0)
        #expect(gateway.connections["linear"]?.secrets == ["access_token": ours.text])
        #expect(home.leaks(of: theirs) == [])
        #expect(home.leaks(of: ours, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("secret set adopts a slug that only the gateway knows, and is 66 where nobody does")
    func adopted() async throws {
        let home = try TestHome()
        let canary = Canary()
        let gateway = try await GatewayDouble.start()
        let set = "service secret set --upstream-secret-env SECRET --service-slug "
        try await home.run(set + "linear", variables: home.variables(canary, gateway))
            .expect(66, error: "Gateway connection not found: linear")
        #expect(!home.exists(".sigilum-workspace"))
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": "old"]))
        let result = try await home.run(set + "linear", variables: home.variables(canary, gateway))
        result.expect(0)
        #expect(result.errorText.contains("[i] Taken over from the gateway: connection linear\n"))
        #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        try await gateway.stop()
    }

    @Test("files that were there before the vault become its values")
    func files() async throws {
        let home = try TestHome()
        let (key, secret) = (Canary(prefix: "sk_live_"), Canary())
        try home.write(key.bytes, to: ".sigilum-workspace/service-api-key-linear")
        try home.write(secret.bytes + [10], to: ".sigilum-workspace/gateway-connection-secret-linear")
        let gateway = try await GatewayDouble.start()
        let result = try await home.run(
            "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app",
            variables: home.variables(secret, gateway))
        result.expect(0)
        #expect(result.errorText.contains("[i] Taken over from its file, as a version of: service-api-key/linear\n"))
        let name = "upstream-secret/linear/access_token"
        #expect(result.errorText.contains("[i] Taken over from its file, as a version of: \(name)\n"))
        #expect(gateway.connections["linear"]?.secrets == ["access_token": secret.text])
        let revealed = try await home.runner.run(
            home.call("vault get service-api-key/linear --reveal-secrets"))
        #expect(revealed.outputText == key.text + "\n")
        #expect(home.leaks(of: secret, except: linearFiles) == [])
        #expect(home.leaks(of: key, except: ["service-api-key-linear"]) == [])
        try await gateway.stop()
    }

    @Test("a slug belongs to one namespace of a home")
    func namespaces() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        let before = try await home.run("vault history upstream-secret/linear/access_token")
        let other = try await home.run(
            addLinear + " --offline --namespace other-owner", variables: home.variables(Canary()))
        other.expect(64, error: "This slug belongs to another namespace of this home: johndee")
        let after = try await home.run("vault history upstream-secret/linear/access_token")
        #expect(after.output == before.output)
        try await home.run("service add --service-slug another --namespace other-owner").expect(0)
        let list = try await home.run("service list --namespace other-owner")
        #expect(list.outputText.contains("another"))
        #expect(!list.outputText.contains("linear"))
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }
}
