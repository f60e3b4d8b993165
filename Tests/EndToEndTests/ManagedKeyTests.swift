import Foundation
import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("Rotating the API key of a service")
    struct ManagedKeyTests {
        private static let add = ManagedScene.add
        private static let rotate = "service key rotate --service-slug linear"

        @Test("at the managed API: a new key everywhere, and the old one is revoked")
        func managed() async throws {
            let scene = try await ManagedScene()
            let gateway = try await GatewayDouble.start()
            let variables = scene.home.variables(Canary(), gateway)
            try await scene.run(addLinear, variables).expect(0)
            let result = try await scene.run(Self.rotate, variables)
            result.expect(0)
            #expect(
                result.outputText == """
                    [ok] API key rotated for service: linear
                      api_key:  sk_****** (hidden)
                      version:  2
                      key_file: .sigilum-workspace/service-api-key-linear
                      old_key:  revoked

                    """)
            #expect(!scene.api.accepts(scene.keys[0].text))
            #expect(scene.api.service("linear")?.activeKeys.map { $0.gatewayRegisteredAt != nil } == [true])
            try await scene.expectSettled(scene.keys[1].text, variables)
            try await gateway.stop()
            try await scene.finish()
        }

        @Test("with a grace, the old key is let in until its end, and a sync after it revokes the key")
        func grace() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            let result = try await scene.run(Self.rotate + " --grace-seconds 3600")
            result.expect(0)
            #expect(result.stableOutput.contains("  old_key:  valid until TIME\n"))
            #expect(result.errorText.contains("[i] The next sigilum vault sync after that revokes the old key\n"))
            #expect(scene.filed() == scene.keys[1].text)
            try await scene.run("vault sync").expect(0)
            try await scene.run("vault diff").expect(0)
            #expect(scene.api.accepts(scene.keys[0].text) && scene.api.accepts(scene.keys[1].text))
            // Of a grace that is short, the end can be waited for.
            try await scene.run(Self.rotate + " --grace-seconds 4").expect(0)
            #expect(scene.api.accepts(scene.keys[1].text))
            try await scene.home.expectPending("sigilum-api:linear")
            try await scene.run("vault sync --dry-run").expect(1)
            let sync = try await scene.run("vault sync")
            sync.expect(0)
            #expect(!sync.errorText.contains("[warn]"))
            #expect(!scene.api.accepts(scene.keys[0].text) && !scene.api.accepts(scene.keys[1].text))
            try await scene.expectSettled(scene.api.shownKeys.last)
            try await scene.finish()
        }

        @Test("a key that is asked for while the API is away comes with the next sync, and its grace begins then")
        func outage() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.api.stop()
            let result = try await scene.run(Self.rotate + " --grace-seconds 3600")
            result.expect(69, error: "API not reachable: \(scene.api.url)")
            #expect(result.outputText.hasPrefix("[warn] API key not rotated everywhere: linear\n"))
            #expect(scene.filed() == scene.keys[0].text)
            try await scene.api.restart()
            try await scene.run("vault sync").expect(0)
            #expect(scene.filed() == scene.keys[1].text)
            #expect(scene.api.accepts(scene.keys[0].text) && scene.api.accepts(scene.keys[1].text))
            try await scene.finish()
        }

        @Test("offline, a rotation is a wish: what is there stays as it is")
        func offline() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.forgetRequests()
            let result = try await scene.run(Self.rotate + " --offline")
            result.expect(0)
            #expect(result.outputText.contains("  old_key:  (pending)\n"), "\(result.outputText)")
            #expect(result.errorText == "[i] pending: sigilum-api\n")
            #expect(scene.api.requests.isEmpty && scene.filed() == scene.keys[0].text)
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.finish()
        }

        @Test("a key that somebody revoked is found, the next command is said, and it mends it")
        func revoked() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.change("linear") { $0.keys[0].revokedAt = "2026-03-01T10:00:00.000Z" }
            let hint = "sigilum service key rotate --service-slug linear"
            for line in ["vault diff", "vault sync --dry-run"] {
                let result = try await scene.run(line)
                result.expect(1)
                #expect(result.outputText.firstMatch(of: /sigilum-api:linear +differs: api_key/) != nil)
                #expect(result.errorText.contains(hint), "\(result.errorText)")
            }
            for line in ["vault sync", Self.add] {
                let result = try await scene.run(line)
                result.expect(76, error: "The service's API key")
                #expect(result.errorText.contains(hint), "\(result.errorText)")
                #expect(!result.errorText.contains("SLUG"))
            }
            #expect(scene.api.shownKeys.count == 1)
            try await scene.run(Self.rotate).expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.finish()
        }

        @Test("in the local database: a new key everywhere, the old one revoked at once or after its grace")
        func local() async throws {
            let home = try TestHome()
            let file = ".sigilum-workspace/service-api-key-linear"
            try await home.run(Self.add).expect(0)
            let first = try #require(home.hash(of: file))
            #expect(try home.localKeys() == [first])
            let result = try await home.run(Self.rotate)
            result.expect(0)
            #expect(
                result.outputText == """
                    [ok] API key rotated for service: linear
                      api_key:  sk_****** (hidden)
                      version:  2
                      key_file: .sigilum-workspace/service-api-key-linear
                      old_key:  revoked

                    """)
            let second = try #require(home.hash(of: file))
            #expect(second != first)
            #expect(try home.localKeys() == [second])
            try await home.run(Self.rotate + " --grace-seconds 3600").expect(0)
            let third = try #require(home.hash(of: file))
            #expect(try Set(home.localKeys()) == [second, third])
            try await home.run("vault sync").expect(0)
            try await home.run("vault diff").expect(0)
            #expect(try Set(home.localKeys()) == [second, third])
            try await home.run(Self.rotate + " --grace-seconds 4").expect(0)
            try await home.expectPending("local-api:linear")
            try await home.run("vault sync --dry-run").expect(1)
            try await home.run("vault sync").expect(0)
            #expect(try home.localKeys() == [home.hash(of: file)].compactMap { $0 })
            try await home.run("vault sync --dry-run").expect(0)
        }

        @Test("a file that cannot be written keeps the key that it has valid, in the local database too")
        func fileInTheWay() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.run("service add --service-slug other", ["SIGILUM_MODE": "oss-local"]).expect(0)
            for slug in ["linear", "other"] {
                let file = scene.home.sigilum + "/service-api-key-\(slug)"
                try FileManager.default.removeItem(atPath: file)
                try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
                let result = try await scene.run("service key rotate --service-slug \(slug)")
                #expect(result.status != 0, "\(result.outputText)")
                #expect(result.outputText.contains("  old_key:  (pending)\n"), "\(result.outputText)")
            }
            #expect(scene.api.service("linear")?.activeKeys.count == 2)
            #expect(try scene.home.localKeys().count == 2)
            for slug in ["linear", "other"] {
                try FileManager.default.removeItem(atPath: scene.home.sigilum + "/service-api-key-\(slug)")
            }
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            #expect(try scene.home.localKeys().count == 1)
            try await scene.finish()
        }

        @Test("seconds that are none, and services that are none, change nothing")
        func wrongWords() async throws {
            let home = try TestHome()
            try await home.run(Self.rotate).expect(66)
            #expect(!home.exists(".sigilum-workspace"))
            try await home.run(Self.add).expect(0)
            let before = home.contents(".sigilum-workspace/service-api-key-linear")
            for seconds in ["-1", "1e9", "x", "", "7776001", "99999999999999999999"] {
                try await home.run(Self.rotate, more: ["--grace-seconds=\(seconds)"]).expect(64)
            }
            try await home.run("service key rotate --service-slug other").expect(66, error: "No such service: other")
            #expect(home.contents(".sigilum-workspace/service-api-key-linear") == before)
        }
    }
}
