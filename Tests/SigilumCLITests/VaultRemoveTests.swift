import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct VaultRemoveTests {
    @Test("an entry is removed when its name is given twice, and wiped")
    func remove() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let unsure = await stage.run("vault", "remove", "a")
        #expect(unsure.status == 64)
        #expect(unsure.errors.hasPrefix("[ERROR] Removing needs --confirm NAME\n"))
        let other = await stage.run("vault", "remove", "a", "--confirm", "b")
        #expect(other.status == 64)
        #expect(other.errors.hasPrefix("[ERROR] --confirm is not the entry's name\n"))
        let removed = await stage.run("vault", "remove", "a", "--confirm", "a")
        #expect(removed.output == "[ok] Removed: a\n  version: 1\n  wiped:   true\n")
        #expect(removed.errors == "")
        #expect(await stage.run("vault", "remove", "a", "--confirm", "a").status == 66)
        #expect(await stage.run("vault", "verify").status == 0)
        #expect(stage.targetsMade() == [])
    }

    @Test("a wipe that did not happen is never an [ok]; the next command that changes the vault does it")
    func wipePending() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        stage.storage.allowWiping(false)
        let removed = await stage.run("vault", "remove", "a", "--confirm", "a")
        #expect(removed.status == 0)
        #expect(removed.output == "[warn] Removed, not yet wiped: a\n  version: 1\n  wiped:   false\n")
        #expect(removed.errors.hasPrefix("[warn] wipe pending:"))
        #expect(await stage.run("vault", "status").output.contains("wipe_pending: yes"))
        #expect(await stage.run(["vault", "put", "b"], input: "v").errors == "")
        stage.storage.allowWiping(true)
        let next = await stage.run(["vault", "put", "b"], input: "w")
        #expect(next.errors == "[i] Wiped from the vault's files what an earlier command removed\n")
        #expect(await stage.run("vault", "status").output.contains("wipe_pending: no"))
    }

    @Test("what was delivered stays where it is and is named, or goes with --everywhere")
    func everywhere() async throws {
        let key = "service-api-key/linear"
        let stage = try await VaultStage.withService()
        let here = await stage.run("vault", "remove", key, "--confirm", key)
        #expect(here.status == 0)
        #expect(here.errors == "[i] Still delivered: local-api:linear\n")
        #expect(stage.files.keys == ["gateway-connection-secret-linear"])
        #expect(stage.localAPI.keys == ["linear"])
        let other = try await VaultStage.withService()
        let gone = await other.run("vault", "remove", key, "--confirm", key, "--everywhere")
        #expect(gone.status == 0 && gone.errors == "")
        #expect(gone.output.contains("export-file:service-api-key-linear (withdrawn), local-api:linear (withdrawn)"))
        #expect(other.localAPI.keys == [])
    }

    @Test("what cannot be taken away now is taken away by sync")
    func gatewayDown() async throws {
        let name = "upstream-secret/linear/access_token"
        let stage = try await VaultStage.withService()
        stage.gateway.fail(.unreachable(endpoint: "http://127.0.0.1:38100"))
        let removed = await stage.run("vault", "remove", name, "--confirm", name, "--everywhere")
        #expect(removed.status == 69)
        #expect(removed.output.hasPrefix("[warn] Removed, not taken away: \(name)\n"))
        #expect(await stage.run("vault", "get", name).status == 66)
        let dry = await stage.run("vault", "sync", "--dry-run")
        #expect(dry.status == 1)
        stage.gateway.fail(nil)
        #expect(await stage.run("vault", "sync").status == 0)
        #expect(stage.gateway.keys == [])
    }
}
