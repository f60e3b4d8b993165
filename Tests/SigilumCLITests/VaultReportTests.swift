import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct VaultReportTests {
    @Test("init makes a vault once, and the second time says that there is one")
    func initialise() async throws {
        let stage = try VaultStage()
        let made = await stage.run("vault", "init")
        #expect(made.status == 0)
        #expect(
            made.output == """
                [ok] Vault made: ~/.sigilum-workspace/vault.db
                  home:       ~/.sigilum-workspace
                  made:       true
                  vault_id:   ID
                  key_source: ~/.sigilum-workspace/gateway-master-key
                  key_kind:   random

                """)
        let rows = stage.storage.rows
        let again = await stage.run("vault", "init", "--json")
        #expect(again.output == "{\n  \"home\": \"~/.sigilum-workspace\",\n  \"made\": false\n}\n")
        #expect(again.errors == "" && again.status == 0)
        #expect(stage.storage.rows == rows)
        #expect(await stage.run("vault", "init", "--global", "--sigilum-home", "x").status == 64)
    }

    @Test("a passphrase is asked for twice, stored nowhere, and asked for by later commands")
    func passphrase() async throws {
        let stage = try VaultStage()
        let different = await stage.run(["vault", "init", "--passphrase"], answers: [canary, "other"])
        #expect(different.status == 64)
        #expect(await stage.run("vault", "init", "--passphrase").status == 64)
        #expect(stage.storage.rows.head == nil)
        let made = await stage.run(["vault", "init", "--passphrase"], answers: [canary, canary])
        #expect(made.status == 0)
        #expect(made.output.contains("  key_source: the terminal\n  key_kind:   passphrase\n"))
        #expect(stage.folder.content(".sigilum-workspace/gateway-master-key") == nil)
        let silent = await stage.run("vault", "status")
        #expect(silent.status == 78)
        #expect(silent.errors.contains("run it on a terminal, which asks for the vault's passphrase"))
        #expect(!silent.errors.contains("put the key file back"))
        let asked = await stage.run(["vault", "status"], answers: [canary])
        #expect(asked.status == 0)
        #expect(asked.output.contains("  key_kind:     passphrase\n  key_cost:     Argon2id, 3 passes, 256 MiB\n"))
        let wrong = await stage.run(["vault", "status"], answers: ["wrong"])
        #expect(wrong.status == 77)
        #expect(wrong.errors.hasPrefix("[ERROR] The master key does not open this vault\n"))
    }

    @Test("a random key that is set contradicts --passphrase")
    func passphraseAndKey() async throws {
        let stage = try VaultStage()
        let key = String(repeating: "5e", count: 32)
        let run = await stage.run(["vault", "init", "--passphrase"], variables: ["GATEWAY_MASTER_KEY": key])
        #expect(run.status == 64)
        #expect(
            run.errors.hasPrefix("[ERROR] A master key is set already, and it is no passphrase: GATEWAY_MASTER_KEY\n"))
        #expect(!run.errors.contains(key))
    }

    @Test(
        "commands that read say where they looked when there is no vault",
        arguments: [
            ["status"], ["list"], ["find", "a"], ["get", "a"], ["rotate", "a"], ["history", "a"], ["rollback", "a"],
            ["move", "a", "b"], ["remove", "a", "--confirm", "a"], ["export", "--all"], ["sync"], ["diff"],
            ["anchor", "show"], ["anchor", "accept", "--confirm", "00"], ["log"], ["verify"],
        ])
    func noVault(words: [String]) async throws {
        let stage = try VaultStage()
        let run = await stage.run(["vault"] + words)
        #expect(run.status == 66)
        #expect(run.output == "")
        #expect(
            run.errors == """
                [ERROR] No vault found: ~/.sigilum-workspace
                  looked for .sigilum-workspace in the working directory and in every folder above it
                  make one:  sigilum vault init
                  or name the folder of one with --sigilum-home

                """)
        #expect(try stage.folder.names() == [])
    }

    @Test("status tells everything about the vault")
    func status() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        await stage.run(["vault", "put", "a"], input: "second")
        let size = stage.storage.size()
        let run = await stage.run("vault", "status")
        #expect(
            run.output == """
                [ok] Vault: ~/.sigilum-workspace/vault.db
                  home:         ~/.sigilum-workspace
                  vault_id:     ID
                  entries:      1
                  versions:     2
                  size:         \(size) bytes
                  key_source:   ~/.sigilum-workspace/gateway-master-key
                  key_kind:     random
                  key_slots:    1 of 4, opened by slot 0
                  generation:   2
                  targets:      none
                  pending:      none
                  expired:      none
                  expiring:     none
                  rotation_due: none
                  drifted:      none
                  anchor:       generation 2, audit record 3
                  wipe_pending: no

                """)
        let document = await stage.run("vault", "status", "--json")
        #expect(document.output.contains("\"size\": \(size),"))
        #expect(document.output.contains("\"pending\": [],"))
        #expect(document.output.contains("\"wipe_pending\": false"))
        #expect(stage.targetsMade() == [])
    }

    @Test("list shows names, kinds, versions, ages and due rotations; a prefix narrows it")
    func list() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await stage.run("vault", "list").output == "[ok] Entries: 0\n  (none)\n")
        #expect(await stage.run("vault", "list", "--json").output == "{\n  \"entries\": []\n}\n")
        await stage.run(["vault", "put", "ci/key"], input: canary)
        stage.pass(days: 3)
        await stage.run(["vault", "put", "Deploy"], input: "x")
        let all = await stage.run("vault", "list")
        #expect(
            all.output == """
                [ok] Entries: 2
                  NAME    KIND         VERSION  AGE        ROTATION DUE  VALUE
                  Deploy  user-secret  1        0 seconds  -             ****** (hidden)
                  ci/key  user-secret  1        3 days     -             lin_****** (hidden)

                """)
        #expect(await stage.run("vault", "list", "ci/").output.hasPrefix("[ok] Entries: 1\n"))
        let found = await stage.run("vault", "find", "DEPLOY", "--json")
        #expect(
            found.output == """
                {
                  "entries": [
                    {
                      "name": "Deploy",
                      "kind": "user-secret",
                      "version": 1,
                      "created_at": "2026-03-04T10:00:00Z",
                      "updated_at": "2026-03-04T10:00:00Z",
                      "rotation_due_at": null,
                      "deliveries": [],
                      "value": "****** (hidden)"
                    }
                  ]
                }

                """)
        #expect(await stage.run("vault", "find", canary).output == "[ok] Entries: 0\n  (none)\n")
    }

    @Test("the log tells who did what to which entry when, a document a line, from a time on")
    func log() async throws {
        let stage = try await VaultStage.withVault()
        stage.pass(days: 10)
        await stage.run(["vault", "put", "a"], input: canary)
        await stage.run(["vault", "get", "a", "--reveal"], reveals: true)
        let text = await stage.run("vault", "log")
        let lines = text.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("  1  2026-03-01T10:00:00Z  uid ") && lines[0].hasSuffix("  key=random"))
        #expect(lines[2].hasPrefix("  3  2026-03-11T10:00:00Z  uid "))
        #expect(lines[2].hasSuffix("  released        a  purpose=vault get version=1"))
        for since in ["2026-03-02", "2026-03-11T10:00:00Z", "9d", "12h"] {
            let documents = await stage.run("vault", "log", "--json", "--since", since).output.split(separator: "\n")
            #expect(documents.count == 2, "\(since)")
            #expect(
                documents[0].hasPrefix(#"{"sequence":2,"time":"2026-03-11T10:00:00Z","operation":"version stored","#))
            #expect(documents[1].contains(#""entry":"a","#) && documents[1].hasSuffix("}}"))
        }
        #expect(await stage.run("vault", "log", "--since", "2027-01-01").output == "  (none)\n")
        #expect(await stage.run("vault", "log", "--json", "--since", "2027-01-01").output == "")
        let wrong = await stage.run("vault", "log", "--since", canary)
        #expect(wrong.status == 64)
    }

    @Test("verify counts what it proved, and names the record that is not as it was written")
    func verify() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let whole = await stage.run("vault", "verify")
        #expect(
            whole.output == """
                [ok] Vault verified: ~/.sigilum-workspace/vault.db
                  entries:       1
                  versions:      1
                  records:       0
                  audit_records: 2

                """)
        var rows = stage.storage.rows
        let key = try #require(rows.keys(.body).first)
        rows[.body, key] = nil
        stage.storage.rows = rows
        let damaged = await stage.run("vault", "verify", "--json")
        #expect(damaged.status == 65 && damaged.output == "")
        #expect(
            damaged.errors.contains(#"{"error":{"code":"integrity","message":"Vault integrity: version 1 of entry ID"#))
        #expect(await stage.run(["vault", "get", "a", "--reveal"]).status == 65)
    }
}
