import Foundation
import Testing
import VaultTestSupport

/// `backup`, `restore` and `deposits accept` die before each of their calls that write. Then the same command runs again,
/// and what is there must be the old or the new.
@Suite("Killed while a vault moves", .serialized)
struct MovementKillTests {
    enum Victim: CaseIterable, Sendable { case backup, restore, rollback, recipient, accept }

    @Test(
        "before any call that writes, and run again: the old or the new, and then the new", arguments: Victim.allCases)
    func everyCall(_ victim: Victim) async throws {
        let built = try BuiltLibrary()
        let (_, count) = try await once(built, victim, 0)
        #expect(count >= 10)
        try await sweepCalls(count) { try await once(built, victim, $0).died }
        withExtendedLifetime(built) {}
    }

    /// One run that is killed there (0: is not), one that is not, and a look at everything.
    private func once(_ built: BuiltLibrary, _ victim: Victim, _ number: Int) async throws -> (died: Bool, calls: Int) {
        let scene = try await MovementScene(victim)
        let log = scene.home.root + "/calls"
        let killed = try await scene.run(victim, built.library.variables(at: number, log: log))
        let calls = built.library.calls(in: log)
        let place = "\(victim), call \(number), \(calls.last ?? "none")"
        if killed.signal != SIGKILL {
            #expect(killed.status == 0 && (number == 0 || calls.count < number), "\(place): \(killed.errorText)")
        }
        try await scene.checkBetween(victim, place)
        let again = try await scene.run(victim)
        try await scene.check(victim, again, place)
        if number % 16 == 0 {
            #expect(scene.home.leaks(of: scene.canary, except: ["exported"]) == [], "\(place)")
        }
        return (killed.signal == SIGKILL, calls.count)
    }
}

/// A vault with a delivered entry, a backup of it, and a deposit for it.
private struct MovementScene {
    let home: TestHome
    let canary = Canary()
    let key: [String: String]
    private var deposit = ""

    init(_ victim: MovementKillTests.Victim) async throws {
        home = try TestHome(in: KillScene.base)
        try await home.run("vault put ci/token", input: Array("first".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported").expect(0)
        let text = String(decoding: try #require(home.contents(home.sigilum + "/gateway-master-key")), as: UTF8.self)
        switch victim {
        case .backup: key = [:]
        case .restore, .rollback:
            key = ["GATEWAY_MASTER_KEY": text]
            try await home.run("vault backup one").expect(0)
            if victim == .rollback { try await home.run("vault put more", input: Array("x".utf8)).expect(0) }
        case .recipient:
            key = [:]
            let made = try await home.run("vault recipient new --out recipient.key --json")
            let recipient = try #require(made.outputText.firstMatch(of: /recipient-[0-9a-f]{64}/)).output
            try await home.run("vault backup one --recipient \(recipient)").expect(0)
        case .accept:
            key = [:]
            try await home.run("vault deposits key").expect(0)
            let made = try await home.run("vault deposit ci/token --base-version 1 --json", input: canary.bytes)
            deposit = String(try #require(made.outputText.firstMatch(of: /"deposit": "([0-9a-f]{32})"/)).1)
        }
        guard [.rollback, .recipient, .restore].contains(victim) else { return }
        // Where the vault was, or another machine.
        if victim == .rollback {
            for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
                try? FileManager.default.removeItem(atPath: home.sigilum + "/" + name)
            }
        } else {
            try FileManager.default.removeItem(atPath: home.sigilum)
            try FileManager.default.removeItem(atPath: home.user + "/.local/state/sigilum")
        }
    }

    func run(_ victim: MovementKillTests.Victim, _ variables: [String: String] = [:]) async throws -> ProgramResult {
        let words =
            switch victim {
            case .backup: "vault backup one --force"
            case .restore: "vault restore one"
            case .rollback: "vault restore one --accept-rollback"
            case .recipient: "vault restore one --recipient-key recipient.key"
            case .accept: "vault deposits accept \(deposit)"
            }
        return try await home.run(words, variables: key.merging(variables) { $1 })
    }

    /// After the kill.
    func checkBetween(_ victim: MovementKillTests.Victim, _ place: String) async throws {
        switch victim {
        case .backup:
            guard home.exists("one") else { return }
            let proven = try await home.run("vault restore one --check")
            #expect(proven.status == 0, "\(place): \(proven.errorText)")
        case .restore, .rollback, .recipient: break
        case .accept:
            let verified = try await home.run("vault verify")
            #expect(verified.status == 0, "\(place): \(verified.errorText)")
        }
    }

    /// After it ran again.
    func check(_ victim: MovementKillTests.Victim, _ again: ProgramResult, _ place: String) async throws {
        switch victim {
        case .backup:
            #expect(again.status == 0, "\(place): \(again.errorText)")
            let proven = try await home.run("vault restore one --check")
            #expect(proven.status == 0, "\(place): \(proven.errorText)")
            let stale = try FileManager.default.contentsOfDirectory(atPath: home.work).filter { $0.hasSuffix(".tmp") }
            #expect(stale == [], "\(place)")
        case .restore, .rollback, .recipient:
            // A run that was killed after it was done leaves a vault that stays.
            #expect(again.status == 0 || again.status == 73, "\(place): \(again.errorText)")
            let verified = try await home.run("vault verify", variables: key)
            #expect(verified.status == 0, "\(place): \(verified.errorText)")
            let value = try await home.run("vault get ci/token --reveal-secrets", variables: key)
            #expect(value.outputText == "first\n", "\(place): \(value.errorText)")
            let more = try await home.run("vault get more", variables: key)
            #expect(more.status == 66, "\(place)")
        case .accept:
            // Once the file is gone, all of it was done.
            #expect(again.status == 0 || again.status == 66, "\(place): \(again.errorText)")
            let history = try await home.run("vault history ci/token --json")
            #expect(history.outputText.matches(of: /"version": \d/).count == 2, "\(place)")
            #expect(home.contents("exported") == canary.bytes, "\(place)")
            let left = try FileManager.default.contentsOfDirectory(atPath: home.sigilum + "/deposits")
            #expect(left == [], "\(place)")
            let dry = try await home.run("vault sync --dry-run")
            #expect(dry.status == 0, "\(place): \(dry.outputText)")
        }
    }
}
