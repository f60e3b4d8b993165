import Testing
import VaultTestSupport

@testable import SigilumCLI

/// Every run of a stage looks for the canary in both streams; these walk all commands.
@Suite struct VaultCanaryTests {
    @Test("no command shows a value without --reveal-secrets, as text and as a document", arguments: [[], ["--json"]])
    func everyCommand(form: [String]) async throws {
        let stage = try await VaultStage.withService()
        await stage.run(["vault", "put", "own"] + form, input: canary)
        let name = "upstream-secret/linear/access_token"
        let commands: [[String]] = [
            ["init"], ["status"], ["list"], ["find", "own"], ["get", "own"], ["get", name, "--version", "1"],
            ["history", name], ["rotate", "service-api-key/linear"], ["rollback", "service-api-key/linear"],
            ["move", "own", "mine"], ["export", "mine", "--to", "f"], ["export", "--all", "--check"],
            ["export", "--all"],
            ["diff"], ["sync", "--dry-run"], ["sync"], ["anchor", "show"], ["log"], ["verify"],
            ["export", "mine", "--none"], ["remove", "mine", "--confirm", "mine"],
        ]
        for words in commands {
            let run = await stage.run(["vault"] + words + form)
            #expect(run.status == 0, "\(words): \(run.errors)")
            #expect(!run.output.isEmpty)
            if !form.isEmpty { #expect(run.output.hasPrefix("{")) }
        }
        // Two entries have the value: a finding.
        await stage.run(["vault", "put", "own"], input: canary)
        let audit = await stage.run(["vault", "audit"] + form)
        #expect(audit.status == 1 && audit.output.contains("shared-value"))
    }

    @Test("a secret in the place of any argument is not echoed", arguments: [[], ["--json"]])
    func misplaced(form: [String]) async throws {
        let stage = try await VaultStage.withVault()
        let commands: [[String]] = [
            ["init", canary], ["status", canary], ["list", canary, canary], ["find", canary], ["get", canary],
            ["get", "a", "--version", canary], ["put", "a", "--from-env", canary], ["put", "a", "--from-file", canary],
            ["generate", "a", "--format", canary], ["generate", "a", "--length", canary], ["rotate", canary],
            ["history", canary], ["rollback", canary], ["rollback", "a", "--to", canary], ["move", canary, "b"],
            ["remove", canary], ["remove", canary, "--confirm", canary], ["remove", "a", "--confirm", canary],
            ["export", canary], ["export", canary, "--to", "f"], ["export", canary, "--none"], ["sync", canary],
            ["diff", "--gateway-admin-url", canary], ["audit", canary], ["audit", "--max-age-days", canary],
            ["audit", "--format", canary], ["anchor", canary], ["anchor", "accept", "--confirm", canary],
            ["log", "--since", canary], ["verify", "--" + canary], [canary],
        ]
        for words in commands {
            let run = await stage.run(["vault"] + words + form)
            let isSearch = words.first == "find"
            #expect(isSearch ? run.status == 0 : [64, 66].contains(run.status), "\(words): \(run.status)")
        }
    }

    @Test("what the store holds has no value in it, and no name")
    func store() async throws {
        let stage = try await VaultStage.withService()
        await stage.run(["vault", "put", "name-of-an-entry"], input: canary)
        for row in stage.storage.rows.all {
            let text = String(decoding: row.key + row.value, as: UTF8.self)
            #expect(!text.contains(canary) && !text.contains("name-of-an-entry") && !text.contains("linear"))
        }
    }
}
