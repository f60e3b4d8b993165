import Foundation
import Testing
import VaultTestSupport

@Suite("JSON", .few)
struct JSONTests {
    @Test("every command's JSON is one document with the facts of its text")
    func facts() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        try await home.run("vault put mine/own", input: canary.bytes).expect(0)
        let lines = [
            addLinear + " --offline", "service list", "service show --service-slug linear", "vault status",
            "vault list", "vault find linear", "vault get mine/own", "vault history mine/own", "vault verify",
            "vault anchor show", "vault export --all --check", "vault init",
            "service secret set --service-slug linear --upstream-secret-env SECRET --offline",
        ]
        for line in lines {
            let result = try await home.run(line + " --json", variables: home.variables(canary))
            result.expect(0)
            #expect(
                (try? JSONSerialization.jsonObject(with: Data(result.output))) is [String: Any], "\(line)")
            let text = try await home.run(line, variables: home.variables(canary))
            for field in text.outputText.matches(of: /\n  ([a-z_]+): +(\S.*)/) {
                let value = String(field.2).replacing("/", with: "\\/")
                let isThere =
                    result.outputText.contains("\"\(field.1)\"")
                    || result.outputText.contains(field.2) || result.outputText.contains(value)
                #expect(isThere, "\(line): \(field.1)\n\(result.outputText)")
            }
        }
        let log = try await home.run("vault log --json")
        log.expect(0)
        for line in log.outputText.split(separator: "\n") {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any])
        }
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("an error is one document on standard error, with code, message and hints")
    func errors() async throws {
        let home = try TestHome()
        let canary = Canary()
        let lines =
            [
                "vault get nope": 66, "service add --service-slug B": 64, "service frob": 64, addLinear: 69,
                "service add --service-slug abc --upstream-secret-env NOT_SET --mode gateway "
                    + "--upstream-base-url https://x.example": 66,
            ] as [String: Int32]
        for (line, status) in lines.sorted(by: { $0.key < $1.key }) {
            let result = try await home.run(line + " --json", variables: home.variables(canary))
            result.expect(status)
            let document = try JSONSerialization.jsonObject(with: Data(result.errors)) as? [String: Any]
            let error = try #require(document?["error"] as? [String: Any], "\(result.errorText)")
            #expect(error.keys.sorted() == ["code", "hints", "message"])
            #expect(error["hints"] is [String])
        }
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }
}
