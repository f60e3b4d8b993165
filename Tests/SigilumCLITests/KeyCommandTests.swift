import ArgumentParser
import SecureMemory
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite("Keys that are typed")
struct KeyCommandTests {
    private let phrase = "a passphrase of a test"

    @Test("a new passphrase is asked for twice; two that differ change nothing")
    func typed() async throws {
        let stage = try await VaultStage.withVault()
        let slots = stage.storage.rows.keys(.slot)
        for words in [["vault", "key", "add", "--passphrase"], ["vault", "rekey", "--passphrase"]] {
            let different = await stage.run(words, answers: [phrase, "other"])
            #expect(different.status == 64)
            #expect(different.errors.contains("The two are not the same; nothing was changed"))
        }
        #expect(stage.storage.rows.keys(.slot) == slots)
        let added = await stage.run(["vault", "key", "add", "--passphrase"], answers: [phrase, phrase])
        #expect(added.status == 0, "\(added.errors)")
        #expect(added.output.contains("key_kind: passphrase"))
    }

    @Test("move-out asks for a passphrase; from then on every command does, and nothing of the key file is left")
    func moveOut() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run(["vault", "put", "a"], input: canary)
        let moved = await stage.run(["vault", "key", "move-out"], answers: [phrase, phrase])
        #expect(moved.status == 0, "\(moved.errors)")
        #expect(moved.output.contains("  removed:     .sigilum-workspace/gateway-master-key\n"))
        #expect(stage.folder.content(".sigilum-workspace/gateway-master-key") == nil)
        #expect(await stage.run("vault", "list").status == 78)
        let list = await stage.run(["vault", "list"], answers: [phrase])
        #expect(list.status == 0 && list.output.contains("gateway-master-key"))
        // A passphrase in the place of a passphrase: nobody else has the old one, so it goes at once.
        let rekey = await stage.run(
            ["vault", "rekey", "--passphrase"], answers: [phrase, "another phrase", "another phrase"])
        #expect(rekey.status == 0, "\(rekey.errors)")
        #expect(rekey.output.hasPrefix("[ok] Master key changed\n"))
        #expect(await stage.run(["vault", "list"], answers: [phrase]).status == 77)
        #expect(await stage.run(["vault", "list"], answers: ["another phrase"]).status == 0)
    }

    @Test("the gateway's key is its entry, else the one that opened the vault; its release is recorded")
    func gatewayKey() async throws {
        let stage = try await VaultStage.withVault()
        let session = try Session.open(stage.context(), try VaultOptions.parse([]), for: .reading)
        let key = try GatewayMasterKey.resolve(session, purpose: "test")
        let isSame = try key.secret.bytes.equals(session.masterKey.secret.bytes)
        #expect(isSame)
        await stage.run(["vault", "put", GatewayKeyEntry.current, "--force"], input: " the gateway's own \n")
        let own = try GatewayMasterKey.resolve(session, purpose: "test")
        let text = try own.secret.bytes.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(text == "the gateway's own")
        let log = await stage.run("vault", "log")
        #expect(log.output.matches(of: /released .* purpose=test/).count == 2, "\(log.output)")
        #expect(log.output.contains("key=master key purpose=test"), "\(log.output)")
    }
}
