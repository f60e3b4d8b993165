import Foundation
import Testing
import VaultTestSupport

@Suite("Auditors", .few)
struct AuditorTests {
    private func made(_ canary: Canary) async throws -> TestHome {
        let home = try TestHome()
        try await home.run("vault put ci/token", input: canary.bytes).expect(0)
        let made = try await home.run("vault auditor new --out auditor.key --json")
        let key = try #require(made.outputText.firstMatch(of: /auditor-[0-9a-f]{64}/)).output
        try await home.run("vault log --auditor \(key)").expect(0)
        try await home.run("vault put ci/token", input: canary.bytes + [0x31]).expect(0)
        try await home.run("vault get ci/token").expect(0)
        return home
    }

    @Test("an exported log is proven on a machine that has neither vault nor master key, and shows no value")
    func elsewhere() async throws {
        let canary = Canary()
        let (home, other) = (try await made(canary), try TestHome())
        try await home.run("vault log --export log").expect(0)
        for name in ["log", "auditor.key"] { try other.write(home.contents(name) ?? [], to: name) }
        let proven = try await other.run("vault log --verify log --auditor-key auditor.key --list")
        proven.expect(0)
        #expect(proven.outputText.contains("version stored  ci/token"))
        #expect(!other.exists(".sigilum-workspace"))
        try await home.run("vault put ci/token", input: Array("later".utf8)).expect(0)
        try await home.run("vault log --export log-2").expect(0)
        try other.write(home.contents("log-2") ?? [], to: "log-2")
        try await other.run("vault log --verify log-2 --auditor-key auditor.key --anchor log").expect(0)
        try await other.run("vault log --verify log --auditor-key auditor.key --anchor log-2")
            .expect(65, error: "Log integrity: the log ends before the export that was kept: audit record 5 is missing")
        #expect(home.leaks(of: canary) == [])
        #expect(other.leaks(of: canary) == [])
    }

    @Test(
        "a vault that was cut and goes on, where no anchor knows it, is noticed against an export, which names the record"
    )
    func cutAndGoOn() async throws {
        let canary = Canary()
        let home = try await made(canary)
        let names = ["vault.db", "vault.db-wal"]
        let files = names.map { home.contents(home.sigilum + "/" + $0) ?? [] }
        try await home.run("vault put ci/token", input: Array("here".utf8)).expect(0)
        try await home.run("vault log --export kept").expect(0)
        for (name, bytes) in zip(names, files) { try home.write(bytes, to: home.sigilum + "/" + name) }
        try? FileManager.default.removeItem(atPath: home.sigilum + "/vault.db-shm")
        let elsewhere = ["XDG_STATE_HOME": home.root + "/elsewhere"]
        for value in ["one", "two"] {
            try await home.run("vault put ci/token", variables: elsewhere, input: Array(value.utf8)).expect(0)
        }
        try await home.run("vault verify", variables: elsewhere).expect(0)
        try await home.run("vault verify").expect(65, error: "Vault integrity: ")
        for variables in [elsewhere, [:]] {
            try await home.run("vault verify --anchor kept", variables: variables)
                .expect(65, error: "Vault integrity: audit record 5 is not the one in the export that was kept")
        }
        try await home.run("vault log --export forged", variables: elsewhere).expect(0)
        try await home.run("vault log --verify forged --auditor-key auditor.key --anchor kept")
            .expect(65, error: "Log integrity: audit record 5 is not the one in the export that was kept")
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a log that is followed shows what comes as it comes, and ends by the signal or with its reader")
    func followed() async throws {
        let canary = Canary()
        let home = try await made(canary)
        for end in [SIGINT, SIGTERM] {
            let run = try home.runner.start(home.call("vault log --follow --json --entry ci/token"))
            // Until it is there and has said what there was, a stop would be one of a program that starts.
            try await Task.sleep(for: .milliseconds(1500))
            try await home.run("vault put ci/token", input: Array("value \(end)".utf8)).expect(0)
            try await home.run("vault put ci/other", input: Array("value \(end)".utf8)).expect(0)
            try await Task.sleep(for: .milliseconds(1500))
            run.send(end)
            let result = home.remember(try await run.wait(seconds: 30))
            #expect(result.signal == end && result.status == nil, "\(result.errorText)")
            let lines = result.outputText.split(separator: "\n")
            #expect(lines.count == (end == SIGINT ? 3 : 4), "\(result.outputText)")
            #expect(lines.last?.contains("\"operation\":\"version stored\",\"entry\":\"ci/token\"") == true)
        }
        var piped = home.call("vault log --follow")
        piped.through = ["bash", "-c", "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}"]
        let result = home.remember(try await home.runner.run(piped, seconds: 60))
        #expect(result.status == 0 && result.errorText == "")
        #expect(result.outputText.split(separator: "\n").count == 1)
        #expect(home.leaks(of: canary) == [])
    }
}
