import Foundation
import Testing
import VaultTestSupport

/// The small program becomes the full one for what it does not do itself.
@Suite("Two programs")
struct HandoverTests {
    private let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

    private func home() throws -> (TestHome, [String: String]) { (try TestHome(), ["GATEWAY_MASTER_KEY": key]) }

    /// A copy of the small program alone.
    private func alone(_ home: TestHome) throws -> ProgramRunner {
        let folder = home.root + "/alone"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: home.runner.path, toPath: folder + "/sigilum")
        return ProgramRunner(path: folder + "/sigilum")
    }

    @Test("a put of an entry that is delivered hands over all it was given: the key in a variable, and standard input")
    func delivered() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        try await home.run("vault put ci/token", variables: variables, input: Array("second".utf8)).expect(0)
        #expect(home.contents(home.work + "/exported") == Array("second".utf8))
        // A value from a variable is taken by whichever program stores it.
        try await home.run(
            "vault put ci/token --from-env VALUE", variables: variables.merging(["VALUE": "third"]) { $1 }
        ).expect(0)
        #expect(home.contents(home.work + "/exported") == Array("third".utf8))
    }

    @Test(
        "what the full program gets is as it came: words, key, input, signals; nothing of the vault is open, nothing said"
    )
    func asItCame() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        let small = try alone(home)
        let script = """
            #!/bin/sh
            ls -l /proc/$$/fd | grep -cE 'vault|anchors|lock'
            # Bit 12: SIGPIPE, which the small program ignores.
            echo $((0x$(sed -n 's/^SigIgn:.//p' /proc/$$/status) & 0x1000))
            echo "$GATEWAY_MASTER_KEY $*"
            cat
            """
        try home.write(Array(script.utf8), to: home.root + "/alone/sigilum-full", mode: 0o700)
        let call = home.call("vault put ci/token --json", variables: variables, input: Array("second".utf8))
        let result = try await small.run(call)
        result.expect(0)
        #expect(result.outputText == "0\n0\n\(key) vault put ci/token --json\nsecond")
        #expect(result.errorText.isEmpty)
    }

    @Test("without its other half the small program still reads and stores; for the rest it says what is missing: 78")
    func alone() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        let small = try alone(home)
        let got = try await small.run(home.call("vault get ci/token --reveal-secrets", variables: variables))
        got.expect(0)
        #expect(got.outputText == "first\n")
        try await small.run(home.call("vault put ci/other", variables: variables, input: [0x61])).expect(0)
        for line in ["vault status", "--version", "vault put ci/token", "vault put upstream-secret/linear/token"] {
            let refused = try await small.run(home.call(line, variables: variables, input: Array("second".utf8)))
            refused.expect(78)
            #expect(refused.errorText.contains("[ERROR] A part of the program is missing: "), "\(line)")
            #expect(refused.outputText.isEmpty)
        }
        let kept = try await home.run("vault get ci/token --reveal-secrets", variables: variables)
        #expect(kept.outputText == "first\n")
        #expect(home.contents(home.work + "/exported") == Array("first".utf8))
    }
}
