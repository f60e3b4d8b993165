import Foundation
import Testing
import VaultTestSupport

@Suite("Tokens and settings that auth does not take", .few)
struct AuthValueTests {
    private static let login = AuthScene.managed + " --print-token false"

    @Test("put and rotate take no value that is no token of the namespace; one that expired gets a warning")
    func put() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let bad = [
            "garbage", ForeignToken(#""namespace":"johndee""#, header: #"{"alg":"none"}"#).text,
            ForeignToken.good("alice").text, ForeignToken(#""namespace":"johndee","nbf":4102444800"#).text,
        ]
        for value in bad {
            let result = try await scene.give(value, "vault put owner-token/johndee")
            result.expect(64, error: "Not a token that can be used: ")
            #expect(result.errorText.contains("nothing was stored"))
        }
        #expect(!scene.home.exists(".sigilum-workspace"))
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        let config = scene.home.text(scene.config)
        for value in bad {
            try await scene.give(value, "vault put owner-token/johndee").expect(64)
            try await scene.give(value, "vault rotate owner-token/johndee --from-file -").expect(64)
        }
        #expect(scene.home.text(scene.config) == config)
        #expect(scene.filed == token.text + "\n")
        let old = ForeignToken(#""namespace":"johndee","exp":1000000000"#)
        let result = try await scene.give(old.text, "vault put owner-token/johndee --offline")
        result.expect(0)
        #expect(result.errorText.contains("[warn] The token expired at 2001-09-09"), "\(result.errorText)")
        try await scene.home.run("vault rollback owner-token/johndee --offline").expect(0)
        #expect(scene.filed == token.text + "\n")
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
    }

    @Test("show warns of another namespace's token")
    func foreign() async throws {
        let scene = try AuthScene()
        let hers = ForeignToken.good("alice")
        try scene.home.write(Array((hers.text + "\n").utf8), to: scene.tokenFile)
        let result = try await scene.unseen("auth show --namespace johndee")
        result.expect(0)
        #expect(result.errorText.contains("it belongs to another namespace: alice"), "\(result.errorText)")
        let named = try await scene.unseen("auth show --token-file \(scene.tokenFile)")
        #expect(named.errorText == "")
    }

    @Test("a token that begins more than a minute from now is not taken")
    func notYet() async throws {
        let scene = try AuthScene()
        let now = Int64(Date().timeIntervalSince1970)
        let later = ForeignToken(#""namespace":"johndee","exp":4102444800,"nbf":\#(now + 200)"#)
        try await scene.give(later.text).expect(64, error: "Not a token that can be used: it is not valid before ")
        let soon = ForeignToken(#""namespace":"johndee","exp":4102444800,"nbf":\#(now + 30)"#)
        try await scene.give(soon.text, Self.login).expect(0)
    }

    @Test("plain http to another machine needs --allow-insecure-http; nothing is changed without")
    func plainHTTP() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let url = "http://api.example"
        let line = Self.login + " --enable-authz-notify true"
        let before = scene.home.files()
        let ways: [(more: String, variables: [String: String])] = [
            (" --api-url \(url)", [:]), ("", ["SIGILUM_API_URL": url]),
        ]
        for (more, variables) in ways {
            let result = try await scene.give(token.text, line + more, variables: variables)
            result.expect(78, error: "The owner token is not sent over plain http: \(url)")
            #expect(result.errorText.contains("--allow-insecure-http"))
        }
        try await scene.signed(AuthScene.local + " --api-url \(url)").expect(78)
        #expect(scene.home.files() == before)
        try await scene.give(token.text, line + " --api-url \(url) --allow-insecure-http").expect(0)
        #expect(scene.home.text(scene.config)?.contains(url) == true)
        try await scene.give(token.text, line + " --api-url http://localhost:8787").expect(0)
    }

    @Test(
        "a lifetime that is set for local tokens does not stop a managed login; an empty --token-file is said to be empty"
    )
    func settings() async throws {
        let scene = try AuthScene()
        let variables = ["SIGILUM_OWNER_TOKEN_TTL_SECONDS": "bad"]
        try await scene.give(ForeignToken.good().text, Self.login, variables: variables).expect(0)
        try await scene.signed(AuthScene.local, variables: variables).expect(78)
        try await scene.home.run("auth show --token-file", more: [""]).expect(64, error: "--token-file is empty")
    }

    @Test("a configuration that is nested too deep is said to be that, and stays")
    func deep() async throws {
        let scene = try AuthScene()
        let text = "{a: " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}"
        try scene.writeConfig(text)
        let result = try await scene.give(ForeignToken.good().text, Self.login)
        result.expect(65, error: "Nested deeper than 256 levels, which is not read: \(scene.config): line 1, column ")
        #expect(scene.home.text(scene.config) == text)
        #expect(scene.filed == nil)
    }

    @Test("a configuration that somebody writes all the time is busy, and is named")
    func restless() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try scene.writeConfig("{}")
        let path = scene.config
        let writer = Task.detached {
            var count = 0
            while !Task.isCancelled {
                count += 1
                try? Data("{n: \(count)}".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            }
        }
        var statuses: Set<Int32?> = []
        for _ in 0..<5 {
            let result = try await scene.give(token.text, Self.login + " --enable-authz-notify true")
            statuses.insert(result.status)
            #expect(!result.errorText.contains("The gateway"), "\(result.errorText)")
            if result.status != 0 {
                result.expect(75, error: "Another program writes it all the time: \(scene.config)")
            }
        }
        writer.cancel()
        _ = await writer.value
        #expect(statuses.isSubset(of: [0, 75]))
        try await scene.home.run("vault sync").expect(0)
    }
}
