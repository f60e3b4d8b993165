import Testing
import VaultTestSupport

@Suite("Naming what a command gets", .few)
struct RunNamingTests {
    @Test("a prefix names variables by the rest of the entries' names")
    func prefix() async throws {
        let home = try TestHome()
        for name in ["ci/deploy-key", "ci/npm.token", "ci/2fa", "ci/a/b", "cix/no", "ci-no"] {
            try await home.run("vault put \(name)", input: Array("v:\(name)".utf8)).expect(0)
        }
        for prefix in ["ci/", "ci"] {
            let result = try await home.run("vault run --prefix \(prefix) -- env")
            let found = result.outputText.split(separator: "\n").map(String.init).filter { $0.contains("=v:") }
            #expect(
                found.sorted() == [
                    "A_B=v:ci/a/b", "DEPLOY_KEY=v:ci/deploy-key", "NPM_TOKEN=v:ci/npm.token", "_2FA=v:ci/2fa",
                ])
        }
        let named = try await home.run("vault run --prefix ci/ --env A_B=cix/no -- printenv A_B")
        #expect(named.outputText == "v:cix/no\n")
        try await home.run("vault put ci/a.b", input: [1]).expect(0)
        let both = try await home.run("vault run --prefix ci/ -- touch ran")
        both.expect(64, error: "Two entries would have the variable A_B: ci/a.b and ci/a/b")
        try await home.run("vault run --prefix no/such -- touch ran").expect(66, error: "No entry below: no/such/")
        #expect(!home.exists("ran"))
    }

    @Test("a prefix never sets what decides which programs run", arguments: ["path", "ld-preload", "bash_env"])
    func governing(name: String) async throws {
        let home = try TestHome()
        try await home.run("vault put ci/\(name)", input: Array("/nowhere".utf8)).expect(0)
        try await home.run("vault run --prefix ci -- true").expect(64, error: "The entry would have the variable")
    }

    @Test("an environment file has values and references; what is named goes before it")
    func environmentFile() async throws {
        let (home, key, other) = try await RunTests.scene()
        let text = """
            # a comment
            PLAIN=as it stands
            export QUOTED='a # b'
            KEY=sigilum://ci/key
            OTHER="sigilum://ci/other"
            NAMED=sigilum://ci/key

            """
        try home.write(Array(text.utf8), to: "env")
        let script = "printenv PLAIN QUOTED KEY OTHER NAMED"
        let result = try await home.runner.run(
            home.call("vault run --env-file env --env NAMED=ci/other --", more: ["sh", "-c", script]))
        #expect(result.outputText == "as it stands\na # b\n\(key.text)\n\(other.text)\n\(other.text)\n")
    }

    @Test("a file without references needs no vault")
    func withoutVault() async throws {
        let home = try TestHome()
        try home.write(Array("A=plain\n".utf8), to: "env")
        #expect(try await home.run("vault run --env-file env -- printenv A").outputText == "plain\n")
        #expect(!home.exists(".sigilum-workspace"))
    }

    @Test(
        "a line that is none is named by its number, and not shown",
        arguments: [
            ("A=1\nCANARY\n", "line 2"), ("A='CANARY\n", "line 1"), ("A=sigilum://\n", "A"), ("A=sigilum:///x\n", "A"),
        ])
    func malformedFile(text: String, place: String) async throws {
        let (home, _, _) = try await RunTests.scene()
        let canary = Canary()
        try home.write(Array(text.replacing("CANARY", with: canary.text).utf8), to: "env")
        let result = try await home.run("vault run --env-file env -- touch ran")
        result.expect(64, error: "Not ")
        #expect(result.errorText.contains("env: \(place)"), "\(result.errorText)")
        #expect(home.leaks(of: canary, except: ["env"]) == [])
        #expect(!home.exists("ran"))
    }

    @Test(
        "wrong words are 64 and run nothing",
        arguments: [
            "--env KEY=ci/key", "--env KEY=ci/key --", "--env ci/key -- touch ran", "--env =ci/key -- touch ran",
            "--env 1A=ci/key -- touch ran", "--env A-B=ci/key -- touch ran", "--env A= -- touch ran",
            "--env A=../x -- touch ran", "--env A=ci/key --env A=ci/other -- touch ran",
            "--env A=ci/key --file A=ci/key -- touch ran", "--file ../A=ci/key -- touch ran",
            "--prefix / -- touch ran", "--env KEY=ci/key touch ran",
        ])
    func wrong(words: String) async throws {
        let (home, _, _) = try await RunTests.scene()
        try await home.run("vault run " + words).expect(64)
        #expect(!home.exists("ran"))
        try await home.run("vault run --env-file no/such -- touch ran").expect(66)
    }

    @Test("words behind -- are the command's alone, whatever they look like")
    func words() async throws {
        let (home, _, _) = try await RunTests.scene()
        let result = try await home.run(
            "vault run --env KEY=ci/key -- printf %s|", more: ["--help", "--", "--json", "--upstream-secret", "x"])
        #expect(result.outputText == "--help|--|--json|--upstream-secret|x|")
    }
}
