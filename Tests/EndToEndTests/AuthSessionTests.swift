import Foundation
import Testing
import VaultTestSupport

@Suite("Signing in", .few)
struct AuthSessionTests {
    private func facts(
        _ scene: AuthScene, mode: String = "oss-local", api: String = "http://127.0.0.1:8787",
        notify: String = "preserve"
    ) -> String {
        """
        [ok] Namespace-owner token ready.
          mode:                 \(mode)
          namespace:            johndee
          api:                  \(api)
          token_file:           \(scene.tokenFile)
          openclaw_config:      \(scene.config)
          authz_notify_enabled: \(notify)

        """
    }

    @Test("a whole session with one's own API, line for line")
    func local() async throws {
        let scene = try AuthScene()
        let login = try await scene.unseen("auth login --mode oss-local --namespace johndee")
        login.expect(0)
        let first = try #require(scene.filed?.trimmingCharacters(in: .newlines))
        #expect(login.outputText == facts(scene) + "[i] JWT:\n\(first)\n")
        for said in ["Made the Sigilum home: \(scene.home.sigilum)\n", "Made a new vault: "] {
            #expect(login.errorText.contains("[i] \(said)"))
        }
        #expect(scene.filed == first + "\n")
        #expect(try scene.mode(scene.tokenFile) == 0o600)
        #expect(try scene.mode(scene.openClaw + "/.sigilum") == 0o700)
        #expect(try scene.mode(scene.config) == 0o600)
        let said = try claims(first)
        #expect(said["sub"] as? String == "user_local_johndee")
        #expect(said["email"] as? String == "johndee@local.sigilum")
        #expect(said["namespace"] as? String == "johndee")
        #expect(said["iss"] as? String == "sigilum-api")
        #expect(said["aud"] as? String == "sigilum-dashboard")
        let (made, end) = (try #require(said["iat"] as? Int), try #require(said["exp"] as? Int))
        #expect(end - made == 604_800)
        #expect(try scene.users() == "user_local_johndee johndee@local.sigilum johndee")

        let refresh = try await scene.unseen("auth refresh --mode oss-local --namespace johndee --ttl-seconds 3600")
        refresh.expect(0)
        let second = try #require(scene.filed?.trimmingCharacters(in: .newlines))
        #expect(refresh.outputText == facts(scene) + "[i] JWT:\n\(second)\n")
        #expect(refresh.errorText.hasPrefix("[warn] The owner token of johndee expires in 59 minutes; get a new one: "))
        #expect(refresh.errorText.split(separator: "\n").count == 1)
        let again = try claims(second)
        #expect((again["exp"] as? Int ?? 0) - (again["iat"] as? Int ?? 0) == 3600)

        let show = try await scene.unseen("auth show --namespace johndee")
        show.expect(0)
        #expect(show.outputText == second + "\n")
        #expect(show.errorText == "")

        let logout = try await scene.home.run("auth logout --namespace johndee")
        logout.expect(0)
        #expect(
            logout.outputText == """
                [ok] Namespace-owner token removed.
                  namespace:       johndee
                  token_file:      \(scene.tokenFile)
                  openclaw_config: \(scene.config)

                """)
        #expect(logout.errorText == "")
        #expect(scene.filed == nil)
        try await scene.home.run("vault verify").expect(0)
        let names = ["openclaw.json", "owner-token-johndee.jwt"]
        for token in [first, second] {
            #expect(scene.home.leaks(of: Canary(bytes: Array(token.utf8)), except: names) == [])
        }
        #expect(scene.home.leaks(of: scene.secret) == [])
    }

