import Testing
import VaultTestSupport

@Suite("What is said in answer", .few)
struct HintTests {
    @Test("a hint is about the same home and the same gateway")
    func sameHome() async throws {
        let home = try TestHome()
        let missing = try await home.run("vault list --sigilum-home elsewhere")
        missing.expect(66)
        #expect(missing.errorText.contains("vault init --sigilum-home elsewhere"))
        try await home.run("vault init --sigilum-home elsewhere").expect(0)
        let down = try await home.run(
            addLinear + " --sigilum-home=elsewhere --gateway-admin-url http://127.0.0.1:9",
            variables: home.variables(Canary()))
        down.expect(69)
        #expect(
            down.errorText.contains(
                "vault sync --sigilum-home elsewhere --gateway-admin-url http://127.0.0.1:9\n"))
        #expect(
            down.errorText.contains(
                "sigilum gateway start --namespace johndee --sigilum-home elsewhere "
                    + "--gateway-admin-url http://127.0.0.1:9\n"))
        let rotated = try await home.run(
            "vault rotate upstream-secret/linear/access_token --from-env SECRET --sigilum-home elsewhere",
            variables: home.variables(Canary()))
        rotated.expect(69)
        #expect(rotated.errorText.contains("sigilum gateway start --namespace johndee --sigilum-home elsewhere\n"))
        let noFile = try await home.run(
            "vault export upstream-secret/linear/access_token --none --sigilum-home elsewhere")
        noFile.expect(0)
        let again = try await home.run("vault export upstream-secret/linear/access_token --sigilum-home elsewhere")
        again.expect(66)
        #expect(again.errorText.contains("service add --service-slug linear --export --sigilum-home elsewhere"))
    }

    @Test("the version is JSON where that is asked for, and what is no command is what is wrong")
    func version() async throws {
        let home = try TestHome()
        let version = try await home.run("--version --json")
        version.expect(0)
        #expect(version.outputText.replacing(/\s/, with: "") == "{\"version\":\"0.1.0\"}")
        let bogus = try await home.run("bogus --json")
        bogus.expect(64)
        #expect(!bogus.errorText.contains("Unknown option"))
        #expect(bogus.errorText.contains("argument too many, or in the wrong place"))
    }

    @Test("a value that is shown once is released once")
    func releases() async throws {
        let home = try TestHome()
        try await home.run("service add --service-slug plain --offline").expect(0)
        try await home.run("service show --service-slug plain --reveal-secrets").expect(0)
        let log = try await home.run("vault log --json")
        let shown = log.outputText.split(separator: "\n").filter {
            $0.contains("service show") && $0.contains("released")
        }
        #expect(shown.count == 1)
    }

    @Test("the e-mail of a namespace does not flip between its services")
    func email() async throws {
        let home = try TestHome()
        try await home.run("service add --service-slug one1").expect(0)
        try await home.run("service add --service-slug two2 --email new@example.com").expect(0)
        for _ in 0..<2 {
            let sync = try await home.run("vault sync")
            sync.expect(0)
            #expect(sync.outputText.hasPrefix("[ok] Nothing to do\n"))
        }
    }

    @Test(
        "the groups' help has an example", arguments: ["service", "service secret", "vault anchor", "auth", "gateway"])
    func examples(group: String) async throws {
        let help = try await TestHome().run(group + " --help")
        help.expect(0)
        #expect(help.outputText.contains("Example:"))
    }

    @Test("many who make a vault at once are told of no missing anchor")
    func manyAtOnce() async throws {
        let home = try TestHome()
        let said = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let result = try await home.run("vault put name/\(number)", input: Array("v".utf8))
                    result.expect(0)
                    return result.errorText
                }
            }
            return try await group.reduce("") { $0 + $1 }
        }
        #expect(!said.contains("no anchor of the vault"))
    }
}
