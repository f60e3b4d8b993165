import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("The owner token of managed calls")
    struct ManagedTokenTests {
        private static let add = ManagedScene.add

        @Test("without a token it is 64, and nothing is made or stored")
        func none() async throws {
            let scene = try await ManagedScene(signsIn: false)
            let result = try await scene.run(Self.add + " --api-url \(scene.api.url)")
            result.expect(64, error: "Managed mode requires an explicit owner JWT.")
            #expect(result.errorText.contains("sigilum auth login --mode managed --owner-token-stdin"))
            #expect(result.outputText == "" && scene.api.requests.isEmpty)
            #expect(!scene.home.exists(".sigilum-workspace"))
            try await scene.finish()
        }

        @Test("signed out, a service that is there is not touched, and a new one is 64")
        func signedOut() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            try await scene.run("auth logout").expect(0)
            scene.api.forgetRequests()
            try await scene.run(Self.add).expect(64, error: "Managed mode requires an explicit owner JWT.")
            try await scene.run("service list").expect(64, error: "Managed mode requires an explicit owner JWT.")
            try await scene.run("service key rotate --service-slug linear")
                .expect(64, error: "Managed mode requires an explicit owner JWT.")
            #expect(scene.api.requests.isEmpty && scene.filed() == scene.keys[0].text)
            try await scene.signIn(scene.token).expect(0)
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.keys[1].text)
            try await scene.finish()
        }

        @Test("the variable's token is used instead of the vault's, and stored nowhere")
        func variable() async throws {
            let scene = try await ManagedScene(signsIn: false)
            let stale = OwnerJWT()
            try await scene.signIn(stale).expect(0)
            try await scene.run(Self.add).expect(76, error: "API refused: it does not take the owner token")
            let variables = ["SIGILUM_OWNER_TOKEN": scene.token.text]
            try await scene.run(Self.add, variables).expect(0)
            try await scene.expectSettled(scene.keys[0].text, variables)
            try await scene.run("service list", variables).expect(0)
            #expect(scene.home.leaks(of: scene.token.canary) == [])
            #expect(scene.home.leaks(of: stale.canary, except: ["owner-token-johndee.jwt"]) == [])
            try await scene.finish()
        }

        @Test("with the variable alone, a service can be made on a machine that never signed in")
        func variableAlone() async throws {
            let scene = try await ManagedScene(signsIn: false)
            let variables = ["SIGILUM_OWNER_TOKEN": scene.token.text, "SIGILUM_API_URL": scene.api.url]
            let result = try await scene.run(Self.add, variables)
            result.expect(0)
            #expect(result.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts)
            try await scene.expectSettled(scene.keys[0].text, ["SIGILUM_OWNER_TOKEN": scene.token.text])
            #expect(scene.home.leaks(of: scene.token.canary) == [])
            try await scene.finish()
        }

        @Test("a token goes to no API but the one that it is for, unless an option names the other")
        func elsewhere() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            let token = OwnerJWT()
            let other = try await APIDouble.start(token: token.text)
            try await scene.home.run(
                "auth login --owner-token-stdin --print-token false --write-openclaw false --api-url \(other.url)",
                input: Array(token.text.utf8)
            ).expect(0)
            scene.api.forgetRequests()
            let problem = "The owner token is not known to be for this API: \(scene.api.url)"
            let sync = try await scene.run("vault sync")
            sync.expect(78, error: problem)
            #expect(sync.errorText.contains("--api-url \(scene.api.url)"))
            try await scene.run("service key rotate --service-slug linear").expect(78, error: problem)
            // The variable's token is for the API of this command, which was named by signing in.
            try await scene.run("vault sync", ["SIGILUM_OWNER_TOKEN": scene.token.text]).expect(78, error: problem)
            #expect(scene.api.requests.isEmpty)
            try await scene.signIn(scene.token).expect(0)
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled()
            #expect(other.requests.isEmpty)
            try await other.stop()
            try await scene.finish(except: ["service-api-key-linear"])
        }

        @Test("a token in the variable that is another namespace's, or none at all, is sent nowhere")
        func otherNamespace() async throws {
            let scene = try await ManagedScene()
            try await scene.run(Self.add).expect(0)
            scene.api.forgetRequests()
            for line in [Self.add, "service list", "vault sync"] {
                let other = ["SIGILUM_OWNER_TOKEN": OwnerJWT(namespace: "marysue").text]
                try await scene.run(line, other).expect(
                    64, error: "The owner token belongs to another namespace than: johndee")
                let none = try await scene.run(line, ["SIGILUM_OWNER_TOKEN": "neither.a-token"])
                none.expect(64, error: "SIGILUM_OWNER_TOKEN is no owner token that can be used")
            }
            #expect(scene.api.requests.isEmpty)
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("a stored token that has expired is 76 before anything is sent, and says how to sign in")
        func expired() async throws {
            let scene = try await ManagedScene()
            let old = OwnerJWT(expires: 1_700_000_001)
            scene.api.admit(old.text)
            try await scene.home.run("vault put owner-token/johndee --offline", input: Array(old.text.utf8)).expect(0)
            scene.api.forgetRequests()
            let result = try await scene.run(Self.add)
            result.expect(76, error: "API refused: the owner token has expired")
            #expect(result.errorText.contains("sigilum auth login --mode managed --owner-token-stdin"))
            #expect(result.outputText.hasPrefix("[warn] Service saved, not delivered: linear\n"))
            try await scene.run("service list").expect(76, error: "API refused: the owner token has expired")
            let variable = try await scene.run("service list", ["SIGILUM_OWNER_TOKEN": OwnerJWT(expires: 1).text])
            variable.expect(76, error: "API refused: the owner token has expired")
            #expect(scene.api.requests.isEmpty)
            try await scene.signIn(scene.token).expect(0)
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled(scene.keys[0].text)
            #expect(scene.home.leaks(of: old.canary, except: ["owner-token-johndee.jwt"]) == [])
            try await scene.finish()
        }

        @Test("plain http to another machine is refused before anything is sent; --allow-insecure-http lets it")
        func plainHTTP() async throws {
            let scene = try await ManagedScene()
            // An address for documentation (RFC 5737): nobody is there, and nothing may be sent there.
            let address = "http://192.0.2.1:8787"
            let result = try await scene.run(Self.add + " --api-url \(address)")
            result.expect(78, error: "The owner token is not sent over plain http: \(address)")
            #expect(result.errorText.contains("--allow-insecure-http"))
            #expect(scene.api.requests.isEmpty)
            let list = try await scene.run("service list --api-url \(address)")
            list.expect(78, error: "The owner token is not sent over plain http: \(address)")
            let allowed = try await scene.run("service list --allow-insecure-http --api-url \(address)")
            allowed.expect(69, error: "API not reachable: \(address)")
            try await scene.finish()
        }

        @Test("signing in writes the token into its places and nowhere else; OpenClaw and the API are both looked at")
        func places() async throws {
            let scene = try await ManagedScene(signsIn: false)
            try await scene.signIn(scene.token, more: "--write-openclaw true").expect(0)
            try await scene.run(Self.add).expect(0)
            let status = try await scene.run("vault status")
            status.expect(0)
            #expect(status.outputText.firstMatch(of: /targets: +export-file 2, openclaw 1, sigilum-api 1\n/) != nil)
            #expect(status.outputText.firstMatch(of: /pending: +none\n/) != nil)
            for line in ["vault diff", "vault sync --dry-run", "vault sync"] {
                let result = try await scene.run(line)
                result.expect(0)
                #expect(result.outputText.contains("sigilum-api:linear"), "\(result.outputText)")
                #expect(result.outputText.contains("openclaw:\(scene.home.user)/.openclaw/openclaw.json"))
            }
            try await scene.finish()
        }
    }
}
