import Foundation
import Testing
import VaultTestSupport

@Suite("auth logout")
struct AuthLogoutTests {
    private static let login = AuthScene.managed + " --print-token false --enable-authz-notify true"

    @Test("everything is gone; twice changes nothing; without a vault it is 66")
    func twice() async throws {
        let scene = try AuthScene()
        try await scene.home.run("auth logout").expect(66)
        #expect(!scene.home.exists(".sigilum-workspace"))
        let token = ForeignToken.good()
        try scene.writeConfig("// mine\n{a: 1}\n")
        try await scene.give(token.text, Self.login).expect(0)
        let first = try await scene.home.run("auth logout")
        first.expect(0)
        #expect(first.errorText == "")
        #expect(scene.home.leaks(of: token.canary) == [])
        #expect(scene.home.text(scene.config)?.hasPrefix("// mine\n{a: 1") == true)
        try await scene.home.run("auth show").expect(66)
        try await scene.home.run("vault get owner-token/johndee").expect(66)
        let (text, inode) = (scene.home.text(scene.config), try scene.inode(scene.config))
        let second = try await scene.home.run("auth logout --json")
        second.expect(0)
        #expect(second.json["namespace"] as? String == "johndee")
        #expect(scene.home.text(scene.config) == text)
        #expect(try scene.inode(scene.config) == inode)
        try await scene.home.run("auth logout --namespace alice").expect(0)
        for line in ["vault verify", "vault diff", "vault sync --dry-run"] { try await scene.home.run(line).expect(0) }
        // And in again.
        try await scene.give(token.text, Self.login).expect(0)
        #expect(scene.filed == token.text + "\n")
    }

    @Test("an edited token file is left alone and said to be there, until somebody removes it")
    func edited() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, Self.login).expect(0)
        try scene.home.write(Array("somebody's notes\n".utf8), to: scene.tokenFile)
        for _ in 0..<2 {
            let result = try await scene.home.run("auth logout")
            result.expect(76, error: "The file was edited: it holds what the vault does not know")
            #expect(result.outputText.hasPrefix("[warn] Namespace-owner token removed, not everywhere.\n"))
            #expect(!result.outputText.contains("token_file"))
            #expect(result.errorText.contains("[warn] Still there: \(scene.tokenFile)\n"), "\(result.errorText)")
            #expect(result.errorText.contains("removed from the vault; not yet taken away from: export-file\n"))
            #expect(scene.filed == "somebody's notes\n")
            #expect(scene.home.leaks(of: token.canary) == [])
        }
        try FileManager.default.removeItem(atPath: scene.tokenFile)
        try await scene.home.run("auth logout").expect(0)
        let last = try await scene.home.run("auth logout")
        #expect(last.outputText.hasPrefix("[ok] No owner token is stored for namespace: johndee\n"))
        try await scene.home.run("vault sync --dry-run").expect(0)
    }

    @Test("what could not be taken away is taken away by the next logout, or a sync")
    func later() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        for again in ["auth logout", "vault sync"] {
            try scene.writeConfig("{}")
            try await scene.give(token.text, Self.login).expect(0)
            let good = try #require(scene.home.text(scene.config))
            try scene.writeConfig(good + "}")
            let result = try await scene.home.run("auth logout")
            result.expect(65, error: "Not JSON5: \(scene.config): line ")
            #expect(scene.filed == nil)
            try scene.writeConfig(good)
            try await scene.home.run(again).expect(0)
            #expect(scene.home.text(scene.config)?.contains(token.text) == false)
            #expect(scene.home.leaks(of: token.canary) == [])
        }
    }
}
