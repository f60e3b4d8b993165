import Foundation
import Testing
import VaultTestSupport

@Suite("Filling a template", .few)
struct InjectTests {
    private static let template = """
        key: {{ sigilum://ci/key }}
        both: "{{sigilum://ci/key}}{{\tsigilum://ci/other }}"
        other: {{ .Values.x }} {{}} }} { sigilum://ci/key

        """

    @Test("the file has the values, is 0600, and each release is in the log")
    func out() async throws {
        let (home, key, other) = try await RunTests.scene()
        try home.write(Array(Self.template.utf8), to: "t")
        let result = try await home.run("vault inject t --out filled")
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Written:"))
        let expected = """
            key: \(key.text)
            both: "\(key.text)\(other.text)"
            other: {{ .Values.x }} {{}} }} { sigilum://ci/key

            """
        #expect(home.contents("filled") == Array(expected.utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: home.work + "/filled")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(home.leaks(of: key, except: ["filled"]) == [])
        let log = try await home.run("vault log")
        #expect(log.outputText.split(separator: "\n").count { $0.contains("  released") } == 2)
        let shown = try await home.runner.run(home.call("vault inject t --reveal-secrets"))
        #expect(shown.outputText == expected)
        let document = try await home.runner.run(home.call("vault inject t --reveal-secrets --json"))
        #expect(document.outputText.contains(key.text) && document.outputText.contains("\"entries\""))
        let piped = try await home.runner.run(
            home.call("vault inject - --reveal-secrets", input: Array("{{ sigilum://ci/key }}".utf8)))
        #expect(piped.outputText == key.text + "\n")
    }

    @Test(
        "a placeholder that is none is named by its line, an entry that is not there is 66; nothing is written or released",
        arguments: [
            ("a\n{{ sigilum://ci/key\n}}", 64, "line 2"), ("{{ sigilum:/x }}", 64, "line 1"),
            ("\n\n{{ sigilum:// }}", 64, "line 3"), ("{{ sigilum://../CANARY }}", 64, "line 1"),
            ("{{ sigilum://ci/key }} {{ sigilum://no/such }}", 66, "No such entry: no/such"),
        ] as [(String, Int32, String)])
    func malformed(text: String, status: Int32, says: String) async throws {
        let (home, key, _) = try await RunTests.scene()
        let canary = Canary()
        try home.write(Array(text.replacing("CANARY", with: canary.text).utf8), to: "t")
        try home.write(Array("before".utf8), to: "filled")
        let result = try await home.run("vault inject t --out filled")
        result.expect(status)
        #expect(result.errorText.contains(says), "\(result.errorText)")
        #expect(home.contents("filled") == Array("before".utf8))
        #expect(home.leaks(of: canary, except: ["t"]) == [] && home.leaks(of: key) == [])
        let log = try await home.run("vault log")
        #expect(!log.outputText.contains("  released"))
    }

    @Test("wrong words, a template that is too large, and files that are not to be written over are refused")
    func refused() async throws {
        let (home, key, _) = try await RunTests.scene()
        try home.write(Array("{{ sigilum://ci/key }}".utf8), to: "t")
        try home.write([UInt8](repeating: 0x61, count: 256 * 1024 + 1), to: "large")
        try await home.run("vault inject t").expect(64, error: "Use one of: --out, --reveal-secrets")
        try await home.run("vault inject t --out f --reveal-secrets").expect(64)
        try await home.run("vault inject t --out .sigilum-workspace/vault.db").expect(64)
        try await home.run("vault inject t --out ./t").expect(64, error: "The file is the template itself")
        try await home.run("vault inject large --out f").expect(65, error: "File too large")
        try await home.run("vault inject nope --out f").expect(66, error: "File not found: nope")
        #expect(!home.exists("f"))
        #expect(home.leaks(of: key) == [])
    }
}
