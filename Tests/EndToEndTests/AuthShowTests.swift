import Foundation
import Testing
import VaultTestSupport

@Suite("auth show")
struct AuthShowTests {
    private static let login = AuthScene.managed + " --print-token false"

    @Test("nothing stored: 66, where it looked, and the login command; nothing is made")
    func nothing() async throws {
        let scene = try AuthScene()
        let before = scene.home.files()
        for _ in 0..<2 {
            let result = try await scene.home.run("auth show")
            result.expect(66, error: "Token file not found: \(scene.tokenFile)")
            #expect(result.errorText.contains("sigilum auth login --namespace johndee\n"))
            #expect(result.outputText == "")
            #expect(scene.home.files() == before || scene.home.exists(".sigilum-workspace"))
            try await scene.home.run("auth show --token-file none.jwt").expect(66, error: "Token file not found: ")
            try await scene.home.run("auth show --claims --json").expect(66)
            try await scene.home.run("vault init").expect(0)
        }
    }

    @Test("the vault's comes before the file; --token-file before both; the file alone where there is no vault")
    func order() async throws {
        let scene = try AuthScene()
        let (token, other) = (ForeignToken.good(), ForeignToken.good())
        try await scene.give(token.text, Self.login).expect(0)
        try scene.home.write(Array((other.text + "\r\n").utf8), to: "other.jwt")
        #expect(try await scene.unseen("auth show").outputText == token.text + "\n")
        #expect(try await scene.unseen("auth show --token-file other.jwt").outputText == other.text + "\n")
        let (json, claims) = (
            try await scene.unseen("auth show --json"),
            try await scene.home.run("auth show --claims --token-file other.jwt")
        )
        #expect(json.json["token"] as? String == token.text)
        claims.expect(0)
        #expect(claims.outputText.contains("  sub:       usr_1\n"))
        // An edited file: a warning, and the vault's.
        try scene.home.write(Array((other.text + "\n").utf8), to: scene.tokenFile)
        let edited = try await scene.unseen("auth show")
        edited.expect(0)
        #expect(edited.outputText == token.text + "\n")
        #expect(edited.errorText.contains("[warn] Not the vault's token: \(scene.tokenFile)"))
        // Without a vault, the file's.
        try FileManager.default.removeItem(atPath: scene.home.sigilum)
        try FileManager.default.removeItem(atPath: scene.home.user + "/.local/state/sigilum")
        let file = try await scene.unseen("auth show")
        file.expect(0)
        #expect(file.outputText == other.text + "\n")
        #expect(!scene.home.exists(".sigilum-workspace"))
        let home = try await scene.unseen("auth show --openclaw-home \(scene.home.user)/none")
        home.expect(66, error: "Token file not found: \(scene.home.user)/none/.sigilum/owner-token-johndee.jwt")
        for secret in [token, other] {
            #expect(scene.home.leaks(of: secret.canary, except: AuthScene.files + ["other.jwt"]) == [])
        }
    }

