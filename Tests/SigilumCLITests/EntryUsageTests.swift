import Testing

@testable import SigilumCLI

@Suite struct EntryUsageTests {
    /// Command lines with a secret where none belongs; `§` stands for it.
    static let nasty: [[String]] = [
        ["vault", "get", "a", "§"], ["vault", "get", "a", "§", "§"], ["vault", "get", "a", "--§"],
        ["vault", "get", "a", "-§"], ["vault", "get", "a", "--§=x"], ["vault", "get", "a", "--nmae=§"],
        ["vault", "get", "a", "--entry-version", "§"], ["vault", "get", "a", "--entry-version=§"],
        ["vault", "get", "a", "--json=§"], ["vault", "get", "a", "--reveal=§"], ["§"], ["§", "§"], ["vault", "§"],
        ["service", "add", "--mode", "§"], ["service", "add", "--mode=§", "--service-slug", "x"],
        ["service", "add", "--service-slug", "x", "--rotation-interval-days", "§"],
        ["service", "add", "--service-slug", "x", "--upstream-secert", "§"],
        ["service", "add", "--service-slug", "x", "--upstream-secert=§"],
        ["service", "add", "--service-slug", "x", "-upstream-secret=§"],
        ["service", "add", "--service-slug", "x", "--upstream-secret-=§"],
        ["service", "add", "--service-slug", "x", "--upstream-secret", "ok", "§"],
        ["service", "add", "--service-slug", "x", "--upstream-secret=§", "extra"],
        ["service", "add", "--upstream-secret", "§"], ["service", "add", "--owner-token", "§", "--nope"],
        ["service", "add", "--service-slug", "x", "--mode", "§' is invalid for '--mode <mode>'. §"],
        ["service", "add", "--service-slug", "x", "--mode", "a' is invalid for '--§"],
        ["service", "add", "--service-slug", "x", "--mode", "§' is invalid for "],
        ["service", "add", "--service-slug", "x", "--mode", "a\n' is invalid for 'b\n§"],
        ["service", "add", "--service-slug", "x", "--offline=' does not take any value, but '§"],
        ["service", "add", "--service-slug", "x", "--'§", "y"],
        ["service", "add", "--service-slug", "x", "--a'. Did you mean '§'?"],
        ["service", "add", "--service-slug", "x", "---§"], ["service", "add", "--service-slug", "x", "---§=1"],
        ["vault", "get", "a", "-----BEGIN §-----"], ["vault", "get", "a", "--", "b", "§"],
        ["--generate-completion-script", "§"], ["--generate-completion-script=§"], ["---completion", "§", "--", "§"],
        ["---completion", "vault", "get", "--", "§"], ["help", "§"], ["vault", "get", "a", "--sigilum-home"],
        ["vault", "get", "--json"], ["--json"], ["--§"], ["-§"],
    ]

    @Test("a wrong command line is 64 and shows no word that the program does not know", arguments: nasty)
    func nothingEchoed(words: [String]) async {
        for value in [canary, "-\(canary)"] {
            for program in ["sigilum", "vault"] {
                let own = program == "vault" && words.first == "vault" ? Array(words.dropFirst()) : words
                let line = [program] + own.map { $0.replacing("§", with: value) }
                let run = await run(line)
                #expect(!(run.output + run.errors).contains(value), "\(line)")
                #expect(!(run.output + run.errors).contains("secret-argument"), "\(line)")
                // Help is asked for by `-h` among short options, and by `help` with any word; a shell for completions
                // is found without a word that can be one.
                guard run.status != 0 else {
                    #expect(run.output.hasPrefix("OVERVIEW: ") || run.output.hasPrefix("#!"), "\(line)")
                    continue
                }
                #expect(run.status == 64, "\(line)")
                #expect(run.output.isEmpty, "\(line)")
                #expect(run.errors.hasPrefix("[ERROR] ") || run.errors.hasPrefix(#"{"error":"#), "\(line)")
            }
        }
    }

