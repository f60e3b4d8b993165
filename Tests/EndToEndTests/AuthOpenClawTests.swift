import Foundation
import Testing
import VaultTestSupport

@Suite("OpenClaw's configuration and the token's file")
struct AuthOpenClawTests {
    private static let login = AuthScene.managed + " --print-token false"
    private static let config =
        "// mine\r\n{\r\n\tgateway: {port: 18789,}, // a port\r\n\t'hooks': {\r\n\t\tinternal: {\r\n\t\t\tentries: {\r\n"
        + "\t\t\t\t/* the hook */ \"sigilum-authz-notify\": { env: { SIGILUM_DASHBOARD_URL: 'https://d.example', }, },\r\n"
        + "\t\t\t},\r\n\t\t},\r\n\t},\r\n}"

    @Test("the same login twice leaves both files byte for byte, and the very same files")
    func twice() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try scene.writeConfig(Self.config)
        let line = Self.login + " --enable-authz-notify true"
        let first = try await scene.give(token.text, line)
        first.expect(0)
        let files = try [scene.config, scene.tokenFile].map { (scene.home.text($0), try scene.inode($0)) }
        let second = try await scene.give(token.text, line)
        second.expect(0)
        #expect(second.output == first.output)
        #expect(second.errorText == "")
        for (path, file) in zip([scene.config, scene.tokenFile], files) {
            #expect(scene.home.text(path) == file.0)
            #expect(try scene.inode(path) == file.1)
        }
        let history = try await scene.home.run("vault history owner-token/johndee --json")
        #expect((history.json["versions"] as? [Any])?.count == 1)
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
    }

    @Test("comments, line ends, trailing commas and all else stay")
    func lossless() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try scene.writeConfig(Self.config)
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        var text = try #require(scene.home.text(scene.config))
        #expect(try scene.mode(scene.config) == 0o600)
        #expect(!text.replacing("\r\n", with: "").contains("\n"))
        for kept in [
            "// mine\r\n{\r\n\tgateway: {port: 18789,}, // a port\r\n", "/* the hook */", "'https://d.example'",
            "\r\n\t},\r\n}",
        ] {
            #expect(text.contains(kept), "\(text)")
        }
        #expect(!text.hasSuffix("\n"))
        #expect(text.contains(token.text))
        // Taken away again, what is left is what a login without the token makes.
        try await scene.give(token.text, Self.login + " --enable-authz-notify false").expect(0)
        text = try #require(scene.home.text(scene.config))
        #expect(!text.contains("SIGILUM_OWNER_TOKEN") && !text.contains(token.text))
        #expect(text.contains("/* the hook */"))
    }

    @Test("true writes the token, false takes it out, preserve leaves enabled as it is")
    func notify() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        func hook() throws -> (isEnabled: Bool?, token: String?) {
            let data = Data(scene.home.contents(scene.config) ?? [])
            let hooks = (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["hooks"] as? [String: Any]
            let part = hooks?["internal"] as? [String: Any]
            #expect(part?["enabled"] as? Bool == true)
            let entry = (part?["entries"] as? [String: Any])?["sigilum-authz-notify"] as? [String: Any]
            let env = entry?["env"] as? [String: Any]
            #expect(env?["SIGILUM_NAMESPACE"] as? String == "johndee")
            #expect(env?["SIGILUM_API_URL"] as? String == "https://api.sigilum.id")
            return (entry?["enabled"] as? Bool, env?["SIGILUM_OWNER_TOKEN"] as? String)
        }
        try await scene.give(token.text, Self.login).expect(0)
        #expect(try hook() == (nil, nil))
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        #expect(try hook() == (true, token.text))
        try await scene.give(token.text, Self.login).expect(0)
        #expect(try hook() == (true, token.text))
        let other = ForeignToken.good()
        try await scene.give(other.text, Self.login + " --enable-authz-notify preserve").expect(0)
        #expect(try hook() == (true, other.text))
        try await scene.give(other.text, Self.login + " --enable-authz-notify false").expect(0)
        #expect(try hook() == (false, nil))
        try await scene.give(other.text, Self.login).expect(0)
        #expect(try hook() == (false, nil))
        try await scene.home.run("vault diff").expect(0)
    }

    @Test(
        "a file that cannot be edited leaves everything as it was: no vault, no token file",
        arguments: [
            ("{hooks: 3}", Int32(78), "hooks"), ("{hooks: {internal: [1]}}", 78, "hooks.internal"),
            ("[]", 78, "(the whole file)"), ("{a: 'CANARY',\n  b: }", 65, "line 2, column 6"),
            ("CANARY", 65, "line 1, column 1"),
            ("{hooks: {internal: {entries: {\"sigilum-authz-notify\": {env: \"CANARY\"}}}}}", 78, "env"),
        ])
    func refused(content: String, status: Int32, place: String) async throws {
        let scene = try AuthScene()
        let (canary, token) = (Canary(prefix: ""), ForeignToken.good())
        try scene.writeConfig(content.replacing("CANARY", with: canary.text))
        let before = scene.home.files()
        for line in [Self.login, Self.login + " --token-only", Self.login + " --json --enable-authz-notify true"] {
            let result = try await scene.give(token.text, line)
            result.expect(status)
            #expect(result.outputText == "")
            #expect(result.errorText.contains(scene.config), "\(result.errorText)")
            #expect(result.errorText.contains(place), "\(result.errorText)")
        }
        try await scene.signed(AuthScene.local + " --print-token false").expect(status)
        #expect(scene.home.files() == before)
        #expect(scene.home.leaks(of: canary, except: ["openclaw.json"]) == [])
        #expect(scene.home.leaks(of: token.canary) == [])
        // The way round it.
        try await scene.give(token.text, Self.login + " --write-openclaw false").expect(0)
        #expect(scene.home.files()[".openclaw/openclaw.json"] == before[".openclaw/openclaw.json"])
    }

    @Test("--write-openclaw false leaves the file alone and takes it off the deliveries")
    func left() async throws {
        let scene = try AuthScene()
        let (token, other) = (ForeignToken.good(), ForeignToken.good())
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        let (text, inode) = (scene.home.text(scene.config), try scene.inode(scene.config))
        #expect(try await scene.home.run("vault diff").outputText.contains("openclaw:\(scene.config)"))
        try await scene.give(other.text, Self.login + " --write-openclaw false").expect(0)
        #expect(scene.home.text(scene.config) == text)
        #expect(try scene.inode(scene.config) == inode)
        #expect(scene.filed == other.text + "\n")
        for line in ["vault diff", "vault status", "vault sync", "vault get owner-token/johndee"] {
            let result = try await scene.home.run(line)
            result.expect(0)
            #expect(!result.outputText.contains("openclaw:") && !result.outputText.contains("openclaw 1"), "\(line)")
        }
        #expect(scene.home.text(scene.config) == text)
        // And back again.
        try await scene.give(other.text, Self.login).expect(0)
        #expect(scene.home.text(scene.config)?.contains(other.text) == true)
    }

    @Test("two namespaces: a token file each, and in one openclaw.json the last that signed in")
    func twoNamespaces() async throws {
        let scene = try AuthScene()
        let (mine, hers) = (ForeignToken.good(), ForeignToken.good("alice"))
        let line = Self.login + " --enable-authz-notify true"
        try await scene.give(mine.text, line).expect(0)
        try await scene.give(hers.text, line + " --namespace alice").expect(0)
        #expect(scene.filed == mine.text + "\n")
        #expect(scene.home.text(scene.tokenFile(of: "alice")) == hers.text + "\n")
        func holds(_ token: ForeignToken) -> Bool { scene.home.text(scene.config)?.contains(token.text) == true }
        #expect(holds(hers) && !holds(mine))
        #expect(scene.home.text(scene.config)?.contains(#""alice""#) == true)
        try await scene.home.run("vault diff").expect(0)
        // The one that is not in the file takes nothing out of it.
        try await scene.home.run("auth logout --namespace johndee").expect(0)
        #expect(holds(hers))
        #expect(scene.filed == nil)
        try await scene.give(mine.text, line).expect(0)
        #expect(holds(mine) && !holds(hers))
        try await scene.home.run("vault diff").expect(0)
        try await scene.home.run("vault verify").expect(0)
        #expect(try await scene.unseen("auth show --namespace alice").outputText == hers.text + "\n")
    }

    @Test("a symbolic link to a file of the same user is written through")
    func linked() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let real = scene.home.user + "/dotfiles/claw.json"
        try scene.home.write(Array("{a: 1}".utf8), to: real)
        try FileManager.default.createDirectory(
            atPath: scene.openClaw, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.createSymbolicLink(atPath: scene.config, withDestinationPath: real)
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scene.config) == real)
        #expect(scene.home.text(real)?.contains(token.text) == true)
        try await scene.home.run("auth logout").expect(0)
        #expect(scene.home.text(real)?.contains(token.text) == false)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scene.config) == real)
        // One to nothing is an error, with nothing stored.
        try FileManager.default.removeItem(atPath: real)
        try await scene.give(token.text, Self.login).expect(77, error: "Not safe to write: \(scene.config)")
        #expect(scene.filed == nil)
    }

    @Test("what somebody put into the files by hand is drift, which diff names and sync repairs")
    func drift() async throws {
        let scene = try AuthScene()
        let (token, other) = (ForeignToken.good(), ForeignToken.good())
        try await scene.give(token.text, Self.login + " --enable-authz-notify true").expect(0)
        let text = try #require(scene.home.text(scene.config))
        try scene.writeConfig(text.replacing(token.text, with: other.text))
        try scene.home.write(Array((other.text + "\n").utf8), to: scene.tokenFile)
        let diff = try await scene.home.run("vault diff")
        diff.expect(1)
        let lines = diff.outputText.split(separator: "\n")
        #expect(
            lines.contains { $0.contains("openclaw:\(scene.config)") && $0.contains("owner_token") },
            "\(diff.outputText)")
        #expect(lines.contains { $0.contains("export-file:\(scene.tokenFile)") && $0.contains("content") })
        try await scene.home.run("vault sync --dry-run").expect(1)
        let sync = try await scene.home.run("vault sync")
        sync.expect(0)
        #expect(scene.home.text(scene.config) == text)
        #expect(scene.filed == token.text + "\n")
        try await scene.home.run("vault diff").expect(0)
        // A token where the hook does not run: drift as well.
        try await scene.give(token.text, Self.login + " --enable-authz-notify false").expect(0)
        let quiet = try #require(scene.home.text(scene.config))
        try scene.writeConfig(
            quiet.replacing("\"env\": {", with: "\"env\": {\"SIGILUM_OWNER_TOKEN\": \"\(other.text)\","))
        let found = try await scene.home.run("vault diff")
        found.expect(1)
        #expect(found.outputText.contains("owner_token"))
        try await scene.home.run("vault sync").expect(0)
        #expect(scene.home.text(scene.config)?.contains(other.text) == false)
        // Deleted: made again.
        try FileManager.default.removeItem(atPath: scene.openClaw)
        try await scene.home.run("vault sync").expect(0)
        #expect(scene.filed == token.text + "\n")
        for secret in [token, other] {
            #expect(scene.home.leaks(of: secret.canary, except: AuthScene.files) == [])
        }
    }
}
