import Testing
import VaultTestSupport

@Suite("Where a secret comes from", .few)
struct SecretSourceTests {
    static let add =
        "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app --offline"

    @Test("a file, standard input and a variable lose one line end and nothing else", arguments: ["\n", "\r\n", ""])
    func sources(lineEnd: String) async throws {
        let canary = Canary()
        for source in ["file", "-", "env"] {
            let home = try TestHome()
            let bytes = canary.bytes + Array(lineEnd.utf8)
            try home.write(bytes, to: "secret.txt")
            let result =
                switch source {
                case "file": try await home.run(Self.add + " --upstream-secret-file secret.txt")
                case "-": try await home.run(Self.add + " --upstream-secret-file -", input: bytes)
                default:
                    try await home.run(Self.add + " --upstream-secret-env SECRET", variables: home.variables(canary))
                }
            result.expect(0)
            #expect(home.contents(".sigilum-workspace/gateway-connection-secret-linear") == canary.bytes)
            #expect(home.leaks(of: canary, except: linearFiles + ["secret.txt"]) == [])
        }
    }

    @Test("an argument works, with a warning, and the process list loses it")
    func argument() async throws {
        let home = try TestHome()
        let canary = Canary()
        let result = try await home.run(Self.add + " --upstream-secret " + canary.text)
        result.expect(0)
        let warning = "[warn] --upstream-secret: other users of this machine can read the process list"
        #expect(result.errorText.contains(warning))
        #expect(home.contents(".sigilum-workspace/gateway-connection-secret-linear") == canary.bytes)
        // Held at its standard input, it has taken the other secret out of its arguments long ago.
        var call = home.call("vault put waiting --gateway-master-key " + canary.text)
        call.holdsInput = true
        let run = try home.runner.start(call)
        var line: [UInt8] = canary.bytes
        for _ in 0..<500 where canary.form(in: line) != nil || line.isEmpty {
            try await Task.sleep(for: .milliseconds(10))
            line = home.contents("/proc/\(run.process)/cmdline") ?? []
        }
        #expect(canary.form(in: line) == nil)
        run.finishInput()
        home.remember(try await run.wait())
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a key of several lines keeps its inner lines")
    func pem() async throws {
        let home = try TestHome()
        let canary = Canary(prefix: "")
        let text = "-----BEGIN KEY-----\n\(canary.text)\r\n\n-----END KEY-----\n"
        try await home.run("vault put deploy/key", input: Array(text.utf8)).expect(0)
        let shown = try await home.runner.run(home.call("vault get deploy/key --reveal-secrets"))
        #expect(shown.outputText == text)
        try await home.run("vault get deploy/key").expect(0)
        #expect(home.leaks(of: canary) == [])
    }

    @Test(
        "what cannot go into a header is refused with 64, and nothing is stored or made",
        arguments: [
            Array("\r\nX: y".utf8), Array("\u{0}".utf8), Array("\nsecond".utf8), [0xff, 0xfe], Array(" ".utf8),
            Array("\u{7f}".utf8), [UInt8](repeating: 0x61, count: 16 * 1024 - 39),
        ])
    func unfit(end: [UInt8]) async throws {
        let home = try TestHome()
        let canary = Canary()
        let before = home.files()
        let result = try await home.run(Self.add + " --upstream-secret-file -", input: canary.bytes + end)
        result.expect(64)
        #expect(result.outputText == "")
        #expect(home.files() == before)
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a value of 16 KiB is stored, one byte more is not")
    func limit() async throws {
        let home = try TestHome()
        let canary = Canary()
        let longest = canary.bytes + [UInt8](repeating: 0x61, count: 16 * 1024 - canary.bytes.count)
        try await home.run("vault put long", input: longest + [0x61]).expect(64)
        try await home.run("vault put long", input: longest).expect(0)
        #expect(home.leaks(of: canary) == [])
    }

    @Test("two sources, an unset variable and a missing file have their messages")
    func wrongSources() async throws {
        let home = try TestHome()
        let canary = Canary()
        let two = try await home.run(
            Self.add + " --upstream-secret-env SECRET --upstream-secret " + canary.text,
            variables: home.variables(canary))
        two.expect(64, error: "Use only one of: --upstream-secret, --upstream-secret-env, --upstream-secret-file")
        try await home.run(Self.add + " --upstream-secret-env NOT_SET")
            .expect(66, error: "Environment variable NOT_SET is not set")
        try await home.run(Self.add + " --upstream-secret-file missing.txt").expect(66)
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }
}
