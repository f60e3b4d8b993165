import Foundation
import Testing
import VaultTestSupport

/// The program dies before each of its calls that write, whichever thread makes it, and, for those that reach a
/// socket, also right after it: whatever lies between two such calls changes nothing that stays. Then the same command
/// runs again.
@Suite("Killed", .serialized)
struct KillTests {
    /// A command that is killed, and what must be there after it ran again.
    enum Victim: CaseIterable, Sendable {
        case add, set
        /// Run again, it makes another key: of all that were made, the API must accept the last alone.
        case rotateKey

        func prepare(_ scene: KillScene) async throws {
            guard self != .add else { return }
            let result = try await scene.home.run(scene.add())
            try #require(result.status == 0, "\(result.errorText)")
        }

        func call(_ scene: KillScene, _ variables: [String: String] = [:]) -> ProgramRunner.Call {
            switch self {
            case .add: scene.add("https://api.linear.app", variables)
            case .set: scene.set(variables)
            case .rotateKey: scene.rotateKey(variables)
            }
        }

        func secret(_ scene: KillScene) -> Canary { self == .set ? scene.second : scene.canary }

        /// Of the calls in one run, at least these many are expected: a library that sees none would prove nothing.
        var fewest: Int { self == .add ? 100 : 40 }

        /// What is compared: how many versions there are is up to the moment of a kill where each run makes one.
        func comparable(_ state: KillScene.State) -> KillScene.State {
            var state = state
            if self == .rotateKey { state.verified.removeAll() }
            return state
        }
    }

    @Test("before any call that writes, and run again: as if it had never been killed", arguments: Victim.allCases)
    func everyCall(_ victim: Victim) async throws {
        try await sweep(victim, .before, only: nil)
    }

    @Test("right after any call on a socket, and run again: as if it had never been killed", arguments: Victim.allCases)
    func afterSocketCalls(_ victim: Victim) async throws {
        try await sweep(victim, .after, only: KillLibrary.socketCalls)
    }

    private func sweep(_ victim: Victim, _ side: KillLibrary.Side, only: [String]?) async throws {
        let (whole, count, library) = try await undisturbed(victim, only)
        if only == nil { #expect(count >= victim.fewest) }
        try await sweepCalls(count) { try await once(victim, side, $0, only, library, whole) }
        withExtendedLifetime(library) {}
    }

    /// What is there when nobody kills it, and how many calls it makes.
    private func undisturbed(_ victim: Victim, _ only: [String]?) async throws -> (KillScene.State, Int, BuiltLibrary) {
        let library = try BuiltLibrary()
        let scene = try await KillScene()
        try await victim.prepare(scene)
        let variables = library.library.variables(at: 0, log: scene.log, only: only)
        let result = try await scene.home.run(victim.call(scene, variables))
        #expect(result.status == 0, "\(result.errorText)")
        let count = library.library.calls(in: scene.log).count
        let state = try await scene.state(secret: victim.secret(scene))
        #expect(state.problems == [])
        #expect(scene.leaks(everywhere: true) == [])
        try await scene.gateway.stop()
        return (state, count, library)
    }

    /// Whether it died there. A run that did not must have ended well before it made that many calls.
    private func once(
        _ victim: Victim, _ side: KillLibrary.Side, _ number: Int, _ only: [String]?, _ built: BuiltLibrary,
        _ whole: KillScene.State
    ) async throws -> Bool {
        let scene = try await KillScene()
        try await victim.prepare(scene)
        let variables = built.library.variables(at: number, side, log: scene.log, only: only)
        let killed = try await scene.home.run(victim.call(scene, variables))
        let calls = built.library.calls(in: scene.log)
        let place = "\(victim), \(side) call \(number), \(calls.last ?? "none")"
        if killed.signal != SIGKILL {
            #expect(killed.status == 0 && calls.count < number, "\(place): \(killed.errorText)")
        }
        let again = try await scene.home.run(victim.call(scene))
        #expect(again.status == 0, "\(place): \(again.errorText)")
        let state = try await scene.state(secret: victim.secret(scene))
        #expect(victim.comparable(state) == victim.comparable(whole), "\(place)")
        #expect(scene.leaks(everywhere: number % 16 == 0) == [], "\(place)")
        try await scene.gateway.stop()
        return killed.signal == SIGKILL
    }
}
