import Foundation
import Testing
import VaultTestSupport

extension ManagedAPITests {
    /// Managed `service add` dies at each of its calls that write or reach a socket. Then the same command runs again: the
    /// API must let in one key alone, which is the vault's and the file's.
    @Suite("Killed at the managed API", .serialized)
    struct ManagedKillTests {
        @Test("before any call that writes, and run again: one key, in all places the same")
        func everyCall() async throws { try await sweep(.before, only: nil, fewest: 90) }

        @Test("right after any call on a socket, and run again: one key, in all places the same")
        func afterSocketCalls() async throws { try await sweep(.after, only: KillLibrary.socketCalls, fewest: 10) }

        private func sweep(_ side: KillLibrary.Side, only: [String]?, fewest: Int) async throws {
            let built = try BuiltLibrary()
            let (_, count) = try await once(built, side, 0, only)
            #expect(count >= fewest)
            try await sweepCalls(count) { try await once(built, side, $0, only).died }
            withExtendedLifetime(built) {}
        }

        /// One run that is killed there (0: is not), one that is not, and a look at everything.
        private func once(
            _ built: BuiltLibrary, _ side: KillLibrary.Side, _ number: Int, _ only: [String]?
        ) async throws -> (died: Bool, calls: Int) {
            let scene = try await ManagedScene(in: KillScene.base, signsIn: false)
            let log = scene.home.root + "/calls"
            // No sign-in: that is another command's sweep.
            let owner = ["SIGILUM_OWNER_TOKEN": scene.token.text, "SIGILUM_API_URL": scene.api.url]
            let library = built.library.variables(at: number, side, log: log, only: only)
            let killed = try await scene.run(ManagedScene.add, owner.merging(library) { $1 })
            let calls = built.library.calls(in: log)
            let place = "\(side) call \(number), \(calls.last ?? "none")"
            if killed.signal != SIGKILL {
                #expect(
                    killed.status == 0 && (number == 0 || calls.count < number), "\(place): \(killed.errorText)")
            }
            let again = try await scene.run(ManagedScene.add, owner)
            again.expect(0)
            #expect(again.stableOutput == "[ok] Service registered: linear\n" + ManagedScene.facts, "\(place)")

            let service = scene.api.service("linear")
            #expect(scene.api.services.count == 1, "\(place)")
            #expect(service?.activeKeys.count == 1, "\(place): \(service?.keys.count ?? 0) keys")
            #expect(scene.filed().map(scene.api.accepts) == true, "\(place)")
            // All keys that were ever made were asked for by the same operation, and are revoked but the last.
            #expect(Set(service?.keys.map(\.name) ?? []).count <= 2, "\(place)")
            let verify = try await scene.run("vault verify")
            #expect(verify.status == 0, "\(place): \(verify.errorText)")
            // That the file is the vault's is among what this looks at.
            let dry = try await scene.run("vault sync --dry-run", owner)
            #expect(dry.status == 0, "\(place): \(dry.outputText)\(dry.errorText)")
            #expect(scene.api.leaks == [], "\(place)")
            if number % 16 == 0 { try await scene.finish() } else { try await scene.api.stop() }
            return (killed.signal == SIGKILL, calls.count)
        }
    }
}
