import ArgumentParser
import Testing
import VaultTestSupport

@testable import SigilumCLI

@Suite("Redaction", .few)
struct RedactionTests {
    /// The words of every command that exists, by walking the tree of commands.
    private static let commands = CommandTree(root: SigilumRoot.self).nodes
        .filter { $0.type.configuration.subcommands.isEmpty }
        .map { (words: $0.names.joined(separator: " "), help: SigilumRoot.helpMessage(for: $0.type, columns: 200)) }

    @Test("the session has every command in it, and none that does not exist")
    func complete() {
        let covered = Set(RedactionLine.session.map(\.command))
        #expect(covered == Set(Self.commands.map(\.words)))
        // Called `vault`, the program has the same commands.
        let others = CommandTree(root: VaultRoot.self).nodes.filter { $0.type.configuration.subcommands.isEmpty }
        let vaults = others.map { CommandTree(root: VaultRoot.self).words(of: $0.type) }
        #expect(
            Set(vaults) == covered.subtracting(["login", "doctor"]).union(["auth login"]).mapped { "sigilum " + $0 })
    }

    @Test("no command shows a secret, as text or as a document, unless that is what it is for or it was told to")
    func everyCommand() async throws {
        let scene = try await RedactionScene()
        var secrets = Array(scene.given.values)
        var shown: [(line: String, isRevealed: Bool, mayPrint: Bool, result: ProgramResult)] = []
        for line in RedactionLine.session {
            let help = Self.commands.first { $0.words == line.command }?.help ?? ""
            for form in line.isRepeated ? ["", " --json"] : [""] {
                let result = try await scene.run(line, form)
                #expect(result.status == line.status, "\(line.command): \(result.errorText)")
                shown.append((line.command + form, false, line.printsSecret, result))
                secrets += scene.made()
                guard line.isRepeated, line.status == 0, help.contains("--reveal-secrets") else { continue }
                let revealed = try await scene.run(line, form + " --reveal-secrets")
                #expect(revealed.status == 0, "\(line.command): \(revealed.errorText)")
                shown.append((line.command + form, true, true, revealed))
                secrets += scene.made()
            }
        }
        #expect(secrets.count > 10)
        for (line, isRevealed, mayPrint, result) in shown {
            let isOut = secrets.contains { $0.form(in: result.output) != nil }
            #expect(!isOut || mayPrint, "\(line): \(result.outputText)")
            // What may print does: else this would look for secrets that are in no output at all.
            #expect(isOut || !mayPrint, "\(line), revealed: \(isRevealed): \(result.outputText)")
            #expect(!secrets.contains { $0.form(in: result.errors) != nil }, "\(line): \(result.errorText)")
        }
        // Removed at the end of the session, so that no file has one by purpose any more.
        for secret in secrets { #expect(scene.home.leaks(of: secret) == []) }
        try await scene.gateway.stop()
    }

    @Test("what is shown does not depend on a secret or its length")
    func noninterference() async throws {
        let (one, other) = (
            try await RedactionScene(),
            // An audit says that a value is easy to guess: this filler makes none so.
            try await RedactionScene(filler: String(repeating: "q7Zm", count: 23))
        )
        for line in RedactionLine.session {
            for form in line.isRepeated ? ["", " --json"] : [""] {
                // A token that is signed twice within a second is the same one, and no new version.
                if line.command.hasSuffix("login") || line.command == "auth refresh" {
                    try await Task.sleep(for: .milliseconds(1100))
                }
                let (left, right) = (try await one.run(line, form), try await other.run(line, form))
                guard !line.printsSecret else { continue }
                #expect(one.stable(left.output) == other.stable(right.output), "\(line.command)\(form)")
                #expect(one.stable(left.errors) == other.stable(right.errors), "\(line.command)\(form)")
            }
        }
        try await one.gateway.stop()
        try await other.gateway.stop()
    }

    @Test(
        "a secret in the place of a word or an option that no command knows is not echoed",
        arguments: ["--SECRET", "--SECRET=1 --json", "extra words SECRET"])
    func misplaced(junk: String) async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run("vault init").expect(0)
        for command in Self.commands.map(\.words) {
            let result = try await home.run(command + " " + junk.replacing("SECRET", with: canary.text))
            #expect([64, 66].contains(result.status), "\(command) \(junk): \(result.errorText)")
        }
        #expect(home.leaks(of: canary) == [])
    }
}

extension Set<String> {
    fileprivate func mapped(_ change: (String) -> String) -> Set<String> { Set(map(change)) }
}

extension RedactionScene {
    /// Output with what differs from home to home named instead.
    fileprivate func stable(_ output: [UInt8]) -> String {
        String(decoding: output, as: UTF8.self).replacing(home.root, with: "ROOT")
            .replacing(gateway.url, with: "GATEWAY")
            .replacing(/svc_[a-z0-9]{12}/, with: "svc_ID").replacing(/[0-9a-f]{32,}/, with: "HEX")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/, with: "TIME").replacing(/\b\d{10}\b/, with: "TIME")
            // How many pages of the file are in use depends on random names.
            .replacing(/\d+ bytes/, with: "SIZE").replacing(/"size": \d+/, with: "SIZE")
            .replacing(/\d+ (second|minute|hour|day)s?/, with: "AGE")
            .replacing(/("age_seconds"|"seconds_left"|"process_id"|pid):? ?\d+/, with: "NUMBER")
            .replacing(/\ +/, with: " ")
    }
}