    @Test("a vault that has none, and a file that it did not write: the file is not said to be missing")
    func stray() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.home.run("vault init").expect(0)
        try scene.home.write(Array(token.text.utf8), to: scene.tokenFile)
        let result = try await scene.home.run("auth show")
        result.expect(66, error: "No owner token is stored for namespace: johndee")
        #expect(result.errorText.contains("sigilum auth show --token-file \(scene.tokenFile)\n"))
        #expect(result.errorText.contains("sigilum auth login --namespace johndee\n"))
    }

    @Test("a locked vault: the file's, with a warning; without a file, what locks it")
    func locked() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, Self.login).expect(0)
        let key = scene.home.sigilum + "/gateway-master-key"
        try FileManager.default.moveItem(atPath: key, toPath: scene.home.user + "/key")
        let result = try await scene.unseen("auth show")
        result.expect(0)
        #expect(result.outputText == token.text + "\n")
        #expect(result.errorText.hasPrefix("[warn] The vault is locked"), "\(result.errorText)")
        try await scene.home.run("auth show --claims").expect(0)
        try FileManager.default.removeItem(atPath: scene.tokenFile)
        try await scene.home.run("auth show").expect(78, error: "No master key for this vault")
        // Another key is no locked vault, but a wrong one.
        try scene.home.write(Array(String(repeating: "0f", count: 32).utf8), to: key)
        try await scene.home.run("auth show").expect(77, error: "The master key does not open this vault")
        try FileManager.default.removeItem(atPath: key)
        try FileManager.default.moveItem(atPath: scene.home.user + "/key", toPath: key)
        #expect(try await scene.unseen("auth show").outputText == token.text + "\n")
    }

    @Test("an expired token prints with a warning")
    func expired() async throws {
        let scene = try AuthScene()
        try await scene.signed(AuthScene.local + " --print-token false --ttl-seconds 1").expect(0)
        try await Task.sleep(for: .milliseconds(2100))
        let token = try #require(scene.filed)
        for line in ["auth show", "auth show --token-file \(scene.tokenFile)"] {
            let result = try await scene.unseen(line)
            result.expect(0)
            #expect(result.outputText == token)
            #expect(result.errorText.hasPrefix("[warn] "))
            #expect(result.errorText.contains("it expired at"), "\(result.errorText)")
        }
        let claims = try await scene.home.run("auth show --claims")
        claims.expect(0)
        #expect(claims.outputText.hasSuffix("  time_left: expired\n"))
        let json = try await scene.home.run("auth show --claims --json")
        #expect(json.json["seconds_left"] as? Int == 0)
    }

    @Test("--claims prints what the token says, its age and the time left; nothing that acts on a terminal")
    func claims() async throws {
        let scene = try AuthScene()
        try await scene.signed(AuthScene.local + " --print-token false --ttl-seconds 7200").expect(0)
        let result = try await scene.home.run("auth show --claims")
        result.expect(0)
        #expect(
            result.outputText.replacing(/(iat|exp):( +)\d+/) { "\($0.1):\($0.2)N" }
                .replacing(/age:( +).*/) { "age:\($0.1)N" }
                .replacing(/time_left: .*/, with: "time_left: N")
                    == """
                    [ok] Claims of the owner token
                      sub:       user_local_johndee
                      email:     johndee@local.sigilum
                      namespace: johndee
                      iss:       sigilum-api
                      aud:       sigilum-dashboard
                      iat:       N
                      exp:       N
                      age:       N
                      time_left: N

                    """)
        let json = try await scene.home.run("auth show --claims --json")
        let said = try #require(json.json["claims"] as? [String: Any])
        #expect(said["sub"] as? String == "user_local_johndee")
        let left = try #require(json.json["seconds_left"] as? Int)
        #expect(left > 7000 && left <= 7200)
        #expect(json.json["age_seconds"] is Int)
        let token = Canary(bytes: Array((scene.filed ?? "").utf8.dropLast()))
        #expect(scene.home.leaks(of: token, except: AuthScene.files) == [])

        let hostile = ForeignToken(#""namespace":"johndee","name":"a\u001b[2Jb\nc","big":12345678901234567890"#)
        try await scene.give(hostile.text, Self.login).expect(0)
        let shown = try await scene.home.run("auth show --claims")
        shown.expect(0)
        #expect(!shown.outputText.contains("\u{1b}"))
        #expect(shown.outputText.split(separator: "\n").count == 4, "\(shown.outputText)")
    }

    @Test("a file that holds no token: printed with a warning, and 65 for its claims")
    func noToken() async throws {
        let scene = try AuthScene()
        try scene.home.write(Array("no token\n".utf8), to: "x")
        let result = try await scene.home.run("auth show --token-file x")
        result.expect(0)
        #expect(result.outputText == "no token\n")
        #expect(result.errorText.hasPrefix("[warn] "))
        try await scene.home.run("auth show --token-file x --claims").expect(65)
        try await scene.home.run("auth show --token-file .").expect(64)
    }
}
