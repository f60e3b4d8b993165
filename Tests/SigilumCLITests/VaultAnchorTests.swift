import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct VaultAnchorTests {
    private func id(_ stage: VaultStage) -> String {
        Hexadecimal.text(stage.anchors.anchor?.vaultID ?? [])
    }

    @Test("the anchor is shown beside the vault")
    func show() async throws {
        let stage = try await VaultStage.withVault()
        let run = await stage.run("vault", "anchor", "show")
        #expect(run.status == 0 && run.errors == "")
        #expect(
            run.output == """
                [ok] The anchor agrees with the vault: ~/.sigilum-workspace/vault.db
                  state:               agrees
                  vault_id:            ID
                  vault_generation:    0
                  vault_audit_record:  1
                  anchor_id:           ID
                  anchor_generation:   0
                  anchor_audit_record: 1

                """)
        let document = await stage.run("vault", "anchor", "show", "--json")
        #expect(
            document.output == """
                {
                  "state": "agrees",
                  "vault": {
                    "id": "ID",
                    "generation": 0,
                    "audit_record": 1
                  },
                  "anchor": {
                    "id": "ID",
                    "generation": 0,
                    "audit_record": 1
                  }
                }

                """)
        let accepted = await stage.run("vault", "anchor", "accept", "--confirm", id(stage))
        #expect(accepted.output == "[ok] The anchor agrees already\n  vault_id: ID\n  was:      agrees\n")
    }

    @Test("a vault that was put back is refused until it is accepted by its id, which the log says")
    func rolledBack() async throws {
        let stage = try await VaultStage.withVault()
        let old = stage.storage.rows
        await stage.run(["vault", "put", "a"], input: canary)
        stage.storage.rows = old
        let refused = await stage.run("vault", "list")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("the vault was put back to an older state than this machine has seen"))
        let shown = await stage.run("vault", "anchor", "show")
        #expect(shown.status == 0)
        #expect(shown.output.contains("  state:               rolled-back\n"))
        #expect(shown.errors.contains("sigilum vault anchor accept --confirm ID"))
        let unsure = await stage.run("vault", "anchor", "accept")
        #expect(unsure.status == 64)
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", "00").status == 64)
        #expect(await stage.run("vault", "list").status == 65)
        let accepted = await stage.run("vault", "anchor", "accept", "--confirm", id(stage).uppercased())
        #expect(
            accepted.output == """
                [ok] Anchor accepted: ~/.sigilum-workspace/vault.db
                  vault_id: ID
                  was:      rolled-back

                """)
        #expect(await stage.run("vault", "list").status == 0)
        #expect(await stage.run("vault", "log").output.contains("anchor accepted"))
    }

    @Test("a vault that went another way is a fork, and is accepted alike")
    func forked() async throws {
        let stage = try await VaultStage.withVault()
        let old = stage.storage.rows
        let anchor = stage.anchors.anchor
        await stage.run(["vault", "put", "a"], input: canary)
        let seen = stage.anchors.anchor
        stage.storage.rows = old
        stage.anchors.anchor = anchor
        await stage.run(["vault", "put", "b"], input: canary)
        stage.anchors.anchor = seen
        #expect(await stage.run("vault", "list").status == 65)
        #expect(await stage.run("vault", "anchor", "show").output.contains("forked\n"))
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", id(stage)).status == 0)
        #expect(await stage.run("vault", "list").status == 0)
    }

    @Test("of another vault in that place, its own id is confirmed, not the old one's")
    func otherVault() async throws {
        let (stage, other) = (try await VaultStage.withVault(), try await VaultStage.withVault())
        let key = try #require(other.folder.content(".sigilum-workspace/gateway-master-key"))
        let (mine, theirs) = (id(stage), id(other))
        stage.storage.rows = other.storage.rows
        try stage.folder.write(".sigilum-workspace/gateway-master-key", key)
        #expect(await stage.run("vault", "list").status == 65)
        #expect(await stage.run("vault", "anchor", "show").output.contains("other-vault\n"))
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", mine).status == 64)
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", theirs).status == 0)
        #expect(await stage.run("vault", "list").status == 0)
    }

    @Test("after the vault was deleted its anchor is forgotten by the old id, and a new one can be made")
    func deleted() async throws {
        let stage = try await VaultStage.withVault()
        stage.storage.rows = .init()
        for words in [["list"], ["init"], ["put", "a"]] {
            let run = await stage.run(["vault"] + words, input: "v")
            #expect(run.status == 65)
            #expect(run.errors.hasPrefix("[ERROR] Vault integrity: the vault that was here is gone\n"))
        }
        let shown = await stage.run("vault", "anchor", "show")
        #expect(shown.output.contains("  state:               vault-gone\n  vault:               none\n"))
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", "00").status == 64)
        let forgotten = await stage.run("vault", "anchor", "accept", "--confirm", id(stage))
        #expect(
            forgotten.output.hasPrefix("[ok] Anchor of the deleted vault forgotten: ~/.sigilum-workspace/vault.db\n"))
        #expect(stage.anchors.anchor == nil)
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", "00").status == 66)
        #expect(await stage.run("vault", "init").status == 0)
    }

    @Test("a home that is gone with its vault is told from one that was never made")
    func homeGone() async throws {
        let stage = try await VaultStage.withVault()
        stage.storage.rows = .init()
        try FileManager.default.removeItem(atPath: stage.home)
        #expect(await stage.run("vault", "list").status == 65)
        #expect(await stage.run("vault", "anchor", "show").output.contains("vault-gone\n"))
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", id(stage)).status == 0)
        #expect(await stage.run("vault", "list").status == 66)
        #expect(try stage.folder.names() == [])
    }

    @Test("an anchor that cannot be read is accepted over; of a vault that is gone as well nothing is known")
    func unreadable() async throws {
        let stage = try await VaultStage.withVault()
        let name = id(stage)
        stage.anchors.become(.damaged)
        #expect(await stage.run("vault", "list").status == 65)
        #expect(await stage.run("vault", "anchor", "show").output.contains("unreadable\n"))
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", name).status == 0)
        #expect(await stage.run("vault", "list").status == 0)
        stage.anchors.become(.damaged)
        stage.storage.rows = .init()
        #expect(await stage.run("vault", "anchor", "accept", "--confirm", name).status == 65)
    }

    @Test("accepting needs the key that opens the vault")
    func wrongKey() async throws {
        let stage = try await VaultStage.withVault()
        let key = String(repeating: "0f", count: 32)
        let run = await stage.run(["vault", "anchor", "show"], variables: ["GATEWAY_MASTER_KEY": key])
        #expect(run.status == 77)
        #expect(run.errors.contains("  the key came from: GATEWAY_MASTER_KEY\n"))
    }
}
