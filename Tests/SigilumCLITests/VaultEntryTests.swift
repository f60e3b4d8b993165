import Testing
import VaultCore

@testable import SigilumCLI

@Suite struct VaultEntryTests {
    @Test("a value is stored, shown masked, and revealed alone when asked for")
    func putAndGet() async throws {
        let stage = try await VaultStage.withVault()
        let stored = await stage.run(["vault", "put", "ci/key"], input: canary + "\n")
        #expect(stored.output == "[ok] Stored: ci/key\n  version: 1\n")
        #expect(stored.errors == "" && stored.status == 0)
        let shown = await stage.run("vault", "get", "ci/key")
        #expect(
            shown.output == """
                [ok] Entry: ci/key
                  name:         ci/key
                  kind:         user-secret
                  version:      1
                  created:      2026-03-01T10:00:00Z
                  updated:      2026-03-01T10:00:00Z
                  rotation_due: -
                  deliveries:   -
                  value:        lin_****** (hidden)

                """)
        let revealed = await stage.run(["vault", "get", "ci/key", "--reveal-secrets"], reveals: true)
        #expect(revealed.output == canary + "\n" && revealed.errors == "" && revealed.status == 0)
        let document = await stage.run(["vault", "get", "ci/key", "--reveal", "--json"], reveals: true)
        #expect(document.output.contains(#""value": "\#(canary)""#))
        #expect(stage.targetsMade() == [])
    }

    @Test("a value that is the current one already makes no new version")
    func unchanged() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let again = await stage.run(["vault", "put", "a", "--json"], variables: ["V": canary])
        #expect(again.status == 64)
        let same = await stage.run(["vault", "put", "a", "--from-env", "V"], variables: ["V": canary])
        #expect(same.output == "[ok] Unchanged: a\n  version: 1\n")
    }

    @Test("a command that stores makes the home, the key and the vault, and says so")
    func makesVault() async throws {
        let stage = try VaultStage()
        let run = await stage.run(["vault", "put", "a", "--json"], input: canary)
        #expect(run.status == 0)
        #expect(run.output == "{\n  \"name\": \"a\",\n  \"version\": 1,\n  \"deliveries\": []\n}\n")
        #expect(run.errors.contains("[i] Made the Sigilum home: ~/.sigilum-workspace\n"))
        #expect(run.errors.contains("[i] Made a new vault: ~/.sigilum-workspace/vault.db\n"))
        #expect(stage.folder.mode(".sigilum-workspace/gateway-master-key") == 0o600)
    }

    @Test("nothing is made for a value that cannot be read, and nothing stored that does not fit")
    func badValues() async throws {
        let stage = try VaultStage()
        let unset = await stage.run("vault", "put", "a", "--from-env", "NOT_SET")
        #expect(unset.status == 66)
        #expect(unset.errors == "[ERROR] Environment variable NOT_SET is not set\n")
        let both = await stage.run("vault", "put", "a", "--from-env", "V", "--from-file", "f")
        #expect(both.status == 64)
        #expect(both.errors == "[ERROR] Use only one of: --from-env, --from-file\n")
        let long = await stage.run(["vault", "put", "a"], input: String(repeating: "x", count: 16_385))
        #expect(long.status == 64)
        let spaced = await stage.run(["vault", "put", "upstream-secret/linear/token"], input: " \(canary)")
        #expect(spaced.status == 64)
        let reference = await stage.run(["vault", "put", "service-api-key/linear"], input: "{{NAME}}")
        #expect(reference.status == 64)
        #expect(try stage.folder.names() == [])
        let allowed = ["vault", "put", "service-api-key/linear", "--allow-variable-reference"]
        #expect(await stage.run(allowed, input: "{{NAME}}").status == 0)
    }

    @Test("names that are none, or look like a secret, are refused without a word of them")
    func badNames() async throws {
        let stage = try await VaultStage.withVault()
        for name in ["", "a//b", "/a", "a/", "a/../b", "a\u{7}b", String(repeating: "n", count: 201)] {
            let run = await stage.run(["vault", "put", name], input: "v")
            #expect(run.status == 64, "\(name)")
        }
        for words in [["put"], ["generate"], ["move", "a"]] {
            let run = await stage.run(["vault"] + words + [canary + "1234567890"], input: "v")
            #expect(run.status == 64)
            #expect(run.errors.hasPrefix("[ERROR] The name looks like a secret (not shown); nothing was stored\n"))
        }
        for verb in ["get", "history", "rollback", "rotate"] {
            let run = await stage.run("vault", verb, canary)
            #expect(run.status == 66)
            #expect(run.errors.hasPrefix("[ERROR] No such entry: (not shown: it looks like a secret)\n"))
        }
        #expect(await stage.run("vault", "get", "absent").errors.hasPrefix("[ERROR] No such entry: absent\n"))
    }

    @Test("an older version is shown and revealed by its number; one that is not there is missing")
    func versions() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        stage.pass(hours: 1)
        await stage.run(["vault", "put", "a"], input: "second")
        let old = await stage.run("vault", "get", "a", "--version", "1")
        #expect(
            old.output == """
                [ok] Entry: a
                  name:    a
                  kind:    user-secret
                  version: 1
                  created: 2026-03-01T10:00:00Z
                  value:   ****** (hidden)

                """)
        let value = await stage.run(["vault", "get", "a", "--version", "1", "--reveal-secrets"], reveals: true)
        #expect(value.output == canary + "\n")
        for extra in [[], ["--reveal-secrets"]] {
            let missing = await stage.run(["vault", "get", "a", "--version", "3"] + extra)
            #expect(missing.status == 66)
            #expect(missing.output == "")
            #expect(missing.errors.hasPrefix("[ERROR] No version 3 of entry: a\n"))
        }
        let history = await stage.run("vault", "history", "a")
        #expect(
            history.output == """
                [ok] Versions of: a
                  1  2026-03-01T10:00:00Z
                  2  2026-03-01T11:00:00Z  current

                """)
        let document = await stage.run("vault", "history", "a", "--json")
        #expect(
            document.output == """
                {
                  "name": "a",
                  "versions": [
                    {
                      "version": 1,
                      "created_at": "2026-03-01T10:00:00Z",
                      "current": false
                    },
                    {
                      "version": 2,
                      "created_at": "2026-03-01T11:00:00Z",
                      "current": true
                    }
                  ]
                }

                """)
    }

    @Test("--version without a name is wrong usage, never the program's version")
    func strayVersion() async throws {
        let run = try await VaultStage().run("vault", "get", "--version", "2", "--reveal-secrets")
        #expect(run.status == 64 && run.output == "")
        #expect(try await VaultStage().run("--version").output == "sigilum 0.1.0\n")
    }

    @Test("a rollback is a new version with the old value")
    func rollback() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let alone = await stage.run("vault", "rollback", "a")
        #expect(alone.status == 66)
        await stage.run(["vault", "put", "a"], input: "second")
        await stage.run(["vault", "put", "a"], input: "third")
        let back = await stage.run("vault", "rollback", "a")
        #expect(back.output == "[ok] Rolled back: a\n  version:  4\n  restored: 2\n")
        #expect(await stage.run(["vault", "get", "a", "--reveal"], reveals: true).output == "second\n")
        let first = await stage.run("vault", "rollback", "a", "--to", "1", "--json")
        #expect(
            first.output
                == "{\n  \"name\": \"a\",\n  \"version\": 5,\n  \"restored\": 1,\n  \"deliveries\": []\n}\n")
        #expect(await stage.run(["vault", "get", "a", "--reveal"], reveals: true).output == canary + "\n")
        #expect(await stage.run("vault", "rollback", "a", "--to", "1").output == "[ok] Unchanged: a\n  version: 5\n")
        #expect(await stage.run("vault", "rollback", "a", "--to", "9").status == 66)
    }

    @Test("a user's own entry moves with its versions; others and taken names do not")
    func move() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        await stage.run(["vault", "put", "taken"], input: "x")
        let moved = await stage.run("vault", "move", "a", "b/c")
        #expect(moved.output == "[ok] Moved: a to b/c\n  version:    1\n  moved_from: a\n")
        #expect(await stage.run("vault", "get", "a").status == 66)
        #expect(await stage.run(["vault", "get", "b/c", "--reveal"], reveals: true).output == canary + "\n")
        #expect(await stage.run("vault", "move", "b/c", "taken").status == 64)
        #expect(await stage.run("vault", "move", "b/c", "local-jwt-secret").status == 64)
        #expect(await stage.run("vault", "move", "absent", "x").status == 66)
        #expect(stage.targetsMade() == [])
    }
}
