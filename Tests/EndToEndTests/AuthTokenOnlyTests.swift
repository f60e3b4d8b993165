import Foundation
import Testing
import VaultTestSupport

@Suite("--token-only prints the token and nothing else")
struct AuthTokenOnlyTests {
    private func expectOneLine(_ result: ProgramResult, _ scene: AuthScene, status: Int32 = 0) throws {
        result.expect(status)
        let lines = result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines.last == "", "\(result.outputText)")
        let token = String(lines[0])
        let signature = token.split(separator: ".").last.map(String.init)
        #expect(signature == hmacSHA256Signature(of: token, secret: scene.secret.bytes))
    }

    @Test("the first run, which makes a home, a vault and a key; and the next one")
    func first() async throws {
        let scene = try AuthScene()
        let made = try await scene.unseen(AuthScene.local + " --token-only")
        try expectOneLine(made, scene)
        #expect(made.errorText.contains("[i] Made a new vault: "))
        #expect(scene.filed == made.outputText)
        try expectOneLine(try await scene.unseen("auth refresh --mode oss-local --token-only"), scene)
    }

    @Test(
        "whatever else is asked for", arguments: ["--json", "--print-token false", "--print-token true", "--no-input"])
    func besides(option: String) async throws {
        let scene = try AuthScene()
        try expectOneLine(try await scene.unseen(AuthScene.local + " --token-only " + option), scene)
    }

    @Test("the token given, in managed mode")
    func managed() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let result = try await scene.give(token.text, AuthScene.managed + " --token-only --json")
        result.expect(0)
        #expect(result.outputText == token.text + "\n")
        #expect(result.errorText.contains("Made a new vault"))
    }

    @Test("a weak secret, no anchor, an edited file: what is to be said goes to standard error")
    func warnings() async throws {
        let scene = try AuthScene()
        _ = try await scene.token()
        try scene.home.write(Array("edited".utf8), to: scene.tokenFile, mode: 0o644)
        try FileManager.default.removeItem(atPath: scene.home.user + "/.local/state/sigilum")
        let result = try await scene.unseen(AuthScene.local + " --token-only")
        try expectOneLine(result, scene)
        #expect(result.errorText.contains("[warn] "))
        #expect(scene.filed == result.outputText)
        #expect(try scene.mode(scene.tokenFile) == 0o600)
    }

    @Test("the token file cannot be written: the token, and 73", arguments: ["", " --json"])
    func unwritable(json: String) async throws {
        let scene = try AuthScene()
        try scene.home.write([], to: "no-folder")
        let result = try await scene.unseen(AuthScene.local + " --token-only --token-file no-folder/token" + json)
        try expectOneLine(result, scene, status: 73)
        #expect(
            result.errorText.contains(json.isEmpty ? "not yet delivered to: export-file" : #""code":"cannot-write""#))
        // It is in the vault, and the next way to deliver it works.
        try FileManager.default.removeItem(atPath: scene.home.work + "/no-folder")
        try await scene.home.run("vault sync").expect(0)
        #expect(scene.home.text("no-folder/token") == result.outputText)
    }

    @Test("OpenClaw's folder cannot be written: nothing is stored, and nothing printed")
    func readOnly() async throws {
        let scene = try AuthScene()
        try scene.writeConfig("{}")
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: scene.openClaw)
        var call = scene.home.call(AuthScene.local + " --token-only", variables: ["JWT_SECRET": scene.secret.text])
        if geteuid() == 0 {
            let everything =
                [scene.home.root] + scene.home.files(below: scene.home.root).keys.map { scene.home.root + "/" + $0 }
            for path in everything {
                try FileManager.default.setAttributes(
                    [.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: path)
            }
            call.through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        }
        let before = scene.home.files()
        let result = try await scene.home.run(call)
        result.expect(73)
        #expect(result.outputText == "")
        #expect(scene.home.files() == before)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scene.openClaw)
        try expectOneLine(try await scene.home.runner.run(call), scene)
    }
}
