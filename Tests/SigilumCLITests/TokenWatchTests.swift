import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct TokenWatchTests {
    private let secret = ["JWT_SECRET": canary + canary]

    private func login(_ stage: VaultStage, seconds: Int, namespace: String = "johndee") async -> Run {
        await stage.run(
            [
                "auth", "login", "--mode", "oss-local", "--namespace", namespace, "--ttl-seconds", "\(seconds)",
                "--print-token", "false",
            ], variables: secret)
    }

    private func told(_ what: String, of namespace: String = "johndee") -> String {
        "[warn] The owner token of \(namespace) \(what); get a new one: sigilum auth refresh --mode oss-local "
            + "--namespace \(namespace)\n"
    }

    @Test("a token that ends within a day is told once a day, after any command, until there is another or none")
    func once() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await login(stage, seconds: 3600).errors == told("expires in 1 hour"))
        for words in [["vault", "list"], ["vault", "status"], ["auth", "show", "--claims"], ["vault", "log"]] {
            #expect(await stage.run(words).errors == "", "\(words)")
        }
        stage.pass(days: 1)
        let next = await stage.run("vault", "list", "--json")
        #expect(next.errors == told("expired at 2026-03-01T11:00:00Z") && next.output.hasPrefix("{"))
        #expect(await stage.run("vault", "list").errors == "")
        stage.pass(days: 1)
        #expect(await stage.run("auth", "logout", "--namespace", "johndee").errors == "")
        stage.pass(days: 1)
        #expect(await stage.run("vault", "list").errors == "")
    }

    @Test("a token that is good for longer is told when its last day comes, and a new one ends that")
    func lastDay() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await login(stage, seconds: 7 * 86400).errors == "")
        stage.pass(days: 5, hours: 23)
        #expect(await stage.run("vault", "list").errors == "")
        stage.pass(hours: 2)
        #expect(await stage.run("vault", "list").errors == told("expires in 23 hours"))
        stage.pass(days: 1)
        #expect(await login(stage, seconds: 7 * 86400).errors == "")
        #expect(await stage.run("vault", "list").errors == "")
    }

    @Test("after a failure it is told as well, and with --json it stands in the failure's document")
    func failures() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        stage.pass(days: 1)
        let failed = await stage.run("vault", "get", "nope", "--json")
        #expect(failed.status == 66 && failed.output == "")
        #expect(failed.errors.contains(#""remarks":[{"level":"warn","message":"The owner token of johndee expired"#))
        stage.pass(days: 1)
        #expect(await stage.run("vault", "get", "nope").errors.hasPrefix(told("expired at 2026-03-01T11:00:00Z")))
    }

    @Test("of several tokens each that ends is told, the first to end first; --token-only prints the token alone")
    func several() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 89_000, namespace: "second")
        _ = await login(stage, seconds: 88_000, namespace: "first")
        _ = await login(stage, seconds: 7 * 86400, namespace: "third")
        stage.pass(hours: 1)
        let run = await stage.run(
            ["auth", "refresh", "--mode", "oss-local", "--namespace", "third", "--token-only"], variables: secret)
        #expect(run.output.split(separator: ".").count == 3 && run.output.split(separator: "\n").count == 1)
        #expect(run.errors == told("expires in 23 hours", of: "first") + told("expires in 23 hours", of: "second"))
    }

    @Test("a note that is lost, of another vault or made up does no harm, and is made again")
    func wrongNotes() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        let good = try #require(stage.notes.note)
        stage.pass(days: 1)
        stage.notes.note = nil
        let shown = await stage.run("auth", "show", "--claims").errors
        #expect(shown.contains(told("expired at 2026-03-01T11:00:00Z")))
        #expect(stage.notes.note?.ends == good.ends)
        stage.notes.note = nil
        #expect(await stage.run("vault", "find", "token").errors == told("expired at 2026-03-01T11:00:00Z"))
        stage.notes.note = TokenNote(vaultID: good.vaultID, ends: good.ends, saidOn: 1 << 40)
        #expect(await stage.run("vault", "verify").errors == told("expired at 2026-03-01T11:00:00Z"))
        let foreign = TokenNote(
            vaultID: Array(repeating: 9, count: 16), ends: [try Namespace("other"): 5], saidOn: nil)
        stage.notes.note = foreign
        #expect(await stage.run("vault", "verify").errors == told("expired at 2026-03-01T11:00:00Z"))
        #expect(stage.notes.note?.ends == good.ends)
        stage.notes.note = TokenNote(vaultID: good.vaultID, ends: [try Namespace("other"): 5], saidOn: nil)
        #expect(await stage.run("vault", "status").errors == told("expired at 2026-03-01T11:00:00Z"))
        #expect(stage.notes.note?.ends == good.ends)
    }

    @Test(
        "a run that was killed before it looked for tokens leaves that to the next; one that found none looks no more")
    func killed() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        stage.pass(days: 1)
        stage.notes.note = TokenNote(vaultID: [UInt8](repeating: 0, count: 16), ends: [:], saidOn: nil)
        #expect(await stage.run("vault", "verify").errors == told("expired at 2026-03-01T11:00:00Z"))
        let bare = try await VaultStage.withVault()
        _ = await bare.run("vault", "verify")
        let noted = bare.notes.note
        #expect(noted?.ends == [:] && noted?.vaultID != [UInt8](repeating: 0, count: 16))
        _ = await bare.run("vault", "verify")
        #expect(bare.notes.note == noted)
    }

    @Test("a second token is told of on the day on which the first was, and neither again")
    func second() async throws {
        let stage = try await VaultStage.withVault()
        #expect(await login(stage, seconds: 3600).errors == told("expires in 1 hour"))
        #expect(
            await login(stage, seconds: 3600, namespace: "second").errors == told("expires in 1 hour", of: "second"))
        #expect(await login(stage, seconds: 3600).errors == "")
        #expect(await stage.run("vault", "list").errors == "")
    }

    @Test("a token that was given is given again: the command says so")
    func given() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        let token = await stage.run("auth", "show").output
        _ = await login(stage, seconds: 3000)
        _ = await stage.run(
            [
                "auth", "login", "--mode", "managed", "--owner-token-stdin", "--namespace", "johndee", "--print-token",
                "false",
            ],
            input: token)
        stage.pass(days: 1)
        let errors = await stage.run("vault", "list").errors
        #expect(
            errors.hasSuffix(
                "sigilum auth login --mode managed --namespace johndee --owner-token-stdin < FILE\n"), "\(errors)")
    }

    @Test("a place that cannot be written makes no command say it again and again")
    func unwritable() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        stage.pass(days: 1)
        stage.notes.allowWriting(false)
        for _ in 0..<3 { #expect(await stage.run("vault", "list").errors == "") }
        stage.notes.allowWriting(true)
        #expect(await stage.run("vault", "list").errors == told("expired at 2026-03-01T11:00:00Z"))
    }

    @Test("get reads and writes no row more for it, and writes no note")
    func cost() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        func touched() async -> [Int] {
            let before = stage.storage.touched
            await stage.run(["vault", "get", "a", "--reveal-secrets"], reveals: true)
            let after = stage.storage.touched
            return [after.read - before.read, after.written - before.written]
        }
        _ = await login(stage, seconds: 7 * 86400)
        let note = try #require(stage.notes.note)
        // The first walks on from the anchor to what the login left.
        for _ in 0..<2 { _ = await touched() }
        #expect(note.ends.count == 1)
        // Where none can be kept nobody looks for tokens.
        stage.notes.note = nil
        stage.notes.allowWriting(false)
        let noNote = await touched()
        stage.notes.allowWriting(true)
        stage.notes.note = note
        let writes = stage.notes.writes
        #expect(await touched() == noNote)
        #expect(stage.notes.writes == writes)
    }

    @Test("removing an owner token by its name ends it as well")
    func removal() async throws {
        let stage = try await VaultStage.withVault()
        _ = await login(stage, seconds: 3600)
        stage.pass(days: 1)
        let name = "owner-token/johndee"
        let removed = await stage.run("vault", "remove", name, "--confirm", name, "--everywhere", "--offline")
        #expect(removed.status == 0 && removed.errors == "")
        #expect(stage.notes.note?.ends == [:])
    }
}

