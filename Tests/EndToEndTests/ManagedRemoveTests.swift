import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("Removing a service")
    struct ManagedRemoveTests {
        private static let add = ManagedScene.add
        private static let remove = "service remove --service-slug linear --confirm linear"

        @Test("everywhere: nothing of it is left at the API, at the gateway, in files or in the vault")
        func everywhere() async throws {
            let scene = try await ManagedScene()
            let gateway = try await GatewayDouble.start()
            let canary = Canary()
            let variables = scene.home.variables(canary, gateway)
            try await scene.run(addLinear, variables).expect(0)
            let result = try await scene.run(Self.remove + " --everywhere", variables)
            result.expect(0)
            #expect(result.outputText.hasPrefix("[ok] Service removed: linear\n"))
            #expect(scene.api.services.isEmpty && gateway.connections.isEmpty)
            #expect(scene.filed() == nil && !scene.home.exists(".sigilum-workspace/gateway-connection-secret-linear"))
            let list = try await scene.run("service list")
            #expect(list.outputText == "[ok] Services for namespace: johndee\n  (none)\n")
            try await scene.run("vault get service-api-key/linear").expect(66)
            try await scene.run("service show --service-slug linear").expect(66)
            try await scene.run("vault sync --dry-run", variables).expect(0)
            try await scene.run(Self.remove, variables).expect(66, error: "No such service: linear")
            try await scene.run("vault verify").expect(0)
            #expect(scene.home.leaks(of: canary) == [])
            for key in scene.keys { #expect(scene.home.leaks(of: key) == []) }
            try await gateway.stop()
            try await scene.finish()
        }

        @Test("without that word, the API keeps it, and it can be taken up again with a new key")
        func here() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.forgetRequests()
            let result = try await scene.run(Self.remove)
            result.expect(0)
            #expect(result.errorText.contains("[i] Still delivered: sigilum-api:linear\n"))
            #expect(scene.api.requests.isEmpty && scene.api.accepts(scene.keys[0].text))
            #expect(scene.filed() == nil)
            let list = try await scene.run("service list")
            #expect(list.outputText.contains("    only: at the API\n"))
            try await scene.run(Self.add).expect(0)
            #expect(scene.api.services.count == 1 && scene.filed() == scene.keys[1].text)
            try await scene.run("vault sync --dry-run").expect(0)
            try await scene.finish()
        }

        @Test("the slug must be said twice, and be the same")
        func confirm() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            let line = "service remove --service-slug linear --everywhere"
            try await scene.run(line).expect(64, error: "Removing needs --confirm SLUG")
            for wrong in ["Linear", "linea", "other"] {
                try await scene.run(line, more: ["--confirm=\(wrong)"])
                    .expect(64, error: "--confirm is not the service's slug")
            }
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("without the API, it is gone here, said to be pending, and a sync finishes it")
        func down() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.api.stop()
            let result = try await scene.run(Self.remove + " --everywhere")
            result.expect(69, error: "API not reachable: \(scene.api.url)")
            #expect(result.outputText.hasPrefix("[warn] Service removed, not everywhere: linear\n"))
            #expect(result.errorText.contains("sigilum-api"))
            #expect(scene.filed() == nil)
            let status = try await scene.run("vault status")
            #expect(status.outputText.contains("sigilum-api:linear"))
            try await scene.api.restart()
            #expect(scene.api.accepts(scene.keys[0].text))
            try await scene.run("vault sync").expect(0)
            #expect(scene.api.services.isEmpty)
            try await scene.run("vault sync --dry-run").expect(0)
            try await scene.finish()
        }

        @Test("added again, at once or while it is still being removed, it has one key")
        func again() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.run(Self.remove + " --everywhere").expect(0)
            let result = try await scene.run(Self.add)
            result.expect(0)
            #expect(result.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.api.stop()
            try await scene.run(Self.remove + " --everywhere").expect(69)
            try await scene.run(Self.add).expect(69)
            try await scene.api.restart()
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.api.shownKeys.last)
            try await scene.finish()
        }

        @Test(
            "an API that dies at any request of it: a sync finishes it",
            arguments: APIDouble.Death.Moment.allCases)
        func dying(_ moment: APIDouble.Death.Moment) async throws {
            for request in 1... {
                let scene = try await ManagedScene()
                try await scene.run(Self.add).expect(0)
                scene.api.die(moment, occurrence: request)
                let result = try await scene.run(Self.remove + " --everywhere")
                guard !scene.api.isRunning else {
                    result.expect(0)
                    #expect(request > 1)
                    try await scene.finish()
                    return
                }
                result.expect(69)
                try await scene.api.restart()
                try await scene.run("vault sync").expect(0)
                #expect(scene.api.services.isEmpty)
                try await scene.run("vault sync --dry-run").expect(0)
                try await scene.finish()
                try #require(request < 20)
            }
        }

        @Test("one that never reached the API takes no other service of that name away with it")
        func neverDelivered() async throws {
            let scene = try await ManagedScene()
            try await scene.api.stop()
            try await scene.run(Self.add).expect(69)
            try await scene.api.restart()
            scene.api.preload([.init(name: "Somebody's", slug: "linear")])
            try await scene.run(Self.remove + " --everywhere").expect(0)
            #expect(scene.api.services.map(\.name) == ["Somebody's"])
            try await scene.run("vault sync --dry-run").expect(0)
            try await scene.finish()
        }

        @Test("a service that the account had before keeps its words when it is added, and stays when it is removed")
        func takenUp() async throws {
            let scene = try await ManagedScene()
            scene.api.preload([
                .init(name: "Linear Prod", slug: "linear", domain: "prod.example.com", description: "Ours.")
            ])
            scene.api.change("linear") { $0.keys = [.init(name: "prod", value: "sk_live_of_production")] }
            let added = try await scene.run(Self.add)
            added.expect(0)
            #expect(added.errorText.contains("[i] The API had this service already"))
            let there = try #require(scene.api.service("linear"))
            #expect(there.name == "Linear Prod" && there.domain == "prod.example.com" && there.description == "Ours.")
            try await scene.run("vault sync --dry-run").expect(0)
            let removed = try await scene.run(Self.remove + " --everywhere")
            removed.expect(0)
            #expect(removed.errorText.contains("[i] The service itself stays at the API"))
            #expect(scene.api.service("linear")?.activeKeys.map(\.name) == ["prod"])
            try await scene.run("vault sync --dry-run").expect(0)
            try await scene.finish()
        }

        @Test("a service that somebody deleted already is removed without complaint")
        func deleted() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.forget("linear")
            try await scene.run(Self.remove + " --everywhere").expect(0)
            try await scene.run("vault sync --dry-run").expect(0)
            try await scene.finish()
        }

        @Test("in the local database: everywhere, here alone, and added again")
        func local() async throws {
            let home = try TestHome()
            let file = ".sigilum-workspace/service-api-key-linear"
            try await home.run(Self.add).expect(0)
            try await home.run(Self.remove + " --everywhere").expect(0)
            #expect(try home.localKeys().isEmpty && home.localServices() == 0)
            #expect(!home.exists(file))
            let again = try await home.run(Self.add)
            again.expect(0)
            #expect(again.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts)
            #expect(try home.localKeys() == [home.hash(of: file)].compactMap { $0 })
            // Here alone, the database keeps it, and it is taken up again.
            try await home.run(Self.remove).expect(0)
            #expect(try home.localServices() == 1 && home.localKeys().count == 1)
            #expect(!home.exists(file))
            try await home.run(Self.add).expect(0)
            #expect(try home.localServices() == 1)
            #expect(try home.hash(of: file).map(home.localKeys().contains) == true)
            try await home.run("vault sync --dry-run").expect(0)
            try await home.run("vault verify").expect(0)
        }
    }
}
