import Foundation
import Testing
import VaultTestSupport

@Suite("Rotation as a habit", .few)
struct RotationTests {
    private func value(_ name: String, _ home: TestHome) async throws -> String {
        try await home.runner.run(home.call("vault get \(name) --reveal-secrets")).outputText
    }

    private func versions(_ name: String, _ home: TestHome) async throws -> Int {
        try await home.run("vault history \(name) --json").outputText.matches(of: /"version"/).count
    }

    /// A program that prints what lies in the file `next`, and complains on standard error with the same.
    private func script(_ home: TestHome, _ tail: String = "") throws -> String {
        let text = "#!/bin/sh\ncat \(home.root)/next\ncat \(home.root)/next >&2\n\(tail)\n"
        try home.write(Array(text.utf8), to: "bin/next-token", mode: 0o755)
        return home.work + "/bin/next-token"
    }

    @Test("a command's output is the new value; it is kept, used the next time, and taken away again")
    func command() async throws {
        let home = try TestHome()
        let (one, two, three) = (Canary(), Canary(), Canary())
        let program = try script(home, "env > \(home.root)/environment")
        try await home.run("vault put ci/key", input: one.bytes).expect(0)
        try home.write(two.bytes + [0x0A], to: home.root + "/next")
        let first = try await home.run(
            "vault rotate ci/key --rotate-with", more: ["\(program) --ttl '90 days'"],
            variables: ["GATEWAY_ADMIN_TOKEN": three.text])
        first.expect(0)
        #expect(first.outputText.hasPrefix("[ok] Rotated: ci/key\n"))
        #expect(try await value("ci/key", home) == two.text + "\n")
        let environment = String(decoding: home.contents(home.root + "/environment") ?? [], as: UTF8.self)
        #expect(environment.contains("SIGILUM_ENTRY=ci/key\n") && !environment.contains(three.text))
        for line in [
            "vault get ci/key", "vault history ci/key", "vault get ci/key --json", "vault history ci/key --json",
        ] {
            let shown = try await home.run(line).outputText
            #expect(shown.contains("rotate_with") && shown.contains("bin/next-token …") && !shown.contains("90 days"))
        }
        try home.write(three.bytes, to: home.root + "/next")
        try await home.run("vault rotate ci/key").expect(0)
        #expect(try await value("ci/key", home) == three.text + "\n")
        // The same again is no rotation.
        try await home.run("vault rotate ci/key").expect(
            76, error: "The command for the next value of ci/key printed the current one")
        try await home.run("vault rotate ci/key --rotate-with none").expect(0)
        try await home.run("vault rotate ci/key").expect(64, error: "The value was given")
        #expect(try await versions("ci/key", home) == 3)
        try await home.run("vault verify").expect(0)
        for canary in [one, two, three] { #expect(home.leaks(of: canary, except: ["next"]) == []) }
    }

    @Test(
        "a command that fails, prints nothing or too much changes nothing, is not kept, and what it says is not told",
        arguments: ["exit 3", "kill -9 $$", "EMPTY", "LONG", "MISSING"])
    func failing(how: String) async throws {
        let home = try TestHome()
        let (one, two) = (Canary(), Canary())
        var program = try script(home, how.hasPrefix("e") || how.hasPrefix("k") ? how : "")
        try await home.run("vault put ci/key", input: one.bytes).expect(0)
        switch how {
        case "EMPTY": try home.write([0x0A], to: home.root + "/next")
        case "LONG": try home.write(two.bytes + Array(repeating: 0x41, count: 17_000), to: home.root + "/next")
        case "MISSING": program = home.work + "/bin/no-such"
        default: try home.write(two.bytes, to: home.root + "/next")
        }
        let before = home.files(below: home.sigilum)
        let result = try await home.run("vault rotate ci/key --rotate-with \(program)")
        result.expect(76, error: "The command for the next value of ci/key failed")
        #expect(home.files(below: home.sigilum)["vault.db-wal"] == before["vault.db-wal"])
        #expect(try await value("ci/key", home) == one.text + "\n")
        #expect(!(try await home.run("vault get ci/key").outputText.contains("rotate_with")))
        for canary in [one, two] { #expect(home.leaks(of: canary, except: ["next"]) == []) }
    }

    @Test("all that is older is rotated, each on its own; what can only be given is listed, and the status says so")
    func batch() async throws {
        let home = try TestHome()
        let (given, first, next) = (Canary(), Canary(), Canary())
        let program = try script(home)
        try await home.run("vault generate a/made").expect(0)
        try await home.run("vault put b/given", input: given.bytes).expect(0)
        try await home.run("vault put c/hook", input: first.bytes).expect(0)
        try home.write(Array("\(Canary().text)".utf8), to: home.root + "/next")
        try await home.run("vault rotate c/hook --rotate-with \(program)").expect(0)
        try await home.run("vault export a/made --to made.secret").expect(0)
        try home.write(next.bytes, to: home.root + "/next")
        let old = try await value("a/made", home)

        let planned = try await home.run("vault rotate --max-age-days 0 --dry-run")
        planned.expect(1)
        #expect(
            planned.outputText.replacing(#/ +/#, with: " ") == """
                [warn] Due: 3
                 a/made would be generated
                 b/given needs a value
                 c/hook its command would be run
                 give these a value:
                 sigilum vault rotate b/given --from-file -

                """)
        #expect(try await value("a/made", home) == old)
        let result = try await home.run("vault rotate --max-age-days 0 --json")
        result.expect(1)
        #expect(result.outputText.contains("\"needs a value\""))
        #expect(try await versions("a/made", home) == 2)
        #expect(try await value("c/hook", home) == next.text + "\n")
        let file = String(decoding: home.contents("made.secret") ?? [], as: UTF8.self)
        let made = try await value("a/made", home)
        #expect(file + "\n" == made && made != old)

        // One that fails does not stop the others.
        let failed = try await home.run("vault rotate --max-age-days 0")
        failed.expect(76, error: "Not rotated: 1 of 3")
        #expect(failed.outputText.contains("c/hook   failed"))
        #expect(try await versions("a/made", home) == 3)
        #expect(try await versions("c/hook", home) == 3)
        try await home.run("vault rotate --max-age-days 9999").expect(0)
        try await home.run("vault rotate --due").expect(0)
        try await home.run("vault verify").expect(0)
        for canary in [given, first, next] { #expect(home.leaks(of: canary, except: ["next"]) == []) }
    }

    @Test("what an earlier run could not deliver is delivered by the next one")
    func pending() async throws {
        let home = try TestHome()
        let gateway = try await GatewayDouble.start()
        let variables = ["GATEWAY_ADMIN_URL": gateway.url]
        try await home.run(
            "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app",
            variables: variables
        ).expect(0)
        let old = gateway.connections["linear"]?.secrets
        // Nobody listens at the address that every run gets.
        try await home.run("vault rotate --max-age-days 0").expect(69)
        #expect(gateway.connections["linear"]?.secrets == old)
        try await home.run("vault rotate --due", variables: variables).expect(0)
        #expect(gateway.connections["linear"]?.secrets != old)
        try await home.run("vault sync --dry-run", variables: variables).expect(0)
        try await gateway.stop()
    }

    @Test("options that do not go together are 64, and nothing is changed")
    func usage() async throws {
        let home = try TestHome()
        try await home.run("vault generate a").expect(0)
        for words in [
            "", "--due a", "a --dry-run", "--due --from-env X", "--due --rotate-with x",
            "--due --rotation-interval-days 3",
            "--max-age-days -1", "--max-age-days x", "a --rotate-with x --from-env Y", "a --rotation-interval-days 0",
            "a --rotation-interval-days 99999", "a --rotate-with none --rotation-interval-days 3", "--dry-run",
        ] {
            let result = try await home.run("vault rotate " + words)
            #expect(result.status == 64, "\(words): \(result.errorText)")
        }
        try await home.run("vault rotate no/such --rotate-with true").expect(66)
        try await home.run("vault rotate a --rotate-with", more: ["'open"]).expect(64)
        try await home.run("vault rotate a --try", more: ["GET /x"]).expect(64, error: "--try is for a value")
        #expect(try await versions("a", home) == 1)
        try await home.run("vault rotate a --rotation-interval-days 30").expect(0)
        #expect(try await versions("a", home) == 2)
        let due = try await home.run("vault get a --json").outputText
        #expect(!due.contains("\"rotation_due_at\": null"))
    }
}
