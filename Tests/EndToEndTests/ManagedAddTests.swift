import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("Services of the managed API")
    struct ManagedAddTests {
        private static let add = ManagedScene.add
        private static let gateway =
            "--mode gateway --upstream-base-url https://api.linear.app --upstream-secret-env SECRET"

        @Test("a native service gets the server's id and the one key that the server shows, in the vault and its file")
        func native() async throws {
            let scene = try await ManagedScene()
            let result = try await scene.run(Self.add)
            result.expect(0)
            #expect(result.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts)
            #expect(result.errorText == "")
            let service = try #require(scene.api.service("linear"))
            #expect(result.outputText.contains("  service_id: \(service.id)\n"))
            #expect(
                service.name == "linear" && service.domain == "localhost" && service.description == "Native service")
            #expect(scene.api.shownKeys == [scene.keys[0].text])
            try await scene.expectSettled(scene.keys[0].text)
            let shown = try await scene.run("service show --service-slug linear")
            shown.expect(0)
            #expect(shown.outputText.contains(service.id))
            try await scene.run("vault verify").expect(0)
            try await scene.finish()
        }

        @Test("a service in gateway mode is made at both, and its key is marked as the gateway's")
        func gateway() async throws {
            let scene = try await ManagedScene()
            let gateway = try await GatewayDouble.start()
            let canary = Canary()
            let variables = scene.home.variables(canary, gateway)
            let result = try await scene.run(addLinear, variables)
            result.expect(0)
            #expect(result.stableOutput == "[ok] Service registered: linear\n" + linearFacts)
            #expect(result.errorText == "")
            #expect(gateway.connections["linear"]?.secrets == ["access_token": canary.text])
            #expect(scene.api.service("linear")?.activeKeys.map { $0.gatewayRegisteredAt != nil } == [true])
            try await scene.expectSettled(scene.keys[0].text, variables)
            let again = try await scene.run(addLinear, variables)
            #expect(again.output == result.output && again.errorText == "")
            try await scene.expectSettled(scene.keys[0].text, variables)
            #expect(scene.home.leaks(of: canary, except: linearFiles) == [])
            try await gateway.stop()
            try await scene.finish()
        }

        @Test("the same words twice change nothing, print the same, and make no second key")
        func twice() async throws {
            let scene = try await ManagedScene()
            let first = try await scene.run(Self.add)
            let (services, filed) = (scene.api.services, scene.filed())
            let history = try await scene.run("vault history service-api-key/linear")
            scene.api.forgetRequests()
            let second = try await scene.run(Self.add)
            second.expect(0)
            #expect(second.output == first.output && second.errorText == "")
            #expect(scene.api.services == services)
            #expect(scene.api.requests.allSatisfy { $0.method == "GET" })
            #expect(scene.filed() == filed)
            #expect(try await scene.run("vault history service-api-key/linear").output == history.output)
            try await scene.finish()
        }

        @Test("other words change the service at the API, and nothing but those")
        func update() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.forgetRequests()
            let words = [
                "--service-name", "Linear \"é\"", "--description", "All issues.", "--domain", "linear.example",
            ]
            try await scene.run(Self.add, more: words).expect(0)
            #expect(scene.api.calls("PATCH", "/v1/services/*") == 1)
            #expect(scene.api.calls("POST") == 0)
            let service = try #require(scene.api.service("linear"))
            #expect(service.name == "Linear \"é\"" && service.description == "All issues.")
            #expect(service.domain == "linear.example")
            try await scene.run(Self.add).expect(0)
            #expect(scene.api.calls("PATCH", "/v1/services/*") == 1)
            try await scene.expectSettled(scene.keys[0].text)
            // What somebody changed at a dashboard is put back, and said.
            scene.api.change("linear") { $0.name = "Theirs" }
            let diff = try await scene.run("vault diff")
            diff.expect(1)
            #expect(diff.outputText.contains("differs: name"))
            let sync = try await scene.run("vault sync")
            sync.expect(0)
            #expect(sync.errorText.contains("[warn] Repaired sigilum-api:linear: name was not as delivered\n"))
            #expect(scene.api.service("linear")?.name == "Linear \"é\"")
            try await scene.finish()
        }

        @Test("a service that the account has already is used, and its other keys stay")
        func known() async throws {
            let scene = try await ManagedScene()
            let theirs = Canary(prefix: "sk_live_")
            var service = APIDouble.Service(name: "Linear", slug: "linear")
            service.keys = [APIDouble.Key(name: "laptop", value: theirs.text)]
            scene.api.preload([service])
            let result = try await scene.run(Self.add)
            result.expect(0)
            #expect(result.outputText.contains("  service_id: \(service.id)\n"))
            #expect(scene.api.services.count == 1)
            #expect(scene.api.accepts(theirs.text) && scene.api.accepts(scene.keys[0].text))
            #expect(scene.filed() == scene.keys[0].text)
            try await scene.run("service key rotate --service-slug linear").expect(0)
            #expect(scene.api.accepts(theirs.text) && !scene.api.accepts(scene.keys[0].text))
            #expect(scene.home.leaks(of: theirs) == [])
            try await scene.finish()
        }

        @Test("--offline saves it without an id or a key, calls nobody, and the next sync brings both")
        func offline() async throws {
            let scene = try await ManagedScene()
            let result = try await scene.run(Self.add + " --offline")
            result.expect(0)
            #expect(
                result.outputText == """
                    [ok] Service registered: linear
                      mode:       native
                      service_id: (pending)
                      api_key:    (pending)
                      key_file:   .sigilum-workspace/service-api-key-linear

                    """)
            #expect(result.errorText == "[i] pending: sigilum-api\n")
            #expect(scene.api.requests.isEmpty && scene.filed() == nil)
            let status = try await scene.run("vault status")
            #expect(status.outputText.contains("sigilum-api:linear"))
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("a key that lay in the file and is active at the API is kept")
        func adopted() async throws {
            let scene = try await ManagedScene()
            let mine = Canary(prefix: "sk_live_")
            var service = APIDouble.Service(name: "linear", slug: "linear", description: "Native service")
            service.keys = [APIDouble.Key(name: "Native service key", value: mine.text)]
            scene.api.preload([service])
            try scene.home.write(mine.bytes, to: ".sigilum-workspace/service-api-key-linear")
            let result = try await scene.run(Self.add)
            result.expect(0)
            let lines = result.errorText.split(separator: "\n")
            #expect(lines.first == "[i] Taken over from its file, as a version of: service-api-key/linear")
            #expect(lines.count == 2 && lines.last?.hasPrefix("[i] The API had this service already") == true)
            #expect(result.outputText.contains("  service_id: \(service.id)\n"))
            #expect(scene.api.shownKeys.isEmpty)
            try await scene.expectSettled(mine.text)
            try await scene.run("service key rotate --service-slug linear").expect(0)
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("a key that lay in the file and is not active is told to be rotated; that revokes nobody else's")
        func adoptedButGone() async throws {
            let scene = try await ManagedScene()
            let mine = Canary(prefix: "sk_live_")
            try scene.home.write(mine.bytes, to: ".sigilum-workspace/service-api-key-linear")
            let result = try await scene.run(Self.add)
            result.expect(76, error: "The service's API key")
            #expect(result.outputText.hasPrefix("[warn] Service saved, not delivered: linear\n"))
            #expect(
                result.errorText.contains("sigilum service key rotate --service-slug linear\n"), "\(result.errorText)")
            #expect(scene.filed() == mine.text)
            try await scene.run("service key rotate --service-slug linear").expect(0)
            try await scene.expectSettled(scene.keys[0].text)
            #expect(scene.home.leaks(of: mine) == [])
            try await scene.finish()
        }

        @Test("a service belongs to where it was registered: the other way is 64, and nothing is changed")
        func otherMode() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            let (services, versions) = (scene.api.services, try await scene.run("vault history service-api-key/linear"))
            let local = try await scene.run(Self.add, ["SIGILUM_MODE": "oss-local"])
            local.expect(64, error: "This service is registered at the API, not in the local database")
            #expect(local.errorText.contains("SIGILUM_MODE=managed"))
            try await scene.run("service add --service-slug other", ["SIGILUM_MODE": "oss-local"]).expect(0)
            let managed = try await scene.run("service add --service-slug other")
            managed.expect(64, error: "This service is registered in the local database, not at the API")
            #expect(scene.api.services == services)
            let after = try await scene.run("vault history service-api-key/linear")
            #expect(after.output == versions.output)
            // Where it is known where the service is, the mode is not asked for again.
            try await scene.run("service key rotate --service-slug linear", ["SIGILUM_MODE": ""]).expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.finish()
        }

        @Test("a key cannot be given, in any way that vault has")
        func given() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.run("service key rotate --service-slug linear").expect(0)
            let value = Canary(prefix: "sk_live_")
            let variables = ["SECRET": value.text]
            for line in [
                "vault put service-api-key/linear --from-env SECRET",
                "vault rotate service-api-key/linear --from-env SECRET",
                "vault rollback service-api-key/linear", "vault generate service-api-key/linear",
            ] {
                let result = try await scene.run(line, variables)
                result.expect(64, error: "The API makes the keys of this service")
                #expect(result.errorText.contains("sigilum service key rotate --service-slug linear"), "\(line)")
            }
            try await scene.run("vault move service-api-key/linear mine/key").expect(64)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.run("vault rotate service-api-key/linear").expect(0)
            #expect(scene.api.shownKeys.count == 3)
            try await scene.expectSettled(scene.api.shownKeys.last)
            #expect(scene.home.leaks(of: value) == [])
            try await scene.finish()
        }
    }
}
