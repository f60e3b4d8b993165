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
            # The shell's own pipe may be gone before ls looks at it, of which it would tell.
            ls -l /proc/$$/fd 2>/dev/null | grep -cE 'vault|anchors|lock'
            # Bit 12: SIGPIPE, which the small program ignores. Bit 2: SIGQUIT, which whoever started it ignores.
            echo $((0x$(sed -n 's/^SigIgn:.//p' /proc/$$/status) & 0x1004))
            echo "$GATEWAY_MASTER_KEY $*"
            cat
            """
        try home.write(Array(script.utf8), to: home.root + "/alone/sigilum-full", mode: 0o700)
        var call = home.call("vault put ci/token --json", variables: variables, input: Array("second".utf8))
        call.through = ["sh", "-c", "trap '' QUIT; exec \"$@\"", "sh"]
        let result = try await small.run(call)
        result.expect(0)
        #expect(result.outputText == "0\n4\n\(key) vault put ci/token --json\nsecond")
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
        for line in ["vault status", "--help", "vault put ci/token", "vault put upstream-secret/linear/token"] {
            let refused = try await small.run(home.call(line, variables: variables, input: Array("second".utf8)))
            refused.expect(78)
            #expect(refused.errorText.contains("[ERROR] A part of the program is missing: "), "\(line)")
            #expect(refused.outputText.isEmpty)
        }
        // As a document, too; and where the part in its place is this one once more, which would go on without end.
        let document = try await small.run(home.call("vault status --json", variables: variables))
        document.expect(78)
        #expect(try #require(parsed(document.errors)["error"] as? [String: Any])["code"] as? String == "part-missing")
        try FileManager.default.copyItem(atPath: small.path, toPath: home.root + "/alone/sigilum-full")
        try await small.run(home.call("vault status", variables: variables)).expect(78, error: "This is the small part")
        let version = try await small.run(home.call("--version", variables: variables))
        version.expect(0)
        #expect(version.outputText.hasPrefix("sigilum "))
        let kept = try await home.run("vault get ci/token --reveal-secrets", variables: variables)
        #expect(kept.outputText == "first\n")
        #expect(home.contents(home.work + "/exported") == Array("first".utf8))
    }

    @Test("what there is to warn of is said once, by the program that stores: unsafe permissions, a missing anchor")
    func warnings() async throws {
        var (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        variables["SIGILUM_ALLOW_UNSAFE_PERMISSIONS"] = "1"
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o770], ofItemAtPath: home.work + "/.sigilum-workspace")
        try FileManager.default.removeItem(atPath: home.user + "/.local")
        let stored = try await home.run("vault put ci/token", variables: variables, input: Array("second".utf8))
        stored.expect(0)
        #expect(stored.errorText.ranges(of: "Unsafe permissions").count == 1, "\(stored.errorText)")
        #expect(stored.errorText.ranges(of: "has no anchor of the vault yet").count == 1, "\(stored.errorText)")
        // A failure under --json is one document, with the warnings in it.
        let refused = try await home.run("vault put ci/token --json", variables: variables, input: [])
        refused.expect(64)
        #expect(try (parsed(refused.errors)["remarks"] as? [Any])?.count == 1, "\(refused.errorText)")
    }

    @Test(
        "a value that is asked for on a terminal is the full program's from the start: no anchor is kept, and its warning lost"
    )
    func terminal() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try FileManager.default.removeItem(atPath: home.user + "/.local")
        // Typed when the question is there: what came before it is thrown away.
        let script = """
            mkfifo keyboard; script -qfec '\(home.runner.path) vault put ci/other' screen <keyboard >/dev/null & exec 3>keyboard
            until grep -q 'Value: ' screen; do kill -0 $! || break; sleep 0.1; done
            echo typed >&3; wait $!; status=$?; cat screen; exit $status
            """
        var call = home.call("", variables: variables)
        call.arguments = ["-c", script].map { Array($0.utf8) }
        let asked = try await ProgramRunner(path: "/bin/sh").run(call)
        asked.expect(0)
        #expect(asked.outputText.ranges(of: "has no anchor of the vault yet").count == 1, "\(asked.outputText)")
        #expect(asked.outputText.contains("Stored: ci/other"), "\(asked.outputText)")
    }

    @Test("a key is fetched once: a command that answers runs once, and a passphrase is not stretched for nothing")
    func key() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        try home.write(
            Array("#!/bin/sh\necho run >>\(home.root)/runs\necho \(key)\n".utf8), to: home.root + "/key", mode: 0o700)
        try await home.run(
            "vault put ci/token", variables: ["GATEWAY_MASTER_KEY_COMMAND": home.root + "/key"],
            input: Array("second".utf8)
        ).expect(0)
        #expect(home.contents(home.root + "/runs") == Array("run\n".utf8))
        // Alone the small program has nobody to hand it to, and says so before it opens the vault.
        let other = try TestHome()
        let passphrase = ["GATEWAY_MASTER_KEY": "correct horse battery staple"]
        try await other.run("vault put ci/token", variables: passphrase, input: Array("first".utf8)).expect(0)
        try await alone(other).run(other.call("vault put ci/token", variables: passphrase, input: [0x61])).expect(78)
    }

    private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
}
