import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("The list of managed services")
    struct ManagedListTests {
        /// An account with a service of its own, older than the one that the vault made, and one that the vault made and
        /// somebody deleted at the API.
        private func scene() async throws -> ManagedScene {
            let scene = try await ManagedScene()
            scene.api.preload([
                APIDouble.Service(name: "Theirs", slug: "theirs", createdAt: "2020-03-01T10:00:00Z")
            ])
            for slug in ["gone", "linear"] { try await scene.run("service add --service-slug \(slug)").expect(0) }
            scene.api.forget("gone")
            return scene
        }

        private func text(_ scene: ManagedScene, _ first: String, _ marked: Bool) -> String {
            let theirs = """
                  theirs (svc_ID)
                    mode: unknown
                    created: TIME
                    only: at the API

                """
            let gone = """
                  gone (svc_ID)
                    mode: native
                    created: TIME

                """
            let linear = """
                  linear (svc_ID)
                    mode: native
                    created: TIME

                """
            return first + "\n" + (marked ? theirs + linear + gone + "    only: in the vault\n" : gone + linear)
        }

        @Test("what the API has comes in its order, then what only the vault knows; each is marked")
        func list() async throws {
            let scene = try await scene()
            let result = try await scene.run("service list")
            result.expect(0)
            #expect(result.stableOutput == text(scene, "[ok] Services for namespace: johndee", true))
            #expect(result.errorText == "")
            let json = try await scene.run("service list --json")
            json.expect(0)
            let services = try #require(json.document["services"] as? [[String: Any]])
            #expect(services.map { $0["slug"] as? String } == ["theirs", "linear", "gone"])
            #expect(services.map { $0["only"] as? String } == ["api", nil, "vault"])
            #expect(services.map { $0["mode"] as? String } == [nil, "native", "native"])
            #expect(services[0]["id"] as? String == scene.api.service("theirs")?.id)
            #expect(services[1]["id"] as? String == scene.api.service("linear")?.id)
            #expect(json.document["namespace"] as? String == "johndee")
            // What is only local is another list, and does not call the API.
            scene.api.forgetRequests()
            try await scene.run("service list", ["SIGILUM_MODE": "oss-local"]).expect(0)
            #expect(scene.api.requests.isEmpty)
            try await scene.finish(except: ["service-api-key-gone"])
        }

        @Test("an account without services has none")
        func empty() async throws {
            let scene = try await ManagedScene()
            let result = try await scene.run("service list")
            result.expect(0)
            #expect(result.outputText == "[ok] Services for namespace: johndee\n  (none)\n")
            let json = try await scene.run("service list --json")
            #expect((json.document["services"] as? [Any])?.isEmpty == true)
            try await scene.finish()
        }

        @Test("without the API, what the vault knows is listed all the same, and it is 69")
        func down() async throws {
            let scene = try await scene()
            try await scene.api.stop()
            let result = try await scene.run("service list")
            result.expect(69, error: "API not reachable: \(scene.api.url)")
            let first = "[warn] Services for namespace: johndee (as the vault knows them)"
            #expect(result.stableOutput == text(scene, first, false))
            let json = try await scene.run("service list --json")
            json.expect(69)
            let services = try #require(json.document["services"] as? [[String: Any]])
            #expect(services.map { $0["slug"] as? String } == ["gone", "linear"])
            #expect(services.allSatisfy { $0["only"] == nil })
            try await scene.finish(except: ["service-api-key-gone"])
        }

        @Test(
            "names and slugs of the API cannot steer the terminal", arguments: ["\u{1b}[31mred", "a\nb", "\u{202e}x"])
        func hostile(_ name: String) async throws {
            let scene = try await ManagedScene()
            scene.api.preload([APIDouble.Service(name: name, slug: name, createdAt: name)])
            let result = try await scene.run("service list")
            #expect(!result.outputText.contains(name), "\(result.outputText)")
            try await scene.finish()
        }

        @Test("a service that somebody deleted at the API is told, and a rotation makes it again")
        func deleted() async throws {
            let scene = try await ManagedScene()
            try await scene.run(ManagedScene.add).expect(0)
            let id = scene.api.service("linear")?.id
            scene.api.forget("linear")
            let diff = try await scene.run("vault diff")
            diff.expect(1)
            #expect(diff.outputText.contains("missing"))
            let hint = "sigilum service key rotate --service-slug linear"
            for line in ["vault sync", ManagedScene.add] {
                let result = try await scene.run(line)
                result.expect(76)
                #expect(result.errorText.contains(hint), "\(result.errorText)")
            }
            try await scene.run("service key rotate --service-slug linear").expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            #expect(scene.api.service("linear")?.id != id)
            let list = try await scene.run("service list")
            #expect(list.outputText.contains("linear (\(scene.api.service("linear")?.id ?? "?"))"))
            try await scene.finish()
        }
    }
}
