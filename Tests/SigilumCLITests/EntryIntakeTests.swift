import SecureMemory
import Testing

@testable import SigilumCLI

@Suite struct EntryIntakeTests {
    private let isOption: (String) -> Bool = { ["--json", "--service-slug"].contains($0) }

    private func taken(_ words: [String]) -> (intake: ArgumentIntake, memory: ArgumentMemory) {
        let memory = ArgumentMemory(words)
        return (memory.intake(isOption: isOption), memory)
    }

    private func value(_ intake: ArgumentIntake, _ number: Int) -> String? {
        ArgumentSecret(argument: ArgumentSecret.placeholder(number))
            .flatMap(intake.secrets.secret)
            .map { text(of: $0.bytes) }
    }

    @Test(
        "a secret leaves the command line, as a word of its own and after an equals sign",
        arguments: ["--upstream-secret", "--owner-token", "--gateway-master-key"])
    func both(option: String) {
        let (intake, memory) = taken(["sigilum", "x", option, canary, "\(option)=\(canary)2", "--json"])
        #expect(intake.arguments == ["x", option, "secret-argument-0", "\(option)=secret-argument-1", "--json"])
        #expect(value(intake, 0) == canary)
        #expect(value(intake, 1) == canary + "2")
        #expect(memory.words == ["sigilum", "x", option, "", "\(option)=", "--json"])
        #expect(intake.wantsJSON)
    }

    @Test("a secret may begin with a hyphen, where it is no option of the program")
    func hyphen() {
        let (pem, _) = taken(["sigilum", "--upstream-secret", "-----BEGIN KEY-----", "--json"])
        #expect(pem.arguments == ["--upstream-secret", "secret-argument-0", "--json"])
        #expect(value(pem, 0) == "-----BEGIN KEY-----")
        for option in ["--json", "--service-slug=x", "--"] {
            let (missing, _) = taken(["sigilum", "--upstream-secret", option])
            #expect(missing.arguments == ["--upstream-secret", option])
            #expect(value(missing, 0) == nil)
        }
    }

    @Test("what follows -- belongs to another command and stays")
    func afterTerminator() {
        let (intake, memory) = taken(["sigilum", "run", "--", "curl", "--upstream-secret", "a", "--json"])
        #expect(intake.arguments == ["run", "--", "curl", "--upstream-secret", "a", "--json"])
        #expect(memory.words.suffix(2) == ["a", "--json"])
        #expect(!intake.wantsJSON)
    }

    @Test("options with a longer name are not mistaken for a secret's")
    func longerName() {
        let words = ["sigilum", "--upstream-secret-env", "NAME", "--upstream-secret-file=f", "--owner-token-stdin"]
        #expect(taken(words).intake.arguments == Array(words.dropFirst()))
    }

    @Test("an empty value and a missing one are told apart")
    func empty() {
        #expect(value(taken(["sigilum", "--upstream-secret="]).intake, 0) == "")
        #expect(value(taken(["sigilum", "--upstream-secret", ""]).intake, 0) == "")
        #expect(taken(["sigilum", "--upstream-secret"]).intake.arguments == ["--upstream-secret"])
    }

    @Test("a secret may be any bytes; another argument that is not UTF-8 is noticed")
    func notText() {
        let option = Array("--upstream-secret".utf8)
        let secret = ArgumentMemory([Array("s".utf8), option, [0xff, 0xfe]])
        let fine = secret.intake()
        #expect(!fine.isMalformed)
        let bytes = ArgumentSecret(argument: ArgumentSecret.placeholder(0))
            .flatMap(fine.secrets.secret)
            .map { $0.bytes.withBytes { Array($0) } }
        #expect(bytes == [0xff, 0xfe])
        #expect(ArgumentMemory([[0x73], [0xff]]).intake().isMalformed)
        #expect(ArgumentMemory([[0x73], [0x2d, 0x2d], [0xff]]).intake().isMalformed)
    }

    @Test("a process may be started without any word at all")
    func noWords() {
        let intake = taken([]).intake
        #expect(intake.arguments == [])
        #expect(intake.program == .sigilum)
    }

    @Test("every option that was used so gets one warning, which names the safer way")
    func warnings() {
        let (intake, _) = taken(["s", "--upstream-secret", "a", "--upstream-secret=b", "--gateway-master-key", "c"])
        let text = intake.secrets.warnings.map { remark in
            if case .warn(let message) = remark { message.text(as: .sigilum) } else { "" }
        }
        #expect(text.count == 2)
        #expect(text.first?.contains("--upstream-secret-env") == true)
        #expect(text.last?.contains("GATEWAY_MASTER_KEY_FILE") == true)
    }

    @Test(
        "the program is called by the last part of its first word",
        arguments: [
            ("sigilum", ProgramName.sigilum), ("/usr/bin/sigilum", .sigilum), ("vault", .vault), ("./vault", .vault),
            ("/x/vault/", .vault), ("vault2", .sigilum), ("", .sigilum), ("vault/sigilum", .sigilum),
        ])
    func names(word: String, name: ProgramName) {
        #expect(ProgramName(argumentZero: word) == name)
    }

    @Test("a hint's command is what a shell takes, under either name")
    func hints() {
        let add = ["service", "add", "--service-name", "it's mine"]
        #expect(ProgramName.sigilum.line(add) == #"sigilum service add --service-name 'it'\''s mine'"#)
        #expect(ProgramName.vault.line(add) == #"./vault service add --service-name 'it'\''s mine'"#)
        #expect(ProgramName.vault.line(["vault", "get", ""]) == "./vault get ''")
        #expect(ProgramName.sigilum.line(["vault", "get", "a/b"]) == "sigilum vault get a/b")
        #expect(ProgramName.vault.line(["auth", "login"]) == "./vault auth login")
        #expect(ProgramName.vault.line(["login"]) == "./vault login")
        #expect(ProgramName.vault.line(["gateway", "start"]) == "./vault gateway start")
    }
}
