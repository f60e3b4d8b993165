import ArgumentParser
import Testing

@testable import SigilumCLI

@Suite struct EntryPointTests {
    @Test("a command's facts go to standard output, its remarks to standard error")
    func performs() async {
        let run = await run(["sigilum", "vault", "get", "a"])
        #expect(run.status == 0)
        #expect(run.output == "[ok] Entry: a\n  value: lin_****** (hidden)\n")
        #expect(run.errors == "[i] looked\n[warn] old\n")
    }

    @Test("the vault's commands need no prefix where the program is called vault")
    func asVault() async {
        #expect(await run(["./vault", "get", "a"]).output == "[ok] Entry: a\n  value: lin_****** (hidden)\n")
        #expect(await run(["vault", "service", "add", "--service-slug", "x", "--offline"]).output == "[ok] offline\n")
        #expect(await run(["vault", "get", "absent"]).errors.hasSuffix("  list them:  ./vault list\n"))
    }

    @Test("secrets are shown with --reveal-secrets and with --reveal", arguments: ["--reveal-secrets", "--reveal"])
    func reveals(option: String) async {
        #expect(await run(["sigilum", "vault", "get", "a", option]).output.contains("  value: \(canary)\n"))
        #expect(
            await run(["sigilum", "vault", "get", "a", option, "--json"]).output.contains("\"value\": \"\(canary)\""))
    }

    @Test("standard output is one document with --json")
    func json() async {
        let run = await run(["sigilum", "vault", "get", "a", "--json"])
        #expect(run.output == "{\n  \"value\": \"lin_****** (hidden)\"\n}\n")
        #expect(run.status == 0)
    }

    @Test("a failure has its status, and its hints name the program")
    func fails() async {
        let run = await run(["sigilum", "vault", "get", "absent"])
        #expect(run.status == 66)
        #expect(run.output == "")
        #expect(run.errors == "[i] looked\n[ERROR] No such entry: absent\n  list them:  sigilum vault list\n")
    }

    @Test("a failure may still have facts: they are on standard output, the failure on standard error")
    func factsOfFailure() async {
        let add = await run(["sigilum", "service", "add", "--service-slug", "x"])
        #expect(add.status == 69)
        #expect(add.output == "[warn] Service saved, not delivered: x\n  slug: x\n")
        #expect(add.errors == "[i] made\n[ERROR] Gateway admin not reachable\n")
        let json = await run(["sigilum", "service", "add", "--service-slug", "x", "--json"])
        #expect(json.output == "{\n  \"slug\": \"x\"\n}\n")
        #expect(json.errors.hasPrefix(#"{"error":{"code":"unreachable""#))
        #expect(json.errors.hasSuffix(#""remarks":[{"level":"info","message":"made"}]}"# + "\n"))
    }

    @Test("a report that found something is 1")
    func found() async {
        #expect(await run(["sigilum", "vault", "get", "found"]).status == 1)
    }

    @Test("a defect is 70 and shows the type of the error alone")
    func defect() async {
        let run = await run(["sigilum", "vault", "get", "defect"])
        #expect(run.status == 70)
        #expect(run.errors.contains("[ERROR] Unexpected error: SampleDefect\n"))
        #expect(!run.errors.contains(canary))
    }

    @Test("a secret in an argument reaches the command, with a warning")
    func argumentSecret() async {
        let run = await run(["sigilum", "vault", "get", "a", "--gateway-master-key", "key-\(canary)", "--reveal"])
        #expect(run.output.contains("  value: key-\(canary)\n"))
        #expect(run.errors.hasPrefix("[warn] --gateway-master-key: other users of this machine can read"))
        #expect(!run.errors.contains(canary))
    }

    @Test("a pipe that nobody reads any more is no failure")
    func closedPipe() async {
        let run = await run(["sigilum", "vault", "get", "a"], results: .closed)
        #expect(run.status == 0)
        #expect(!run.errors.contains("[ERROR]"))
    }

    @Test("standard output that cannot be written is 73")
    func fullDisk() async {
        let run = await run(["sigilum", "vault", "get", "a"], results: .failed(28))
        #expect(run.status == 73)
        #expect(run.errors.contains("[ERROR] Cannot write standard output: No space left on device\n"))
    }

    @Test("an argument that is not UTF-8 is wrong usage")
    func notText() async {
        let taken = ArgumentMemory([Array("sigilum".utf8), [0xff]]).intake()
        let errors = Capture()
        let context = Context(
            now: { 0 }, terminal: .live(program: .sigilum), environment: .fixed([:]), workingDirectory: "/",
            program: .sigilum, argumentSecrets: .none, results: Capture().channel(), notes: errors.channel(),
            openers: .unset)
        #expect(await EntryPoint(root: SampleSigilum.self).run(taken, context) == 64)
        #expect(errors.text == "[ERROR] An argument is not UTF-8\n")
    }

    // MARK: Help, version, completions

    @Test("no arguments, --help, help and a group alone print help", arguments: [[], ["--help"], ["help"], ["vault"]])
    func help(words: [String]) async {
        let run = await run(["sigilum"] + words)
        #expect(run.status == 0)
        #expect(run.output.contains("USAGE: sigilum"))
        #expect(run.errors == "")
    }

    @Test("help names the program as it was called")
    func helpOfVault() async {
        let run = await run(["vault", "get", "--help"])
        #expect(run.status == 0)
        #expect(run.output.contains("USAGE: ./vault get "))
        #expect(run.output.contains("\n  ./vault get local-jwt-secret\n"))
        #expect(!run.output.contains("sigilum vault"))
    }

    @Test("the version is the same under both names", arguments: ["sigilum", "vault"])
    func version(program: String) async {
        let run = await run([program, "--version"])
        #expect(run.status == 0)
        #expect(run.output == "sigilum 0.1.0\n")
    }

    @Test(
        "completions are made for both names", arguments: ["sigilum", "vault"], ["bash", "zsh", "fish"])
    func completions(program: String, shell: String) async {
        let run = await run([program, "--generate-completion-script", shell])
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output.contains(program) && run.output.contains("upstream-secret"))
        #expect(!run.output.contains("./vault"))
    }

    // MARK: The declarations

    @Test("every command says what it does, and each that does something shows an example")
    func declarations() {
        for root in [EntryPoint.root(for: .sigilum), EntryPoint.root(for: .vault), SampleSigilum.self] {
            let nodes = CommandTree(root: root).nodes
            #expect(nodes.count >= 2)
            for node in nodes {
                let configuration = node.type.configuration
                #expect(!configuration.abstract.isEmpty, "\(node.names)")
                if configuration.subcommands.isEmpty, node.type is any SigilumCommand.Type {
                    #expect(configuration.discussion.contains("Example"), "\(node.names)")
                    #expect(configuration.discussion.contains("sigilum "), "\(node.names)")
                }
            }
        }
    }

    @Test(
        "every example that help shows is a command line that the program takes, by the name it was called with",
        arguments: ["sigilum", "./vault"])
    func examples(program: String) async throws {
        let root = EntryPoint.root(for: ProgramName(argumentZero: program))
        var seen = 0
        for node in CommandTree(root: root).nodes where node.type is any SigilumCommand.Type {
            let help = await run([program] + node.names + ["--help"], root: root)
            let shown = help.output.replacing("\\\n", with: " ").split(separator: "\n")
                .drop { !$0.hasPrefix("Example") }.prefix { !$0.hasPrefix("USAGE") && !$0.hasPrefix("OPTIONS") }
            let lines = shown.filter { $0.contains("sigilum ") || $0.contains("vault ") }
            #expect(!lines.isEmpty, "\(node.names)")
            // What is longer is broken where nobody can copy it from.
            let written = node.type.configuration.discussion.split(separator: "\n")
            #expect(written.filter { $0.hasPrefix("  ") && $0.count > 80 } == [], "\(node.names)")
            for line in lines {
                let words = line.split(separator: " ").map(String.init).drop { $0 != program }
                #expect(!words.isEmpty, "\(line)")
                let own = words.dropFirst().prefix { !["|", "<", ">"].contains($0) }
                #expect(throws: Never.self, "\(line)") { _ = try root.parseAsRoot(Array(own)) }
                seen += 1
            }
        }
        #expect(seen >= 40)
    }

    @Test("the roots of the program are the ones its names stand for")
    func roots() {
        #expect(EntryPoint.root(for: .sigilum).configuration.commandName == "sigilum")
        #expect(EntryPoint.root(for: .vault).configuration.commandName == "vault")
    }

    @Test("a path below the working directory is shown relative to it")
    func paths() {
        var context = Context(
            now: { 0 }, terminal: .live(program: .sigilum), environment: .fixed([:]), workingDirectory: "/home/u",
            program: .sigilum, argumentSecrets: .none, results: Capture().channel(), notes: Capture().channel(),
            openers: .unset)
        func shown(_ path: String) -> String { rendered(Report(lines: [.value(context.shown(path: path))])) }
        #expect(shown("/home/u/.sigilum-workspace/k") == ".sigilum-workspace/k\n")
        #expect(shown("/home/user/k") == "/home/user/k\n")
        #expect(shown("/home/u") == "/home/u\n")
        context.workingDirectory = ""
        #expect(shown("/home/u") == "/home/u\n")
    }
}
