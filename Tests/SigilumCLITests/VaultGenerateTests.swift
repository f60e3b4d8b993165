import Testing
import VaultCore

@testable import SigilumCLI

@Suite struct VaultGenerateTests {
    private func value(_ stage: VaultStage, _ name: String) async -> String {
        String(await stage.run(["vault", "get", name, "--reveal"], reveals: true).output.dropLast())
    }

    @Test("a generated value has the form that was asked for, is not shown, and is made again in that form")
    func forms() async throws {
        let stage = try await VaultStage.withVault()
        let forms: [(words: [String], form: Regex<Substring>)] = [
            ([], /[A-Za-z0-9_-]{43}/), (["--length", "20"], /[A-Za-z0-9_-]{20}/),
            (["--format", "hex"], /[0-9a-f]{64}/),
            (["--format", "base64url"], /[A-Za-z0-9_-]{43}/), (["--format", "passphrase"], /[a-z]{8}(?:-[a-z]{8}){5}/),
            (["--length", "1024"], /[A-Za-z0-9_-]{1024}/), (["--length", "8"], /[A-Za-z0-9_-]{8}/),
        ].map { ($0.0, $0.1) }
        for (index, form) in forms.enumerated() {
            let name = "generated/\(index)"
            let made = await stage.run(["vault", "generate", name] + form.words)
            #expect(made.output == "[ok] Generated: \(name)\n  version: 1\n")
            let first = await value(stage, name)
            #expect(first.wholeMatch(of: form.form) != nil, "\(form.words)")
            let rotated = await stage.run("vault", "rotate", name)
            #expect(rotated.output == "[ok] Rotated: \(name)\n  version: 2\n")
            let second = await value(stage, name)
            #expect(second.wholeMatch(of: form.form) != nil && second != first)
            #expect(!made.output.contains(first) && !rotated.output.contains(second))
        }
    }

    @Test("an entry of a service is made in its own form")
    func ownForm() async throws {
        let stage = try await VaultStage.withVault()
        await stage.run("vault", "generate", "service-api-key/linear")
        #expect(await value(stage, "service-api-key/linear").wholeMatch(of: /sk_live_[0-9a-f]{48}/) != nil)
    }

    @Test(
        "what cannot be generated is wrong usage",
        arguments: [
            (["a", "--length", "7"], "[ERROR] --length is 8 to 1024 characters\n"),
            (["a", "--length", "1025"], "[ERROR] --length is 8 to 1024 characters\n"),
            (["a", "--length", "20", "--format", "hex"], "[ERROR] Use only one of: --length, --format\n"),
            (["owner-token/johndee"], "[ERROR] An owner token cannot be generated here: it is signed\n"),
        ])
    func wrong(words: [String], text: String) async throws {
        let stage = try VaultStage()
        let run = await stage.run(["vault", "generate"] + words)
        #expect(run.status == 64)
        #expect(run.errors.hasPrefix(text))
        #expect(try stage.folder.names() == [])
    }

    @Test("a value that was given is not rotated to a made-up one")
    func given() async throws {
        let stage = try await VaultStage.withService()
        let name = "upstream-secret/linear/access_token"
        let refused = await stage.run("vault", "rotate", name)
        #expect(refused.status == 64)
        #expect(
            refused.errors == """
                [ERROR] The value was given, not generated: \(name)
                  give the new one:  sigilum vault rotate \(name) --from-file -

                """)
        let rotated = await stage.run(["vault", "rotate", name, "--from-file", "-"], input: "lin_api_second\n")
        #expect(
            rotated.output == """
                [ok] Rotated: \(name)
                  version:    2
                  deliveries: export-file:gateway-connection-secret-linear (delivered), gateway:linear (delivered)

                """)
        let spaced = await stage.run(["vault", "rotate", name, "--from-env", "V"], variables: ["V": canary + " "])
        #expect(spaced.status == 64)
        #expect(await stage.run("vault", "rotate", "absent").status == 66)
    }

    @Test("a rotation that cannot be delivered is kept and pending: the gateway's status, or none when offline")
    func pending() async throws {
        let stage = try await VaultStage.withService()
        stage.gateway.fail(.unreachable(endpoint: "http://127.0.0.1:38100"))
        let words = ["vault", "rotate", "upstream-secret/linear/access_token", "--from-env", "V"]
        let down = await stage.run(words, variables: ["V": "lin_api_second"])
        #expect(down.status == 69)
        #expect(down.output.hasPrefix("[warn] Rotated, not delivered: upstream-secret/linear/access_token\n"))
        #expect(down.output.contains("gateway:linear (pending)"))
        #expect(
            down.errors == """
                [ERROR] Gateway admin not reachable: http://127.0.0.1:38100
                  saved in the vault; not yet delivered to: gateway
                  start it:  sigilum gateway start --namespace johndee
                  check it:  curl http://127.0.0.1:38100/health
                  then run:  sigilum vault sync

                """)
        let offline = await stage.run(words + ["--offline"], variables: ["V": "lin_api_third"])
        #expect(offline.status == 0)
        #expect(offline.output.hasPrefix("[ok] Rotated: upstream-secret/linear/access_token\n"))
        #expect(offline.errors == "[i] pending: gateway\n")
        #expect(await stage.run("vault", "status").output.contains("\n  pending:      gateway:linear\n"))
        stage.gateway.fail(nil)
        #expect(await stage.run("vault", "sync").output.hasPrefix("[ok] Delivered: 1\n"))
        #expect(await stage.run("vault", "sync").output.hasPrefix("[ok] Nothing to do\n"))
    }

    @Test("a wrong address stops a rotation before anything is stored")
    func wrongAddress() async throws {
        let stage = try await VaultStage.withService()
        let words = ["vault", "rotate", "service-api-key/linear", "--gateway-admin-url", "nonsense"]
        let run = await stage.run(words)
        #expect(run.status == 64)
        let history = await stage.run("vault", "history", "service-api-key/linear")
        #expect(history.output.split(separator: "\n").count == 2)
    }
}
