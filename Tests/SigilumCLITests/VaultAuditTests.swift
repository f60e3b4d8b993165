import Foundation
import SecureMemory
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct VaultAuditTests {
    private static let name = "upstream-secret/linear/access_token"

    @Test("an audit that finds nothing says so, shows every credential masked, and ends with 0")
    func clean() async throws {
        let stage = try await VaultStage.withService()
        let audit = await stage.run("vault", "audit")
        #expect(audit.status == 0, "\(audit.errors)")
        #expect(
            audit.output == """
                [ok] Audit: 2 credentials, nothing found
                  NAME                                 KIND             AGE        VERSIONS  EXPIRES  ROTATION DUE  WHERE                   VALUE
                  service-api-key/linear               service-api-key  0 seconds  1         -        -             export-file, local-api  sk_****** (hidden)
                  upstream-secret/linear/access_token  upstream-secret  0 seconds  1         -        -             export-file, gateway    lin_****** (hidden)

                """)
        let empty = try await VaultStage.withVault()
        #expect(await empty.run("vault", "audit").output == "[ok] Audit: 0 credentials, nothing found\n  (none)\n")
        #expect(empty.targetsMade() == [])
    }

    @Test("each finding has its severity, its rule, its entry and the command to type next; errors come first")
    func findings() async throws {
        let stage = try await VaultStage.withService()
        await stage.run(["vault", "put", "it's weak"], input: "changeme")
        stage.files.lose("service-api-key-linear")
        stage.gateway.disturb("linear")
        let rows = stage.storage.rows
        let audit = await stage.run("vault", "audit")
        #expect(audit.status == 1)
        #expect(
            audit.output.hasPrefix(
                """
                [warn] Audit: 3 findings in 3 credentials
                  error  known-sample  it's weak
                    The value is a sample that everybody knows
                    next:  sigilum vault rotate 'it'\\''s weak' --from-file FILE
                  error  export-file-missing  service-api-key/linear  export-file:service-api-key-linear
                    The export file is missing: ~/.sigilum-workspace/service-api-key-linear
                    next:  sigilum vault export service-api-key/linear
                  warning  gateway-connection-differs  upstream-secret/linear/access_token  gateway:linear
                    The gateway's connection is set up differently (content)
                    next:  sigilum vault sync

                  NAME
                """), "\(audit.output)")
        #expect(audit.output.contains("export-file (missing), local-api"))
        #expect(stage.storage.rows == rows)
        await stage.run("vault", "export", "service-api-key/linear")
        await stage.run("vault", "sync")
        await stage.run(["vault", "rotate", "it's weak", "--from-env", "NEW"], variables: ["NEW": "\(canary)-too"])
        #expect(await stage.run("vault", "audit").status == 0)
    }

    @Test("a gateway that does not answer is a note, and an audit with notes alone ends with 0")
    func notes() async throws {
        let stage = try await VaultStage.withService()
        stage.gateway.fail(.unreachable(endpoint: "http://127.0.0.1:38100"))
        let down = await stage.run("vault", "audit")
        #expect(down.status == 0)
        #expect(down.output.hasPrefix("[ok] Audit: 2 credentials, nothing to do, 1 note\n  note  not-checked  "))
        #expect(down.output.contains("Gateway admin not reachable: http://127.0.0.1:38100"))
        #expect(await stage.run("vault", "audit", "--offline").output.contains("nothing to do, 1 note"))
        stage.gateway.fail(.adminTokenRequired)
        let refused = await stage.run("vault", "audit")
        #expect(refused.status == 1)
        #expect(refused.output.contains("  warning  check-failed  "))
        #expect(refused.output.contains("    next:  export GATEWAY_ADMIN_TOKEN=TOKEN\n"))
    }

    @Test("the document has the same facts as the text, and no value")
    func document() async throws {
        let stage = try await VaultStage.withService()
        stage.files.lose("service-api-key-linear")
        for words in [["--json"], ["--format", "json"], ["--json", "--format", "json"]] {
            let audit = await stage.run(["vault", "audit"] + words)
            #expect(audit.status == 1)
            let parsed = try JSONSerialization.jsonObject(with: Data(audit.output.utf8))
            let document = try #require(parsed as? [String: Any])
            #expect(document.keys.sorted() == ["at", "credentials", "findings", "summary"])
            #expect(
                document["summary"] as? [String: Int] == ["credentials": 2, "errors": 1, "warnings": 0, "notes": 0])
            let finding = try #require((document["findings"] as? [[String: Any]])?.first)
            #expect(finding["rule"] as? String == "export-file-missing")
            #expect(finding["severity"] as? String == "error")
            #expect(finding["entry"] as? String == "service-api-key/linear")
            #expect(finding["next"] as? [String] == ["sigilum vault export service-api-key/linear"])
            let credentials = try #require(document["credentials"] as? [[String: Any]])
            #expect(credentials.compactMap { $0["value"] as? String } == ["sk_****** (hidden)", "lin_****** (hidden)"])
        }
    }

    @Test("--max-age-days counts the days of the current value, and takes a number of days alone")
    func age() async throws {
        let stage = try await VaultStage.withService()
        stage.pass(days: 40)
        #expect(await stage.run("vault", "audit", "--max-age-days", "40").status == 0)
        let old = await stage.run("vault", "audit", "--max-age-days", "39")
        #expect(old.status == 1)
        #expect(old.output.contains("    The value is too old (40 days)\n"))
        #expect(
            old.output.contains(
                "    next:  sigilum vault rotate upstream-secret/linear/access_token --from-file FILE\n"))
        #expect(old.output.contains("    next:  sigilum vault rotate service-api-key/linear\n"))
        for days in ["0", "-1", "x", "", "1.5", "+3", "36526", "99999999999999999999"] {
            #expect(await stage.run("vault", "audit", "--max-age-days", days).status == 64, "\(days)")
            #expect(await stage.run("vault", "audit", "--max-age-days=" + days).status == 64, "\(days)")
        }
    }

    @Test("--reveal-secrets shows values in the text alone, and only after the log says so")
    func reveals() async throws {
        let stage = try await VaultStage.withService()
        let shown = await stage.run(["vault", "audit", "--reveal-secrets"], reveals: true)
        #expect(shown.status == 0)
        #expect(shown.output.contains(canary) && shown.output.contains("  sk_live_"))
        let log = await stage.run("vault", "log").output.split(separator: "\n").suffix(2)
        #expect(log.allSatisfy { $0.contains("released") && $0.contains("purpose=vault audit") })
        let rows = stage.storage.rows
        for words in [
            ["--json"], ["--format", "json"], ["--out", "report"], ["--format", "json", "--out", "report"],
        ] {
            let refused = await stage.run(["vault", "audit", "--reveal-secrets"] + words)
            #expect(refused.status == 64, "\(words)")
        }
        #expect(await stage.run("vault", "audit", "--json", "--format", "text").status == 64)
        #expect(stage.storage.rows == rows)
        #expect(!FileManager.default.fileExists(atPath: stage.folder("report")))
    }

    @Test("--out writes the report to a file, 0600, and says where; not into the home, not through a link")
    func file() async throws {
        let stage = try await VaultStage.withService()
        stage.files.lose("service-api-key-linear")
        for format in VaultAudit.Format.allCases {
            let printed = await stage.run("vault", "audit", "--format", format.rawValue)
            let written = await stage.run("vault", "audit", "--format", format.rawValue, "--out", "report")
            #expect(written.status == 1)
            #expect(
                written.output
                    == "[warn] Audit: 1 finding in 2 credentials\n  errors:   1\n  warnings: 0\n  notes:    0\n  file:     report\n"
            )
            let bytes = try #require(FileManager.default.contents(atPath: stage.folder("report")))
            #expect(stage.plain(String(decoding: bytes, as: UTF8.self)) == printed.output)
            let attributes = try FileManager.default.attributesOfItem(atPath: stage.folder("report"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(await stage.run("vault", "audit", "--out", ".sigilum-workspace/report").status == 64)
        #expect(await stage.run("vault", "audit", "--out", "nowhere/report").status == 66)
        try FileManager.default.createSymbolicLink(
            atPath: stage.folder("link"), withDestinationPath: stage.folder("report"))
        #expect(await stage.run("vault", "audit", "--out", "link").status == 73)
    }

    @Test("copies are found in the home, in OpenClaw's folder and in the folders that are named, never through a link")
    func copies() async throws {
        let stage = try await VaultStage.withService()
        let text = Data("# a file\nTOKEN=\(canary)\n".utf8)
        let places = [".sigilum-workspace/notes", ".openclaw/old.json", "elsewhere/deep/.env", "hidden/.env"]
        for place in places {
            let path = stage.folder(place)
            try FileManager.default.createDirectory(
                atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), withIntermediateDirectories: true)
            try text.write(to: URL(fileURLWithPath: path))
        }
        try FileManager.default.createSymbolicLink(
            atPath: stage.folder("elsewhere/link"), withDestinationPath: stage.folder("hidden"))
        let audit = await stage.run("vault", "audit")
        #expect(audit.status == 1)
        #expect(audit.output.contains("A copy of the value lies in a file: ~/.sigilum-workspace/notes, line 2\n"))
        #expect(audit.output.contains("A copy of the value lies in a file: ~/.openclaw/old.json, line 2\n"))
        #expect(!audit.output.contains(".env"))
        let wide = await stage.run("vault", "audit", "--scan", "elsewhere", "--scan=" + stage.folder("elsewhere/deep"))
        #expect(wide.output.matches(of: /elsewhere\/deep\/.env, line 2/).count == 1)
        #expect(!wide.output.contains("hidden/.env"))
        for folder in ["nowhere", "elsewhere/deep/nowhere"] {
            #expect(await stage.run("vault", "audit", "--scan", folder).status == 66)
        }
        #expect(await stage.run("vault", "audit", "--scan", "elsewhere/deep/.env").status == 64)
        #expect(await stage.run("vault", "audit", "--scan", "").status == 64)
        #expect(await stage.run("vault", "audit", "--openclaw-home", "nowhere").status == 66)
    }

    @Test("files with the name of an export that no entry has are found, with how to be rid of them or to adopt them")
    func orphans() async throws {
        let stage = try await VaultStage.withService()
        for place in [
            ".sigilum-workspace/service-api-key-linear", ".sigilum-workspace/service-api-key-other",
            ".sigilum-workspace/gateway-connection-secret-other", ".openclaw/.sigilum/owner-token-other.jwt",
            ".openclaw/.sigilum/else",
        ] {
            let path = stage.folder(place)
            try FileManager.default.createDirectory(
                atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        }
        let audit = await stage.run("vault", "audit")
        #expect(audit.output.hasPrefix("[warn] Audit: 3 findings in 2 credentials\n"), "\(audit.output)")
        #expect(
            audit.output.contains(
                """
                    next:  rm ~/.sigilum-workspace/service-api-key-other
                           or adopt it:  sigilum service add --service-slug other

                """))
        #expect(audit.output.contains("    next:  rm ~/.openclaw/.sigilum/owner-token-other.jwt\n"))
    }
}