@Suite struct VaultNeedsTests {
    @Test("status says what is pending, expired, due and drifted, with the next command for each; the exit stays 0")
    func needs() async throws {
        let stage = try await VaultStage.withService()
        let well = await stage.run("vault", "status")
        #expect(well.output.hasPrefix("[ok] Vault: ") && well.output.hasSuffix("wipe_pending: no\n"))
        _ = await stage.run(
            [
                "service", "add", "--service-slug", "github", "--mode", "gateway", "--upstream-base-url",
                "https://api.github.com", "--upstream-secret-env", "TOKEN", "--namespace", "johndee",
                "--rotation-interval-days", "30", "--offline",
            ], variables: ["TOKEN": canary])
        _ = await stage.run(
            [
                "auth", "login", "--mode", "oss-local", "--namespace", "johndee", "--ttl-seconds", "3600",
                "--print-token",
                "false",
            ], variables: ["JWT_SECRET": canary + canary])
        let expiring = await stage.run("vault", "status")
        #expect(expiring.output.contains("  expiring:     owner-token/johndee\n"))
        stage.pass(days: 31)
        stage.files.disturb("service-api-key-linear")
        stage.localAPI.lose("linear")
        _ = stage.targetsMade()
        let run = await stage.run("vault", "status")
        #expect(run.status == 0)
        #expect(!stage.targetsMade().contains("gateway"))
        #expect(run.output.hasPrefix("[warn] Vault, with something to do: ~/.sigilum-workspace/vault.db\n"))
        #expect(run.output.contains("  pending:      gateway:github\n"))
        #expect(run.output.contains("  expired:      owner-token/johndee\n  expiring:     none\n"))
        #expect(run.output.contains("  rotation_due: upstream-secret/github/access_token\n"))
        #expect(
            run.output.contains(
                "  drifted:      export-file:service-api-key-linear (content), local-api:linear (missing)\n"))
        #expect(
            run.output.hasSuffix(
                """
                  pending: deliver it:  sigilum vault sync
                  expired: get a new token:  sigilum auth refresh --mode oss-local --namespace johndee
                  rotation due: give it a new value:  sigilum vault rotate upstream-secret/github/access_token
                  drifted: put it right:  sigilum vault sync

                """))
        let json = await stage.run("vault", "status", "--json")
        #expect(json.output.contains(#""expired": ["#) && json.output.contains(#""owner-token/johndee""#))
        #expect(json.output.contains(#""drifted": ["#) && json.output.contains(#""local-api:linear""#))
    }

    @Test("what cannot be looked at is told, and does not make status fail")
    func unseen() async throws {
        let stage = try await VaultStage.withService()
        stage.files.fail(.cannotWrite(path: "x", errno: 13))
        let run = await stage.run("vault", "status")
        #expect(run.status == 0)
        #expect(run.output.contains("not to be looked at: export-file:gateway-connection-secret-linear"))
        #expect(run.output.contains("  drifted:      none\n"))
    }
}
