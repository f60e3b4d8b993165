import Foundation
import Testing
import VaultTestSupport

/// `vault import` dies before each of its calls that write. Either all values are there then, or none; and the same command
/// run again ends as if it had never been killed.
@Suite("Killed while importing", .serialized)
struct ImportKillTests {
    private static let count = 40

    @Test("before any call that writes: all values or none, and all of them after the next run")
    func everyCall() async throws {
        let built = try BuiltLibrary()
        let (_, calls) = try await once(built, 0)
        #expect(calls >= 20)
        try await sweepCalls(calls) { try await once(built, $0).died }
        withExtendedLifetime(built) {}
    }

    private func once(_ built: BuiltLibrary, _ number: Int) async throws -> (died: Bool, calls: Int) {
        let home = try TestHome(in: KillScene.base)
        let canary = Canary()
        let members = (0..<Self.count).map { "\"n/\($0)\": \"\(canary.text)\($0)\"" }
        let document = Array("{\(members.joined(separator: ", "))}".utf8)
        try await home.run("vault put before", input: Array("x".utf8)).expect(0)
        let log = home.root + "/calls"
        let variables = built.library.variables(at: number, .before, log: log)
        let killed = try await home.run("vault import --format json -", variables: variables, input: document)
        let calls = built.library.calls(in: log)
        let place = "call \(number), \(calls.last ?? "none")"
        if killed.signal != SIGKILL { #expect(killed.status == 0, "\(place): \(killed.errorText)") }

        let found = try await home.run("vault list --json").outputText.matches(of: /"name": "n\//).count
        #expect(found == 0 || found == Self.count, "\(place): \(found)")
        try await home.run("vault verify").expect(0)
        let again = try await home.run("vault import --format json - --json", input: document)
        again.expect(0)
        let state = found == 0 ? "new" : "unchanged"
        #expect(
            again.outputText.matches(of: /"state": "([a-z]+)"/).map { String($0.1) }
                == Array(repeating: state, count: Self.count), "\(place)")
        let verified = try await home.run("vault verify")
        #expect(verified.outputText.contains(" \(Self.count + 1)\n"), "\(place): \(verified.outputText)")
        if number % 16 == 0 { #expect(home.leaks(of: canary) == [], "\(place)") }
        return (killed.signal == SIGKILL, calls.count)
    }
}
