import Foundation
import Testing
import VaultTestSupport

@Suite("Files that are in the way of a token, or hold one", .few)
struct AuthPlaceTests {
    private static let login = AuthScene.managed + " --print-token false"

    @Test("logout takes out a token that a later login, or a removal, left in openclaw.json")
    func released() async throws {
        for step in ["write", "remove"] {
            let scene = try AuthScene()
            let token = ForeignToken.good()
            try scene.writeConfig("// mine\n{}\n")
            try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
            if step == "write" {
                try await scene.give(token.text, Self.login + " --write-openclaw false").expect(0)
            } else {
                try await scene.home.run("vault remove owner-token/johndee --confirm owner-token/johndee").expect(0)
            }
            #expect(scene.home.text(scene.config)?.contains(token.text) == true)
            let result = try await scene.home.run("auth logout")
            result.expect(0)
            #expect(result.outputText.hasPrefix("[ok] Namespace-owner token removed.\n"), "\(result.outputText)")
            #expect(scene.home.leaks(of: token.canary) == [])
            #expect(scene.home.text(scene.config)?.hasPrefix("// mine\n{") == true)
            let again = try await scene.home.run("auth logout")
            #expect(again.outputText.hasPrefix("[ok] No owner token is stored"))
            #expect(again.errorText == "")
            try await scene.home.run("vault verify").expect(0)
        }
    }

