import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("When the managed API is not there")
    struct ManagedOutageTests {
        private static let add = ManagedScene.add

        @Test("without the API, the service is saved, the facts say what is pending, and a sync delivers it everywhere")
        func down() async throws {
            let scene = try await ManagedScene()
            let gateway = try await GatewayDouble.start()
            let canary = Canary()
            let variables = scene.home.variables(canary, gateway)
            try await scene.api.stop()
            let result = try await scene.run(addLinear, variables)
            result.expect(69)
            #expect(
                result.outputText == """
                    [warn] Service saved, not delivered: linear
                      mode:            gateway
                      service_id:      (pending)
                      api_key:         (pending)
                      upstream_url:    https://api.linear.app
                      auth_mode:       bearer
                      connection_id:   linear
                      secret_key:      access_token
                      key_file:        .sigilum-workspace/service-api-key-linear
                      connection_file: .sigilum-workspace/gateway-connection-secret-linear

                    """)
            #expect(
                result.errorText == """
                    [ERROR] API not reachable: \(scene.api.url)
                      saved in the vault; not yet delivered to: sigilum-api
                      check it:  curl \(scene.api.url)
                      then run:  sigilum vault sync

                    """)
            #expect(scene.filed() == nil)
            #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
            for line in ["vault diff", "vault sync --dry-run"] {
                let result = try await scene.run(line, variables)
                result.expect(1)
                #expect(result.outputText.contains("sigilum-api:linear"))
            }
            try await scene.api.restart()
            try await scene.run("vault sync", variables).expect(0)
            try await scene.expectSettled(scene.keys[0].text, variables)
            #expect(scene.api.service("linear")?.activeKeys.map { $0.gatewayRegisteredAt != nil } == [true])
            #expect(scene.home.leaks(of: canary, except: linearFiles) == [])
            try await gateway.stop()
            try await scene.finish()
        }

        @Test("an API that cannot be looked at is called that, and not a gateway")
        func lookedAt() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.api.stop()
            for line in ["vault diff", "vault sync --dry-run", "vault sync"] {
                let result = try await scene.run(line)
                result.expect(69, error: "API not reachable: \(scene.api.url)")
                #expect(!result.errorText.contains("ateway"), "\(result.errorText)")
            }
            try await scene.finish()
        }

        @Test(
            "an API that dies at any request of service add is 69, and the next run ends with one key",
            arguments: APIDouble.Death.Moment.allCases)
        func dying(_ moment: APIDouble.Death.Moment) async throws {
            for request in 1... {
                let scene = try await ManagedScene()
                scene.api.die(moment, occurrence: request)
                let result = try await scene.run(Self.add)
                guard !scene.api.isRunning else {
                    result.expect(0)
                    #expect(request > 8)
                    try await scene.finish()
                    return
                }
                result.expect(69, error: "API not reachable: \(scene.api.url)")
                #expect(result.outputText.hasPrefix("[warn] Service saved, not delivered: linear\n"))
                try await scene.api.restart()
                let again = try await scene.run(Self.add)
                again.expect(0)
                #expect(again.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts)
                try await scene.expectSettled()
                // No key of another operation, and none left over.
                #expect(Set(scene.api.service("linear")?.keys.map(\.name) ?? []).count == 1, "\(moment) \(request)")
                try await scene.finish()
                try #require(request < 30)
            }
        }

        @Test(
            "an API that dies while a key is rotated loses none: the next run ends with one key",
            arguments: APIDouble.Death.Moment.allCases)
        func dyingWhileRotating(_ moment: APIDouble.Death.Moment) async throws {
            for request in 1... {
                let scene = try await ManagedScene()
                try await scene.run(Self.add).expect(0)
                scene.api.die(moment, occurrence: request)
                let result = try await scene.run("service key rotate --service-slug linear")
                guard !scene.api.isRunning else {
                    result.expect(0)
                    try await scene.finish()
                    return
                }
                result.expect(69)
                // What the file has is let in, whatever happened.
                #expect(scene.filed().map(scene.api.accepts) == true, "\(moment) \(request)")
                try await scene.api.restart()
                try await scene.run("vault sync").expect(0)
                try await scene.expectSettled()
                #expect(try await scene.value() != scene.keys[0].text)
                try await scene.finish()
                try #require(request < 30)
            }
        }

        @Test("a slow API is waited for")
        func slow() async throws {
            let scene = try await ManagedScene()
            scene.api.behaviour.delayMilliseconds = 300
            try await scene.run(Self.add).expect(0)
            scene.api.behaviour.delayMilliseconds = 0
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("two runs at once end with one service and one key")
        func twoAtOnce() async throws {
            let scene = try await ManagedScene()
            scene.api.behaviour.delayMilliseconds = 50
            async let one = scene.run(Self.add)
            async let other = scene.run(Self.add)
            let results = try await [one, other]
            for result in results { result.expect(0) }
            #expect(results[0].output == results[1].output)
            scene.api.behaviour.delayMilliseconds = 0
            #expect(scene.api.shownKeys.count == 1)
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }
    }
}
