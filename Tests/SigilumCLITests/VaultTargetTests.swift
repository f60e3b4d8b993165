import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct VaultTargetTests {
    @Test("diff and a dry run look at every target, change nothing, and end with 1 where one differs")
    func differences() async throws {
        let stage = try await VaultStage.withService()
        let same = await stage.run("vault", "diff")
        #expect(same.status == 0)
        #expect(
            same.output == """
                [ok] Targets are as they should be: 4
                  export-file:gateway-connection-secret-linear  same  desired: version 1  applied: version 1
                  export-file:service-api-key-linear            same  desired: version 1  applied: version 1
                  local-api:linear                              same  desired: version 1  applied: version 1
                  gateway:linear                                same  desired: version 1  applied: version 1

                """)
        #expect(await stage.run("vault", "sync", "--dry-run").output.hasPrefix("[ok] Nothing to do\n"))
        stage.files.lose("service-api-key-linear")
        stage.gateway.disturb("linear")
        let rows = stage.storage.rows
        let changed = await stage.run("vault", "diff")
        #expect(changed.status == 1)
        #expect(
            changed.output == """
                [warn] Targets differ: 2 of 4
                  export-file:gateway-connection-secret-linear  same              desired: version 1  applied: version 1
                  export-file:service-api-key-linear            missing           desired: version 1  applied: version 1
                  local-api:linear                              same              desired: version 1  applied: version 1
                  gateway:linear                                differs: content  desired: version 1  applied: version 1

                """)
        let dry = await stage.run("vault", "sync", "--dry-run", "--json")
        #expect(dry.status == 1)
        #expect(dry.output.contains(#""states": ["#) && dry.output.contains(#""missing""#))
        #expect(stage.storage.rows == rows && stage.files.keys == ["gateway-connection-secret-linear"])
        let repaired = await stage.run("vault", "sync")
        #expect(repaired.status == 0)
        #expect(repaired.output.hasPrefix("[ok] Delivered: 2\n"))
        #expect(repaired.errors.contains("[warn] Repaired gateway:linear"))
        #expect(await stage.run("vault", "diff").status == 0)
    }

    @Test("diff says which version is desired and which was applied, an older one, none, or a state that is not known")
    func versions() async throws {
        let stage = try await VaultStage.withService()
        stage.gateway.fail(.unreachable(endpoint: "http://127.0.0.1:38100"))
        let name = "upstream-secret/linear/access_token"
        await stage.run(["vault", "rotate", name, "--from-env", "NEW"], variables: ["NEW": "another-value"])
        let behind = await stage.run("vault", "diff")
        #expect(behind.output.contains("pending, not seen  desired: version 2  applied: version 1\n"))
        #expect(behind.output.contains("same               desired: version 2  applied: version 2\n"))
        let document = await stage.run("vault", "diff", "--json").output
        #expect(document.contains(#""applied": ["#) && document.contains(#""version": 2"#))
        // A further secret of the connection, and then two that are not delivered yet.
        await stage.run(
            ["vault", "put", "upstream-secret/linear/other", "--from-env", "NEW"], variables: ["NEW": "more"])
        let unknown = await stage.run("vault", "diff")
        #expect(
            unknown.output.contains("desired: access_token version 2, other version 1  applied: an older state\n"),
            "\(unknown.output)")
        let json = await stage.run("vault", "diff", "--json").output
        #expect(json.contains(#""applied": null"#))
        let fresh = try await VaultStage.withVault()
        fresh.files.fail(.busy)
        await fresh.run(
            [
                "service", "add", "--service-slug", "one", "--mode", "native", "--namespace", "johndee",
            ])
        #expect(await fresh.run("vault", "diff").output.contains("desired: version 1  applied: nothing\n"))
    }

    @Test("a target that cannot be seen is never an [ok]: its own status, or 1 where another differs")
    func unseen() async throws {
        let stage = try await VaultStage.withService()
        stage.gateway.fail(.unreachable(endpoint: "http://127.0.0.1:38100"))
        let down = await stage.run("vault", "diff")
        #expect(down.status == 69)
        #expect(down.output.hasPrefix("[warn] Not everything could be compared\n"))
        #expect(down.output.contains("\n  gateway:linear                                not seen "))
        let offline = await stage.run("vault", "diff", "--offline")
        #expect(offline.status == 0)
        #expect(offline.output.contains("\n  gateway:linear                                not looked at "))
        stage.files.lose("service-api-key-linear")
        #expect(await stage.run("vault", "diff").status == 1)
        let sync = await stage.run("vault", "sync")
        #expect(sync.status == 69)
        #expect(sync.output.hasPrefix("[warn] Not everything is delivered\n"))
        #expect(stage.files.keys.contains("service-api-key-linear"))
    }

    @Test("a vault that delivers nothing is in step without a target being made")
    func nothingToDeliver() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await stage.run("vault", "sync").output == "[ok] Nothing to do\n")
        #expect(await stage.run("vault", "sync", "--dry-run").output == "[ok] Nothing to do\n  (none)\n")
        #expect(stage.targetsMade() == [])
    }

    @Test("export writes what is missing or differs, and looks when it should only look; no other target is made")
    func export() async throws {
        let stage = try await VaultStage.withService()
        _ = stage.targetsMade()
        stage.files.lose("service-api-key-linear")
        let check = await stage.run("vault", "export", "--all", "--check")
        #expect(check.status == 1)
        #expect(check.output.hasPrefix("[warn] Export files differ: 1 of 2\n"))
        #expect(stage.files.keys == ["gateway-connection-secret-linear"])
        let written = await stage.run("vault", "export", "service-api-key/linear")
        #expect(
            written.output == """
                [ok] Export files: 1
                  .sigilum-workspace/service-api-key-linear  repaired

                """)
        let whole = await stage.run("vault", "export", "--all", "--check")
        #expect(whole.status == 0 && whole.output.hasPrefix("[ok] Export files are as they should be: 2\n"))
        #expect(Set(stage.targetsMade()) == ["export-file"])
    }

    @Test("an entry of one's own gets an export file and loses it again; a file that is there stays as it is")
    func ownExport() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let none = await stage.run("vault", "export", "a")
        #expect(none.status == 66)
        #expect(none.errors.hasPrefix("[ERROR] The entry has no export file: a\n"))
        try stage.folder.write("mine", "other")
        let taken = await stage.run("vault", "export", "a", "--to", "mine")
        #expect(taken.status == 73)
        #expect(taken.errors.hasPrefix("[ERROR] There is a file already: ~/mine\n"))
        #expect(stage.folder.content("mine") == "other")
        try stage.folder.link("link", to: "mine")
        #expect(await stage.run("vault", "export", "a", "--to", "link").status == 73)
        #expect(await stage.run("vault", "export", "a", "--to", "no/such/folder").status == 66)
        let given = await stage.run("vault", "export", "a", "--to", "new")
        #expect(given.output == "[ok] Exported: a\n  new  delivered\n")
        #expect(stage.files.keys == [stage.folder("new")])
        await stage.run(["vault", "put", "b"], input: "x")
        #expect(await stage.run("vault", "export", "b", "--to", "new").status == 64)
        let gone = await stage.run("vault", "export", "a", "--none", "--json")
        #expect(gone.output.contains(#""file": "new""#) && gone.output.contains(#""state": "withdrawn""#))
        #expect(stage.files.keys == [])
        #expect(await stage.run("vault", "get", "a", "--json").output.contains(#""deliveries": []"#))
    }

    @Test(
        "export options that contradict each other are wrong usage",
        arguments: [
            [], ["a", "--all"], ["--all", "--to", "f"], ["a", "b", "--to", "f"], ["a", "--check", "--none"],
            ["--all", "--none"], ["service-api-key/linear", "--to", "f"],
        ])
    func contradictions(words: [String]) async throws {
        let stage = try await VaultStage.withVault()
        #expect(await stage.run(["vault", "export"] + words).status == 64)
    }

    @Test("a moved entry keeps its export file")
    func moved() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        await stage.run("vault", "export", "a", "--to", "f")
        let moved = await stage.run("vault", "move", "a", "b")
        #expect(moved.output.contains("deliveries: export-file:~/f (delivered)"))
        #expect(await stage.run("vault", "diff").status == 0)
        await stage.run(["vault", "put", "b"], input: "second")
        #expect(await stage.run("vault", "diff").status == 0)
    }

    @Test("--out writes exactly the bytes to a 0600 file, through nothing but a regular one")
    func out() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary + "\n\n")
        try stage.folder.write("file", "old", mode: 0o644)
        let run = await stage.run("vault", "get", "a", "--out", "file")
        #expect(run.output == "[ok] Written: a\n  name: a\n  file: file\n")
        #expect(stage.folder.content("file") == canary + "\n" && stage.folder.mode("file") == 0o600)
        let released = await stage.run("vault", "log")
        #expect(released.output.contains("purpose=vault get --out version=1"))
        try stage.folder.link("link", to: "file")
        try stage.folder.folder("dir")
        let rows = stage.storage.rows
        for place in ["link", "dir", "dir/", "/dev/null"] {
            let refused = await stage.run("vault", "get", "a", "--out", place)
            #expect(refused.status == (place == "dir/" ? 64 : 73), "\(place)")
        }
        #expect(await stage.run("vault", "get", "a", "--out", "-").status == 64)
        #expect(await stage.run("vault", "get", "a", "--out", "x", "--reveal").status == 64)
        #expect(await stage.run("vault", "get", "a", "--out", "gone/file").status == 66)
        #expect(stage.storage.rows == rows)
    }

    @Test("a release that cannot be recorded does not happen, unless the user allows it")
    func unrecorded() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        for error in [StorageError.full, .readOnly] {
            stage.storage.fail(.commit(error))
            let refused = await stage.run("vault", "get", "a", "--reveal-secrets")
            #expect(refused.status == 73 && refused.output == "")
            let allowed = await stage.run(
                ["vault", "get", "a", "--reveal-secrets", "--allow-unrecorded"], reveals: true)
            #expect(allowed.output == canary + "\n")
            #expect(allowed.errors == "[warn] This release is not in the log: it could not be written\n")
        }
        stage.storage.fail(.commit(.busy))
        let busy = await stage.run("vault", "get", "a", "--reveal-secrets", "--allow-unrecorded")
        #expect(busy.status == 75 && busy.output == "")
        stage.storage.fail(nil)
        let fine = await stage.run(["vault", "get", "a", "--reveal-secrets", "--allow-unrecorded"], reveals: true)
        #expect(fine.errors == "")
        #expect(await stage.run("vault", "log").output.contains("released "))
    }
}
