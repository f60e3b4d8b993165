import Foundation
import Testing
import VaultTestSupport

@Suite("Audit", .few)
struct AuditTests {
    private struct Finding {
        let rule: String
        let entry: String?
        let path: String?
        let line: Int?
        let encoding: String?
        let next: [String]
    }

    private func audit(
        _ home: TestHome, _ variables: [String: String] = [:], more line: String = "", expecting status: Int32
    ) async throws -> [Finding] {
        let result = try await home.run("vault audit --json" + line, variables: variables)
        result.expect(status)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        return try #require(document["findings"] as? [[String: Any]]).map { finding in
            Finding(
                rule: finding["rule"] as? String ?? "", entry: finding["entry"] as? String,
                path: finding["path"] as? String, line: finding["line"] as? Int,
                encoding: finding["encoding"] as? String, next: finding["next"] as? [String] ?? [])
        }
    }

    @Test("what is wrong with files and the gateway is found by its rule, and the command that is proposed mends it")
    func drift() async throws {
        let home = try TestHome()
        let gateway = try await GatewayDouble.start()
        let canary = Canary()
        let variables = home.variables(canary, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        #expect(try await audit(home, variables, expecting: 0).isEmpty)
        let file = home.sigilum + "/gateway-connection-secret-linear", key = home.sigilum + "/service-api-key-linear"
        let damages: [(rule: String, damage: @Sendable () throws -> Void)] = [
            ("export-file-missing", { try FileManager.default.removeItem(atPath: file) }),
            ("export-file-differs", { try home.write(Array("another".utf8), to: key) }),
            (
                "export-file-unsafe",
                { try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key) }
            ),
            ("export-file-unsafe", { try FileManager.default.linkItem(atPath: file, toPath: home.user + "/link") }),
            ("gateway-connection-missing", { gateway.forget("linear") }),
            ("gateway-connection-redirected", { gateway.change("linear") { $0.baseURL = "https://evil.example" } }),
            ("gateway-connection-differs", { gateway.change("linear") { $0.name = "Theirs" } }),
            ("gateway-secret-differs", { gateway.change("linear") { $0.secretVersion += 1 } }),
        ]
        for (rule, damage) in damages {
            try damage()
            let found = try await audit(home, variables, expecting: 1)
            #expect(found.map(\.rule) == [rule])
            let next = try #require(found.first?.next.first)
            try await home.run(String(next.dropFirst("sigilum ".count)), variables: variables).expect(0)
            #expect(try await audit(home, variables, expecting: 0).isEmpty, "\(rule): \(next)")
            try? FileManager.default.removeItem(atPath: home.user + "/link")
        }
        try await gateway.stop()
        let down = try await home.run("vault audit", variables: variables)
        down.expect(0)
        #expect(down.outputText.hasPrefix("[ok] Audit: 2 credentials, nothing to do, 1 note\n  note  not-checked  "))
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("copies of a value are found, plain, in base64 and URL-encoded, and no form of the report shows the value")
    func copies() async throws {
        let home = try TestHome()
        let canary = Canary(bytes: Array("lin_%/canary+x7Kq2Lw9Zx4Vb8Nm3Pd6Rt1Yc5Sf0Aj".utf8))
        let variables = home.variables(canary)
        try await home.run(addLinear + " --offline", variables: variables).expect(0)
        let folder = home.user + "/projects"
        let encoded = Data(canary.bytes).base64EncodedString()
        let percent = canary.text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        try home.write(Array("A=1\nTOKEN=\(canary.text)\n".utf8), to: folder + "/.env")
        try home.write(Array("{\n\n\"auth\": \"\(encoded)\"}\n".utf8), to: folder + "/deep/config.json")
        try home.write(Array("curl https://x.example/?key=\(percent)\n".utf8), to: folder + "/run.sh")
        try home.write(Array("\(canary.text)".utf8), to: home.sigilum + "/copy")
        let found = try await audit(home, variables, more: " --offline --scan " + folder, expecting: 1)
            .filter { $0.rule == "plain-copy" }
        #expect(found.allSatisfy { $0.entry == "upstream-secret/linear/access_token" })
        let shown = found.map { "\($0.path ?? "") \($0.line ?? 0) \($0.encoding ?? "")" }
        #expect(
            Set(shown) == [
                folder + "/.env 2 plain", folder + "/deep/config.json 3 base64", folder + "/run.sh 1 url-encoded",
                home.sigilum + "/copy 1 plain",
            ])
        for format in ["text", "json", "sarif", "html"] {
            let line = "vault audit --offline --scan \(folder) --format \(format)"
            try await home.run(line, variables: variables).expect(1)
            try await home.run(line + " --out report-\(format)", variables: variables).expect(1)
        }
        #expect(
            home.leaks(of: canary, except: linearFiles + [".env", "config.json", "run.sh", "copy"]) == [])
    }

    @Test("--reveal-secrets shows the values, and the log has each release")
    func reveals() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        let before = try await home.run("vault log --json").outputText.split(separator: "\n").count
        // What this prints is the secret by purpose: not remembered.
        let shown = try await home.runner.run(home.call("vault audit --offline --reveal-secrets"))
        shown.expect(1)
        #expect(shown.outputText.contains(canary.text))
        let log = try await home.run("vault log --json").outputText.split(separator: "\n").dropFirst(before)
        #expect(log.count == 2)
        #expect(log.allSatisfy { $0.contains("\"released\"") && $0.contains("\"vault audit\"") })
        try await home.run("vault audit --offline --reveal-secrets --json").expect(64)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("the owner token has its places: expiry, its file and openclaw.json, and a second copy there")
    func tokens() async throws {
        let scene = try AuthScene()
        try await scene.signed(AuthScene.local + " --print-token false --enable-authz-notify true").expect(0)
        #expect(try await audit(scene.home, expecting: 0).isEmpty)
        let text = try #require(scene.home.text(scene.config))
        let token = try #require(scene.filed).trimmingCharacters(in: .newlines)
        try scene.writeConfig(text.replacing("{\n", with: "{\n  \"old\": \"\(token)\",\n", maxReplacements: 1))
        let found = try await audit(scene.home, expecting: 1)
        #expect(found.map(\.rule) == ["plain-copy"])
        #expect(found.first?.path == scene.config)
        try scene.writeConfig(text.replacing(token, with: "gone"))
        #expect(try await audit(scene.home, expecting: 1).map(\.rule) == ["openclaw-token-differs"])
        try await scene.home.run("vault sync").expect(0)
        try await scene.signed(AuthScene.local + " --print-token false --ttl-seconds 1").expect(0)
        try await Task.sleep(for: .seconds(1.1))
        let expired = try await audit(scene.home, expecting: 1)
        #expect(expired.map(\.rule) == ["token-expired"])
        let next = try #require(expired.first?.next.first)
        try await scene.signed(String(next.dropFirst("sigilum ".count))).expect(0)
        #expect(try await audit(scene.home, expecting: 0).isEmpty)
    }

    @Test("what is in the way of openclaw.json is not waited for, and what is proposed moves it and nothing behind it")
    func inTheWay() async throws {
        let scene = try AuthScene()
        try await scene.signed(AuthScene.local + " --print-token false").expect(0)
        let target = scene.home.user + "/behind"
        let obstacles: [(String) throws -> Void] = [
            { #expect(mkfifo($0, 0o600) == 0) },
            { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false) },
            { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/dev/zero") },
            {
                try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
                try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: target)
            },
        ]
        for obstacle in obstacles {
            try FileManager.default.removeItem(atPath: scene.config)
            try obstacle(scene.config)
            let found = try await audit(scene.home, expecting: 1)
            #expect(found.map(\.rule) == ["check-failed"])
            let next = try #require(found.first?.next.first)
            #expect(next == "mv \(scene.config) \(scene.config).aside")
            try FileManager.default.moveItem(atPath: scene.config, toPath: scene.config + ".aside")
            try await scene.home.run("vault sync").expect(0)
            #expect(try await audit(scene.home, expecting: 0).isEmpty)
            try FileManager.default.removeItem(atPath: scene.config + ".aside")
        }
        #expect(FileManager.default.fileExists(atPath: target))
    }
}
