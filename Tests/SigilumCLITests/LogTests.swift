import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite("vault log") struct LogTests {
    /// A stage with an auditor, whose key file is `auditor.key`.
    private func audited() async throws -> (stage: VaultStage, publicKey: String) {
        let stage = try await VaultStage.withVault()
        let made = await stage.run("vault", "auditor", "new", "--out", "auditor.key")
        #expect(made.status == 0 && made.output.hasPrefix("[ok] Auditor's key made\n  key_file:   auditor.key\n"))
        let key = try #require(made.output.firstMatch(of: /auditor-[0-9a-f]{64}/)).output
        await stage.run(["vault", "put", "a/one"], input: canary)
        let added = await stage.run("vault", "log", "--auditor", String(key))
        #expect(added.status == 0 && added.output.contains("  first_record: 4\n"))
        return (stage, String(key))
    }

    @Test("of an entry everything is shown that it ever had, under all its names; of one that never was, 66")
    func entry() async throws {
        let stage = try await VaultStage.withVault()
        for name in ["a", "b", "other"] { await stage.run(["vault", "put", name], input: canary) }
        await stage.run("vault", "move", "a", "c")
        await stage.run(["vault", "put", "a"], input: canary)
        await stage.run(["vault", "get", "c", "--reveal-secrets"], reveals: true)
        func shown(_ name: String) async -> [String] {
            let run = await stage.run("vault", "log", "--entry", name, "--json")
            #expect(run.status == 0 && run.errors == "")
            return run.output.matches(of: /"sequence":(\d+)/).map { String($0.1) }
        }
        #expect(await shown("c") == ["2", "5", "7"])
        // The name belonged to two entries.
        #expect(await shown("a") == ["2", "5", "6", "7"])
        #expect(await shown("b") == ["3"])
        let text = await stage.run("vault", "log", "--entry", "b")
        #expect(text.output.split(separator: "\n").count == 1 && text.output.contains("version stored  b "))
        let never = await stage.run("vault", "log", "--entry", "never")
        #expect(never.status == 66 && never.output == "" && never.errors.contains("No such entry: never"))
        #expect(await stage.run("vault", "log", "--entry", "a//b").status == 64)
        stage.pass(days: 2)
        let late = await stage.run("vault", "log", "--entry", "b", "--since", "1d")
        #expect(late.status == 0 && late.output == "  (none)\n")
    }

    @Test("options that do not belong together are 64, and change nothing")
    func usage() async throws {
        let (stage, key) = try await audited()
        let rows = stage.storage.rows
        let lines: [[String]] = [
            ["--auditor", key, "--export", "f"], ["--export", "f", "--syslog"], ["--auditors", "--verify", "f"],
            ["--export", "f", "--follow"], ["--export", "f", "--since", "1d"], ["--auditors", "--entry", "a"],
            ["--auditor-key", "auditor.key"], ["--fingerprint", "00"], ["--list"], ["--anchor", "f"],
            ["--syslog", "--entry", "a/one"], ["--verify", "f"], ["--since", "yesterday"], ["--auditor", "nobody"],
            ["--auditor", "auditor-00"], ["--auditor", "auditor-" + String(repeating: "0", count: 64)],
            ["--verify", "f", "--auditor-key", "auditor.key", "--follow"],
            ["--syslog-socket", "/x"], ["--export", "f", "--syslog-socket", "/x"],
        ]
        for words in lines {
            let run = await stage.run(["vault", "log"] + words)
            #expect(run.status == 64, "\(words): \(run.status) \(run.errors)")
        }
        #expect(stage.storage.rows == rows)
        #expect(!FileManager.default.fileExists(atPath: stage.folder("f")))
    }

    @Test("an auditor's secret key given for the public one is refused and not repeated")
    func secretForPublic() async throws {
        let (stage, _) = try await audited()
        let secret = try #require(stage.folder.content("auditor.key")).trimmingCharacters(in: .newlines)
        let run = await stage.run("vault", "log", "--auditor", secret)
        #expect(run.status == 64 && run.errors.contains("secret key") && !run.errors.contains(secret.suffix(64)))
    }

    @Test("auditors are added once and listed")
    func auditors() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await stage.run("vault", "log", "--auditors").output == "[ok] Auditors: 0\n  (none)\n")
        let (other, key) = try await audited()
        let rows = other.storage.rows
        let again = await other.run("vault", "log", "--auditor", key)
        #expect(again.status == 0 && again.output.hasPrefix("[ok] The auditor was added before\n"))
        #expect(other.storage.rows == rows)
        let listed = await other.run("vault", "log", "--auditors", "--json")
        #expect(listed.output.contains(key) && listed.output.contains("\"audit_epoch\": 2"))
    }

    @Test("an auditor proves an exported log without vault or master key, and reads it")
    func verify() async throws {
        let (stage, _) = try await audited()
        await stage.run(["vault", "put", "a/two"], input: canary)
        let exported = await stage.run("vault", "log", "--export", "log")
        #expect(exported.status == 0, "\(exported.errors)")
        let file = try Data(contentsOf: URL(fileURLWithPath: stage.folder("log")))
        #expect(file.range(of: Data(canary.utf8)) == nil && file.range(of: Data("a/two".utf8)) == nil)
        let modes = try FileManager.default.attributesOfItem(atPath: stage.folder("log"))[.posixPermissions] as? Int
        #expect(modes == 0o600)
        let rows = stage.storage.rows
        stage.storage.rows = .init()
        try FileManager.default.removeItem(atPath: stage.home)
        let words = ["vault", "log", "--verify", "log", "--auditor-key", "auditor.key"]
        let proven = await stage.run(words)
        #expect(proven.status == 0 && proven.output.hasPrefix("[ok] Log verified\n  file:         log\n"))
        #expect(proven.errors.hasPrefix("[warn] Nothing to compare with"))
        let print = try #require(proven.output.firstMatch(of: /fingerprint: +([0-9a-f]{32}|ID)\n/))
        #expect(print.1 == "ID")
        let listed = await stage.run(words + ["--list", "--json", "--since", "1d", "--entry", "a/two"])
        #expect(listed.output.contains("\"entry\":\"a/two\"") && !listed.output.contains("a/one"))
        let never = await stage.run(words + ["--list", "--entry", "nope"])
        #expect(never.status == 66 && never.output == "" && !never.errors.contains("vault list"), "\(never.errors)")
        let wrong = await stage.run(words + ["--fingerprint", String(repeating: "0", count: 32)])
        #expect(wrong.status == 65 && wrong.errors.contains("fingerprint"))
        stage.storage.rows = rows
    }

    @Test("a key file that is not there is 66, that others may read 77, of another auditor 77")
    func keyFiles() async throws {
        let (stage, _) = try await audited()
        await stage.run("vault", "log", "--export", "log")
        await stage.run("vault", "auditor", "new", "--out", "other.key")
        func status(_ key: String, _ file: String = "log") async -> Int32 {
            await stage.run("vault", "log", "--verify", file, "--auditor-key", key).status
        }
        #expect(await status("auditor.key") == 0)
        #expect(await status("nothing.key") == 66)
        #expect(await status("other.key") == 77)
        #expect(await status("auditor.key", "nothing") == 66)
        #expect(await status("auditor.key", "auditor.key") == 65)
        chmod(stage.folder("auditor.key"), 0o640)
        #expect(await status("auditor.key") == 77)
        try stage.folder.write("empty.key", "")
        #expect(await status("empty.key") == 77)
        let again = await stage.run("vault", "auditor", "new", "--out", "other.key")
        #expect(again.status == 73 && again.errors.contains("There is a file already"))
    }

    @Test("an export is not written into the home, and a damaged or other one is refused by `verify --anchor`")
    func exports() async throws {
        let (stage, _) = try await audited()
        let inside = await stage.run("vault", "log", "--export", ".sigilum-workspace/vault.db")
        #expect(inside.status == 64 && inside.errors.contains("inside the Sigilum home"))
        #expect(await stage.run("vault", "log", "--export", "log").status == 0)
        #expect(await stage.run("vault", "log", "--export", "log").status == 0)
        let known = await stage.run("vault", "verify", "--anchor", "log")
        #expect(known.status == 0 && known.output.contains("  goes_on_from:  3\n"))
        #expect(await stage.run("vault", "verify", "--anchor", "nothing").status == 66)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: stage.folder("log")))
        bytes[bytes.count - 200] ^= 1
        try bytes.write(to: URL(fileURLWithPath: stage.folder("log")))
        let damaged = await stage.run("vault", "verify", "--anchor", "log")
        #expect(damaged.status == 65 && damaged.errors.contains("Log integrity: the exported log"))
        #expect(damaged.errors.contains("the vault itself was not found damaged"), "\(damaged.errors)")
        #expect(damaged.errors.contains("use another copy of the export"))
        let checked = await stage.run("vault", "log", "--verify", "log", "--auditor-key", "auditor.key")
        #expect(checked.status == 65 && checked.errors.contains("Log integrity: "))
        for run in [damaged, checked] { #expect(!run.errors.contains("backup")) }
        try Data("no log".utf8).write(to: URL(fileURLWithPath: stage.folder("log")))
        for words in [["verify", "--anchor", "log"], ["log", "--verify", "log", "--auditor-key", "auditor.key"]] {
            let none = await stage.run(["vault"] + words)
            #expect(none.status == 65 && none.errors.contains("use another copy of the export"), "\(none.errors)")
            #expect(!none.errors.contains("backup") && !none.errors.contains("vault verify"))
        }
    }

    @Test("an export of another vault is 65 with a hint to use this one's")
    func otherExport() async throws {
        let ((stage, _), (other, _)) = (try await audited(), try await audited())
        #expect(await other.run("vault", "log", "--export", "log").status == 0)
        try Data(contentsOf: URL(fileURLWithPath: other.folder("log")))
            .write(to: URL(fileURLWithPath: stage.folder("log")))
        let run = await stage.run("vault", "verify", "--anchor", "log")
        #expect(run.status == 65 && run.errors.contains("of another vault"), "\(run.errors)")
        #expect(run.errors.contains("use an export of this vault") && !run.errors.contains("backup"))
    }
}