    @Test("a whole session with the managed API: the token given is the token stored")
    func managed() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let result = try await scene.give(
            token.text, AuthScene.managed + " --enable-authz-notify true --print-token false")
        result.expect(0)
        #expect(
            result.outputText == facts(scene, mode: "managed", api: "https://api.sigilum.id", notify: "true"))
        #expect(scene.filed == token.text + "\n")
        #expect(scene.home.text(scene.config)?.contains(#""\#(token.text)""#) == true)
        try await scene.home.run("vault diff").expect(0)
        try await scene.home.run("vault sync --dry-run").expect(0)
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
        let other = ForeignToken.good()
        try await scene.give(other.text, "auth refresh --owner-token-stdin --print-token false").expect(0)
        #expect(scene.filed == other.text + "\n")
        #expect(try await scene.unseen("auth show").outputText == other.text + "\n")
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
    }

    @Test("sigilum login and ./vault login are auth login", arguments: ["sigilum", "vault"])
    func short(name: String) async throws {
        let scene = try AuthScene()
        let result = try await scene.home.run(
            "login --mode oss-local --print-token false", variables: ["JWT_SECRET": scene.secret.text], name: name)
        result.expect(0)
        #expect(result.outputText == facts(scene))
        let log = try await scene.home.run("vault log")
        #expect(log.outputText.contains("sigilum auth login"), "\(log.outputText)")
    }

    @Test("--json has the same facts under the same names, and the token only where it is printed")
    func json() async throws {
        let scene = try AuthScene()
        let shown = try await scene.unseen(AuthScene.local + " --json")
        shown.expect(0)
        let keys = ["mode", "namespace", "api", "token_file", "openclaw_config", "authz_notify_enabled", "jwt"]
        #expect(Set(shown.json.keys) == Set(keys))
        #expect(shown.json["jwt"] as? String == scene.filed?.trimmingCharacters(in: .newlines))
        let order = keys.compactMap { shown.outputText.firstRange(of: "\"\($0)\":")?.lowerBound }
        #expect(order.count == keys.count && order == order.sorted())
        let hidden = try await scene.signed(AuthScene.local + " --json --print-token false --write-openclaw false")
        hidden.expect(0)
        #expect(Set(hidden.json.keys) == ["mode", "namespace", "api", "token_file"])
        let token = Canary(bytes: Array((scene.filed ?? "").utf8.dropLast()))
        #expect(scene.home.leaks(of: token, except: AuthScene.files) == [])
    }

    @Test("what is written nowhere is not said: without OpenClaw two lines fewer")
    func withoutOpenClaw() async throws {
        let scene = try AuthScene()
        let result = try await scene.signed(AuthScene.local + " --print-token false --write-openclaw false")
        result.expect(0)
        #expect(
            result.outputText == """
                [ok] Namespace-owner token ready.
                  mode:       oss-local
                  namespace:  johndee
                  api:        http://127.0.0.1:8787
                  token_file: \(scene.tokenFile)

                """)
        #expect(!scene.home.exists(scene.config))
        try await scene.signed(AuthScene.local + " --write-openclaw false --enable-authz-notify true").expect(64)
    }

    @Test("a token made here is good in another library, and one made there is taken here")
    func otherLibrary() async throws {
        let scene = try AuthScene()
        let token = try await scene.token()
        let script = """
            import json, sys
            try:
                from joserfc import jwt
                from joserfc.jwk import OctKey
            except ImportError:
                sys.exit(3)
            key = OctKey.import_key(sys.stdin.readline().rstrip("\\n"))
            token = jwt.decode(sys.stdin.readline().rstrip("\\n"), key, algorithms=["HS256"])
            jwt.JWTClaimsRegistry(iss={"essential": True, "value": "sigilum-api"}, exp={"essential": True},
                aud={"essential": True, "value": "sigilum-dashboard"}).validate(token.claims)
            print(json.dumps([token.header, token.claims["sub"]]))
            print(jwt.encode({"alg": "HS256", "typ": "JWT"}, {"sub": "u", "namespace": "johndee", "exp": 4102444800}, key))
            """
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "HOME" || $0.key == "PYTHONPATH" }
        let answer = try await ProgramRunner(path: "/usr/bin/env").run(
            .init(
                ["python3", "-c", script], variables: inherited, input: Array("\(scene.secret.text)\n\(token)\n".utf8)))
        // Where the library is not installed, what it made once is taken all the same.
        var theirs =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSIsImV4cCI6NDEwMjQ0NDgwMH0"
            + ".KYmxvg6mH1k7UoT3NQrYRfzJQq7u5oV2lqf0d3vT2bQ"
        if answer.status != 3, answer.status != 127 {
            #expect(answer.status == 0, "\(answer.errorText)")
            let lines = answer.outputText.split(separator: "\n").map(String.init)
            try #require(lines.count == 2)
            #expect(lines[0] == #"[{"alg": "HS256", "typ": "JWT"}, "user_local_johndee"]"#)
            theirs = lines[1]
        }
        try await scene.give(theirs).expect(0)
        #expect(scene.filed == theirs + "\n")
    }
}