    @Test("a name of many letters in place of an option is not shown either")
    func letters() async {
        let run = await run(["sigilum", "vault", "get", "a", "--correct-horse-battery-staple"])
        #expect(run.status == 64)
        #expect(!run.errors.contains("horse"))
    }

    @Test("a misspelt option is named with the one that was meant")
    func misspelt() async {
        let run = await run(["sigilum", "service", "add", "--service-slug", "x", "--upstream-secert=1"])
        #expect(
            run.errors.hasPrefix("[ERROR] Unknown option '--upstream-secert'. Did you mean '--upstream-secret'?\n"))
    }

    @Test("an option of another command is named")
    func otherCommand() async {
        let run = await run(["sigilum", "vault", "get", "a", "--offline"])
        #expect(run.errors.hasPrefix("[ERROR] Unknown option '--offline' for this command\n"))
    }

    @Test("what is missing is named, with the usage and the help of the command")
    func missing() async {
        #expect(
            await run(["sigilum", "vault", "get"]).errors.hasPrefix("[ERROR] Missing expected argument '<name>'\n"))
        let add = await run(["sigilum", "service", "add"])
        #expect(
            add.errors.hasPrefix("[ERROR] Missing expected argument '--service-slug <service-slug>'\n  usage: sigilum"))
        #expect(add.errors.hasSuffix("\n  help:  sigilum service add --help\n"))
        let asVault = await run(["/x/vault", "get"])
        #expect(asVault.errors.contains("\n  usage: ./vault get "))
        #expect(asVault.errors.hasSuffix("\n  help:  ./vault get --help\n"))
        let value = await run(["sigilum", "vault", "get", "a", "--sigilum-home"])
        #expect(value.errors.hasPrefix("[ERROR] Missing value for '--sigilum-home <path>'\n"))
    }

    @Test("a value that an option does not take gets the words that it does")
    func invalid() async {
        let run = await run(["sigilum", "service", "add", "--service-slug", "x", "--mode", "other"])
        #expect(
            run.errors.hasPrefix(
                "[ERROR] The value given is invalid for '--mode <mode>'. Please provide one of 'native' and 'gateway'.\n"
            ))
        let flag = await self.flag()
        #expect(flag.hasPrefix("[ERROR] The option '--offline' does not take any value\n"))
    }

    private func flag() async -> String {
        await run(["sigilum", "service", "add", "--service-slug", "x", "--offline=yes"]).errors
    }

    @Test("a command of a similar name, or of the vault, is suggested")
    func suggestion() async {
        #expect(await run(["sigilum", "get", "x"]).errors.contains("\n  did you mean:  sigilum vault get\n"))
        #expect(await run(["sigilum", "servise", "add"]).errors.contains("\n  did you mean:  sigilum service\n"))
        #expect(await run(["vault", "vault", "get", "x"]).errors.contains("\n  did you mean:  ./vault get\n"))
        #expect(!(await run(["sigilum", "xyz"]).errors.contains("did you mean")))
    }

    @Test("with --json a wrong command line is a document on standard error")
    func document() async {
        let run = await run(["sigilum", "vault", "get", "--json"])
        #expect(
            run.errors.hasPrefix(
                #"{"error":{"code":"usage","message":"Missing expected argument '<name>'","hints":["usage: sigilum"#))
        #expect(run.errors.hasSuffix("\"]}}\n"))
    }

    @Test("a text that the parser is not known to say becomes a general one")
    func unknownText() {
        let usage = UsageError(tree: CommandTree(root: SampleSigilum.self), program: .sigilum)
        for text in ["Something new: \(canary)", "", "Invalid option: -----\(canary)", "The value '\(canary)' is bad"] {
            #expect(!usage.message(text).text(as: .sigilum).contains(canary))
            #expect(!usage.message(text).text(as: .sigilum).isEmpty)
        }
        #expect(
            usage.message("The value 'x' is invalid for '--mode <mode>': \(canary)").text(as: .sigilum)
                == "The value given is invalid for '--mode <mode>'")
    }
}
