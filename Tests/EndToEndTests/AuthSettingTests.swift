import Foundation
import Testing
import VaultTestSupport

@Suite("Where auth gets its settings from")
struct AuthSettingTests {
    /// What a login printed in its fields.
    private func field(_ name: String, _ result: ProgramResult) -> String? {
        result.outputText.split(separator: "\n").first { $0.hasPrefix("  \(name):") }
            .map { $0.dropFirst(name.count + 3).trimmingCharacters(in: .whitespaces) }
    }

    @Test("the mode is the option's, else SIGILUM_MODE's, else managed")
    func mode() async throws {
        let scene = try AuthScene()
        try await scene.signed("auth login").expect(64, error: "Managed mode requires an explicit owner JWT.")
        let local = ["SIGILUM_MODE": "oss-local"]
        #expect(
            field("mode", try await scene.signed("auth login --print-token false", variables: local)) == "oss-local")
        try await scene.signed("auth login --mode managed", variables: local).expect(64)
        try await scene.signed("auth login --mode other").expect(64, error: "--mode is neither managed nor oss-local")
        try await scene.signed("auth login", variables: ["SIGILUM_MODE": "other"])
            .expect(78, error: "SIGILUM_MODE is neither managed nor oss-local")
    }

    @Test("the namespace: option, two variables, config.env, openclaw.json, the one first used, USER")
    func namespace() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false --write-openclaw false"
        var variables = ["SIGILUM_NAMESPACE": "", "USER": "root"]
        try await scene.signed(line, variables: variables).expect(78, error: "Unable to resolve the namespace")
        #expect(!scene.home.exists(".sigilum-workspace"))
        try scene.writeConfig(
            #"{hooks: {internal: {entries: {'sigilum-plugin': {env: {SIGILUM_NAMESPACE: "from-plugin"}}}}}}"#)
        func resolved(_ more: String = "") async throws -> String? {
            let result = try await scene.signed(line + more, variables: variables)
            result.expect(0)
            return field("namespace", result)
        }
        #expect(try await resolved() == "from-plugin")
        let elsewhere = scene.home.user + "/claw"
        try scene.home.write(
            Array(
                #"{"hooks":{"internal":{"entries":{"sigilum-plugin":{"env":{"SIGILUM_NAMESPACE":"from-other"}}}}}}"#
                    .utf8),
            to: elsewhere + "/openclaw.json")
        #expect(try await resolved(" --openclaw-home \(elsewhere)") == "from-other")
        variables["OPENCLAW_HOME"] = elsewhere
        #expect(try await resolved() == "from-other")
        try FileManager.default.removeItem(atPath: elsewhere)
        #expect(try await resolved() == "from-plugin")
        try scene.home.write(
            Array("GATEWAY_SIGILUM_NAMESPACE=from-file\n".utf8), to: scene.home.user + "/.sigilum/config.env")
        #expect(try await resolved() == "from-file")
        variables["GATEWAY_SIGILUM_NAMESPACE"] = "from-gateway"
        #expect(try await resolved() == "from-gateway")
        variables["SIGILUM_NAMESPACE"] = "from-variable"
        #expect(try await resolved() == "from-variable")
        #expect(try await resolved(" --namespace from-option") == "from-option")
        try await scene.signed(line + " --namespace Not_One").expect(64, error: "Not a namespace: --namespace")
    }

    @Test("the API's address: option, variable, config.env, the mode's own")
    func address() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        try scene.home.write(
            Array("SIGILUM_API_URL=\"http://127.0.0.1:1111/\"\n".utf8), to: scene.home.user + "/.sigilum/config.env")
        #expect(field("api", try await scene.signed(line)) == "http://127.0.0.1:1111")
        let variable = ["SIGILUM_API_URL": "http://127.0.0.1:2222"]
        #expect(field("api", try await scene.signed(line, variables: variable)) == "http://127.0.0.1:2222")
        let option = try await scene.signed(line + " --api-url http://127.0.0.1:3333", variables: variable)
        #expect(field("api", option) == "http://127.0.0.1:3333")
        #expect(scene.home.text(scene.config)?.contains("http://127.0.0.1:3333") == true)
        try await scene.signed(line + " --api-url ftp://x").expect(64, error: "Not an address: --api-url")
        try await scene.signed(line, variables: ["SIGILUM_API_URL": "x"]).expect(78)
    }

    @Test("files: --openclaw-home, OPENCLAW_HOME, --config, --token-file")
    func files() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        let (one, other) = (scene.home.user + "/one", scene.home.user + "/other")
        let first = try await scene.signed(line, variables: ["OPENCLAW_HOME": one])
        first.expect(0)
        #expect(field("token_file", first) == one + "/.sigilum/owner-token-johndee.jwt")
        #expect(field("openclaw_config", first) == one + "/openclaw.json")
        let second = try await scene.signed(line + " --openclaw-home \(other)", variables: ["OPENCLAW_HOME": one])
        second.expect(0)
        #expect(scene.home.exists(other + "/.sigilum/owner-token-johndee.jwt"))
        let third = try await scene.signed(line + " --config conf/claw.json --token-file keys/token.jwt")
        third.expect(0)
        #expect(field("token_file", third) == "keys/token.jwt")
        #expect(field("openclaw_config", third) == "conf/claw.json")
        #expect(scene.home.text("keys/token.jwt") == scene.home.text(one + "/.sigilum/owner-token-johndee.jwt"))
        for empty in ["--config", "--token-file", "--openclaw-home"] {
            try await scene.signed(line, more: [empty, ""]).expect(64, error: "\(empty) is empty")
        }
        // Nothing of all that is left.
        try await scene.home.run("auth logout").expect(0)
        for path in ["keys/token.jwt", one + "/.sigilum/owner-token-johndee.jwt", scene.tokenFile] {
            #expect(!scene.home.exists(path))
        }
    }

    @Test("the e-mail: option, SIGILUM_OWNER_EMAIL, what the database has, the namespace's own")
    func email() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        try await scene.signed(line).expect(0)
        #expect(try scene.users() == "user_local_johndee johndee@local.sigilum johndee")
        try await scene.signed(line, variables: ["SIGILUM_OWNER_EMAIL": "john@example.org"]).expect(0)
        #expect(try scene.users() == "user_local_johndee john@example.org johndee")
        try await scene.signed("auth refresh --mode oss-local --print-token false").expect(0)
        #expect(try scene.users() == "user_local_johndee john@example.org johndee")
        #expect(try claims(scene.filed ?? "")["email"] as? String == "john@example.org")
        try await scene.signed(
            line + " --email dee@example.org", variables: ["SIGILUM_OWNER_EMAIL": "john@example.org"]
        )
        .expect(0)
        #expect(try claims(scene.filed ?? "")["email"] as? String == "dee@example.org")
        let before = scene.home.files()
        try await scene.signed(line + " --email nobody").expect(64, error: "Not an e-mail address: --email")
        try await scene.signed(line, variables: ["SIGILUM_OWNER_EMAIL": "nobody"]).expect(78)
        #expect(scene.home.files().keys.sorted() == before.keys.sorted())
        #expect(try scene.users() == "user_local_johndee dee@example.org johndee")
    }

    @Test("the lifetime: option, variable; more than a year must be said")
    func lifetime() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        func seconds() throws -> Int? {
            let said = try claims(scene.filed ?? "")
            guard let made = said["iat"] as? Int, let end = said["exp"] as? Int else { return nil }
            return end - made
        }
        let variable = ["SIGILUM_OWNER_TOKEN_TTL_SECONDS": "90"]
        try await scene.signed(line, variables: variable).expect(0)
        #expect(try seconds() == 90)
        try await scene.signed(line + " --ttl-seconds 1", variables: variable).expect(0)
        #expect(try seconds() == 1)
        try await scene.signed(line + " --ttl-seconds 31536000").expect(0)
        #expect(try seconds() == 31_536_000)
        try await scene.signed(line + " --ttl-seconds 31536001 --allow-long-ttl").expect(0)
        #expect(try seconds() == 31_536_001)
    }

    @Test(
        "what is no lifetime is refused with 64, and nothing is made",
        arguments: ["0", "-1", "1e99", "31536001", "", " 5", "5s", "99999999999999999999", "0x10", "٣"])
    func noLifetime(text: String) async throws {
        let scene = try AuthScene()
        let before = scene.home.files()
        for words in [["--ttl-seconds", text], ["--ttl-seconds=" + text]] {
            let result = try await scene.signed(AuthScene.local, more: words)
            result.expect(64)
            #expect(result.outputText == "")
            #expect(result.errorText.contains("--ttl-seconds"), "\(result.errorText)")
        }
        #expect(scene.home.files() == before)
        guard !text.isEmpty else { return }
        try await scene.signed(AuthScene.local, variables: ["SIGILUM_OWNER_TOKEN_TTL_SECONDS": text]).expect(78)
        #expect(scene.home.files() == before)
    }

    @Test("JWT_SECRET: the variable, .dev.vars of the checkout, the vault's entry; without any, three ways")
    func jwtSecret() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        let before = scene.home.files()
        let missing = try await scene.home.run(AuthScene.local)
        missing.expect(78, error: "Unable to resolve JWT_SECRET")
        #expect(missing.errorText.split(separator: "\n").count { $0.hasPrefix("  ") } == 3, "\(missing.errorText)")
        try await scene.signed(AuthScene.local, variables: ["JWT_SECRET": ""]).expect(
            78, error: "Unable to resolve JWT_SECRET")
        #expect(scene.home.files() == before)

        let (vault, file) = (Canary(prefix: ""), Canary(prefix: ""))
        try await scene.home.run("vault put local-jwt-secret", input: vault.bytes).expect(0)
        try await scene.home.run(line).expect(0)
        #expect(try await verifies(scene, vault))
        try scene.home.write(Array("# mine\nJWT_SECRET=\"\(file.text)\"\n".utf8), to: "apps/api/.dev.vars")
        try await scene.home.run(line).expect(0)
        #expect(try await verifies(scene, file))
        try await scene.signed(line).expect(0)
        #expect(try await verifies(scene, scene.secret))
        #expect(scene.home.leaks(of: vault) == [])
        #expect(scene.home.leaks(of: file, except: [".dev.vars"]) == [])
        #expect(scene.home.leaks(of: scene.secret) == [])
    }

    @Test("a secret that is short or published makes a token, with a warning that does not repeat it")
    func weakSecret() async throws {
        for weak in ["tooshort-QZ7", "dev-secret-change-me-in-production-use-openssl-rand-base64-32"] {
            let scene = try AuthScene()
            let result = try await scene.signed(
                AuthScene.local + " --print-token false", variables: ["JWT_SECRET": weak])
            result.expect(0)
            #expect(result.errorText.contains("[warn] JWT_SECRET "), "\(result.errorText)")
            #expect(!result.errorText.contains(weak))
        }
    }

    private func verifies(_ scene: AuthScene, _ secret: Canary) async throws -> Bool {
        let token = try #require(scene.filed?.trimmingCharacters(in: .newlines))
        return hmacSHA256Signature(of: token, secret: secret.bytes) == token.split(separator: ".").last.map(String.init)
    }
}
