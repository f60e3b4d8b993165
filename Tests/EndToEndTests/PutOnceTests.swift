import Foundation
import Testing
import VaultTestSupport

/// A value that is stored and then delivered is given, asked for and warned of once.
@Suite("What a put does once")
struct PutOnceTests {
    private let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

    private func home() throws -> (TestHome, [String: String]) { (try TestHome(), ["GATEWAY_MASTER_KEY": key]) }

    @Test("a put of an entry that is delivered stores and delivers what it was given: standard input, or a variable")
    func delivered() async throws {
        let (home, variables) = try home()
        try await home.run("vault put ci/token", variables: variables, input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported", variables: variables).expect(0)
        try await home.run("vault put ci/token", variables: variables, input: Array("second".utf8)).expect(0)
        #expect(home.contents(home.work + "/exported") == Array("second".utf8))
        try await home.run(
            "vault put ci/token --from-env VALUE", variables: variables.merging(["VALUE": "third"]) { $1 }
        ).expect(0)
        #expect(home.contents(home.work + "/exported") == Array("third".utf8))
    }

    @Test("what there is to warn of is said once: unsafe permissions, a missing anchor")
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

    @Test("a value that is asked for on a terminal: its missing anchor is told once, and the value is stored")
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

    @Test("a key is fetched once: a command that answers runs once")
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
    }

    private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
}
