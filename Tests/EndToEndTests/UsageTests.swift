import Testing
import VaultTestSupport

@Suite("Wrong words", .few)
struct UsageTests {
    @Test("too few files that may be open are refused with 78, before anything is made", arguments: [8, 63])
    func fewDescriptors(limit: Int) async throws {
        let home = try TestHome()
        var call = home.call("vault put ci/token", input: Array("value".utf8))
        call.through = ["bash", "-c", "ulimit -n \(limit); exec \"$0\" \"$@\""]
        let result = try await home.run(call)
        result.expect(78)
        #expect(result.errorText == "[ERROR] Too few files may be open: \(limit)\n  run:  ulimit -n 256\n")
        #expect(!home.exists(".sigilum-workspace"))
        call.through = ["bash", "-c", "ulimit -n 64; exec \"$0\" \"$@\""]
        try await home.run(call).expect(0)
    }

    static let gateway = "service add --service-slug linear --mode gateway --offline --upstream-secret-env SECRET "

    @Test(
        "hostile options are refused with 64, and no home is made",
        arguments: [
            ["--service-slug", "Bad_Slug"], ["--service-slug", "../../etc"], ["--service-slug", "a"],
            ["--service-slug", ""], ["--service-slug", "-x-"], ["--service-slug", "ab\u{1b}[31m"],
            ["--service-slug", String(repeating: "a", count: 65)],
            ["--service-slug", "abc", "--service-name", "a\u{1b}[2Jb"],
            ["--service-slug", "abc", "--service-name", "a\nb"], ["--service-slug", "abc", "--service-name", ""],
            ["--service-slug", "abc", "--service-name", String(repeating: "n", count: 101)],
            ["--service-slug", "abc", "--domain", "a b"], ["--service-slug", "abc", "--email", "nobody"],
            ["--service-slug", "abc", "--mode", "gateway"], ["--service-slug", "abc", "--mode", "other"],
            ["--service-slug", "abc", "--namespace", "Not A Namespace"],
        ])
    func hostile(options: [String]) async throws {
        let home = try TestHome()
        let canary = Canary()
        let result = try await home.run("service add", more: options, variables: home.variables(canary))
        result.expect(64)
        #expect(result.outputText == "")
        #expect(!result.errorText.contains("\u{1b}"))
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }

    @Test(
        "hostile URLs and headers are refused with 64, and no home is made",
        arguments: [
            ["--upstream-base-url", "ftp://x.example"], ["--upstream-base-url", "https://u:CANARY@x.example"],
            ["--upstream-base-url", "https://x.example/?key=CANARY"],
            ["--upstream-base-url", "https://x.example/#CANARY"], ["--upstream-base-url", "x.example"],
            ["--upstream-base-url", "https://"], ["--upstream-base-url", "https://x.example/\r\nX: CANARY"],
            ["--upstream-base-url", "https://x.example", "--upstream-header", "X Y"],
            ["--upstream-base-url", "https://x.example", "--upstream-header", "X:\r\nCANARY"],
            ["--upstream-base-url", "https://x.example", "--auth-prefix", "a\r\nb"],
            ["--upstream-base-url", "https://x.example", "--upstream-secret-key", "a/b"],
            ["--upstream-base-url", "https://x.example", "--auth-mode", "CANARY"],
            ["--upstream-base-url", "https://x.example", "--rotation-interval-days", "CANARY"],
        ])
    func hostileConnections(options: [String]) async throws {
        let home = try TestHome()
        let canary = Canary()
        let options = options.map { $0.replacing("CANARY", with: canary.text) }
        let result = try await home.run(Self.gateway, more: options, variables: home.variables(canary))
        result.expect(64)
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }

    @Test(
        "an error of usage never repeats a value",
        arguments: [
            "service add --service-slug abc --frobnicate CANARY", "service add --service-slug abc CANARY",
            "service frob CANARY", "CANARY", "vault get a b CANARY", "service add --upstream-secret=CANARY",
            "service add --service-slug abc --upstream-secert CANARY", "vault put --from-file=CANARY --wrong=CANARY",
        ])
    func silent(line: String) async throws {
        let home = try TestHome()
        let canary = Canary()
        for json in ["", " --json"] {
            try await home.run(line.replacing("CANARY", with: canary.text) + json).expect(64)
        }
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }

    @Test("every command's help has an example")
    func help() async throws {
        let home = try TestHome()
        let commands =
            ["add", "show", "list", "secret set"].map { "service " + $0 }
            + [
                "init", "status", "list", "find", "get", "put", "generate", "rotate", "history", "rollback", "move",
                "remove", "export", "run", "inject", "prune", "sync", "diff", "anchor show", "anchor accept", "log",
                "verify",
            ].map { "vault " + $0 }
        for command in commands {
            let result = try await home.run(command + " --help")
            result.expect(0)
            #expect(result.outputText.contains("Example:"), "\(command)")
        }
    }

    @Test("version and completion scripts are printed", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let home = try TestHome()
        let version = try await home.run("--version")
        version.expect(0)
        #expect(version.outputText.hasPrefix("sigilum "))
        let script = try await home.run("--generate-completion-script \(shell)")
        script.expect(0)
        #expect(script.outputText.contains("service"))
    }

    @Test("commands that read answer 66 where there is nothing, and make nothing")
    func reading() async throws {
        let home = try TestHome()
        for line in ["service list", "service show --service-slug abc", "vault list", "vault verify", "vault get x"] {
            let result = try await home.run(line)
            result.expect(66)
            #expect(result.errorText.contains(home.sigilum), "\(result.errorText)")
        }
        #expect(!home.exists(".sigilum-workspace"))
        try await home.run("vault init").expect(0)
        try await home.run("vault get nope").expect(66, error: "No such entry: nope")
        try await home.run("service show --service-slug abc").expect(66, error: "No such service: abc")
        try await home.run("service secret set --service-slug abc --offline --upstream-secret-env HOME")
            .expect(66, error: "Gateway connection not found: abc")
        try await home.run("service secret set --service-slug abc").expect(64, error: "A secret is required")
    }
}