    @Test("what another vault put into the usual places stays, and logout says so")
    func strangers() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        let config = try #require(scene.home.text(scene.config))
        try await scene.home.run("vault init --sigilum-home other").expect(0)
        let result = try await scene.home.run("auth logout --sigilum-home other")
        result.expect(0)
        for path in [scene.tokenFile, scene.config] {
            let warning = "[warn] Not this vault's, and still there: an owner token in \(path)\n"
            #expect(result.errorText.contains(warning), "\(result.errorText)")
        }
        #expect(try await scene.home.run("auth logout --namespace alice --sigilum-home other").errorText == "")
        #expect(scene.home.text(scene.config) == config)
        #expect(scene.filed == token.text + "\n")
    }

    @Test("an older token in the file that the vault does not know becomes a version of its own, and is said")
    func adopted() async throws {
        let scene = try AuthScene()
        let old = ForeignToken(#""sub":"usr_1","namespace":"johndee","exp":1000000000"#), token = ForeignToken.good()
        try scene.home.write(Array((old.text + "\n").utf8), to: scene.tokenFile)
        let result = try await scene.give(token.text, Self.login)
        result.expect(0)
        #expect(
            result.errorText.contains("[i] Taken over from its file, as a version of: owner-token/johndee\n"),
            "\(result.errorText)")
        #expect(scene.filed == token.text + "\n")
        let first = try await scene.unseen("vault get owner-token/johndee --version 1 --reveal-secrets")
        #expect(first.outputText == old.text + "\n", "\(first.errorText)")
        let again = try await scene.give(token.text, Self.login)
        #expect(again.errorText == "")
        for secret in [old, token] { #expect(scene.home.leaks(of: secret.canary, except: AuthScene.files) == []) }
    }

    @Test("anything else in the token's usual file is left alone, and nothing is stored")
    func occupied() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        for content in ["somebody's notes\n", ForeignToken.good("alice").text, ForeignToken("", header: "{}").text] {
            try scene.home.write(Array(content.utf8), to: scene.tokenFile)
            let before = scene.home.files()
            try await scene.give(token.text).expect(73, error: "There is something else already: \(scene.tokenFile)")
            #expect(scene.home.files() == before)
        }
        #expect(!scene.home.exists(".sigilum-workspace"))
        #expect(scene.home.leaks(of: token.canary) == [])
        // Also after a logout that had to leave it.
        try FileManager.default.removeItem(atPath: scene.tokenFile)
        try await scene.give(token.text, Self.login).expect(0)
        try scene.home.write(Array("notes".utf8), to: scene.tokenFile)
        try await scene.home.run("auth logout").expect(76)
        try await scene.give(token.text, Self.login).expect(73)
        #expect(scene.filed == "notes")
    }

    @Test(
        "no file of the Sigilum home is a token's or OpenClaw's",
        arguments: ["vault.lock", "service-api-key-zzz", "gateway-master-key", "new"])
    func inTheHome(name: String) async throws {
        let scene = try AuthScene()
        try await scene.home.run("vault init").expect(0)
        try FileManager.default.createSymbolicLink(
            atPath: scene.home.work + "/linked", withDestinationPath: scene.home.sigilum)
        try FileManager.default.createSymbolicLink(
            atPath: scene.home.work + "/config.json", withDestinationPath: scene.home.sigilum + "/" + name)
        // Reading the vault changes the store's own working files.
        func files() -> [String: [UInt8]] {
            scene.home.files().filter { !$0.key.contains("/vault.db") && !$0.key.contains("/sigilum/") }
        }
        let before = files()
        let token = ForeignToken.good()
        for path in [".sigilum-workspace/\(name)", "linked/\(name)", "nowhere/../.sigilum-workspace/\(name)"] {
            try await scene.give(token.text, Self.login + " --token-file \(path)").expect(64)
        }
        for path in [".sigilum-workspace/\(name)", "linked/\(name)"] {
            try await scene.give(token.text, Self.login + " --config \(path)")
                .expect(64, error: "--config is a file in the Sigilum home")
        }
        let linked = try await scene.give(token.text, Self.login + " --config config.json")
        #expect(linked.status == 64 || linked.status == 77)
        #expect(files() == before)
        #expect(scene.home.leaks(of: token.canary) == [])
        // Nor of one that is yet to be made.
        try await scene.give(token.text, Self.login + " --sigilum-home later --token-file later/x").expect(64)
        #expect(!scene.home.exists("later"))
    }

    @Test("two ways to OpenClaw's folder are one")
    func aliases() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try FileManager.default.createDirectory(atPath: scene.home.work + "/oc", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: scene.home.work + "/oclink", withDestinationPath: "oc")
        let line = Self.login + " --enable-authz-notify true"
        try await scene.give(token.text, line + " --openclaw-home oc").expect(0)
        try await scene.give(token.text, line + " --openclaw-home oclink --api-url https://api.example").expect(0)
        #expect(scene.home.text("oc/openclaw.json")?.contains("https://api.example") == true)
        let status = try await scene.home.run("vault status --json")
        #expect(status.outputText.contains("\"pending\": []"), "\(status.outputText)")
        try await scene.home.run("vault diff").expect(0)
        try await scene.home.run("vault sync").expect(0)
        #expect(scene.home.text("oc/openclaw.json")?.contains("https://api.example") == true)
        try await scene.give(
            ForeignToken.good("alice").text,
            Self.login + " --namespace alice --token-file oclink/.sigilum/owner-token-johndee.jwt"
        ).expect(64, error: "--token-file is the file of another entry: owner-token/johndee")
    }

    @Test("OpenClaw's folder for tokens is made 0700, with a warning")
    func folderMode() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let folder = scene.openClaw + "/.sigilum"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for path in [scene.openClaw, folder] { chmod(path, 0o755) }
        let result = try await scene.give(token.text, Self.login)
        result.expect(0)
        #expect(try scene.mode(folder) == 0o700)
        #expect(try scene.mode(scene.openClaw) == 0o755)
        #expect(
            result.errorText.contains("[warn] The folder of the token was open to others; it is 0700 now: \(folder)\n"))
        #expect(try await scene.give(token.text, Self.login).errorText == "")
    }

    @Test("logout under --json names several files in one array, and one as a text")
    func several() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, Self.login).expect(0)
        try await scene.give(token.text, Self.login + " --token-file t.jwt --config c.json").expect(0)
        let result = try await scene.home.run("auth logout --json")
        result.expect(0)
        for (key, paths) in [
            ("token_file", [scene.tokenFile, "t.jwt"]),
            ("openclaw_config", [scene.config, "c.json"]),
        ] {
            #expect(result.outputText.split(separator: "\"\(key)\"").count == 2, "\(result.outputText)")
            #expect(Set(result.json[key] as? [String] ?? []) == Set(paths))
        }
        try await scene.give(token.text, Self.login).expect(0)
        let one = try await scene.home.run("auth logout --json")
        #expect(one.json["token_file"] as? String == scene.tokenFile)
        #expect(one.json["openclaw_config"] as? String == scene.config)
    }

    @Test("show warns where the token's file is missing, or is no file")
    func shown() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, Self.login).expect(0)
        try FileManager.default.removeItem(atPath: scene.tokenFile)
        let missing = try await scene.unseen("auth show")
        missing.expect(0)
        #expect(missing.outputText == token.text + "\n")
        #expect(missing.errorText.contains("[warn] The token's file is missing: \(scene.tokenFile)"))
        try FileManager.default.createDirectory(atPath: scene.tokenFile, withIntermediateDirectories: false)
        let folder = try await scene.unseen("auth show")
        folder.expect(0)
        #expect(folder.errorText.contains("[warn] Not a regular file: \(scene.tokenFile)"))
    }
}
