import Foundation
import Testing
import VaultTestSupport

extension KillTests {
    /// Invariant 9: changing keys, killed before each call that writes. Some key on disk opens the vault then, whatever
    /// else is; and the same command, run again, ends as if nobody had killed it.
    @Suite("while keys are changed", .serialized)
    struct Keys {
        enum Victim: CaseIterable, Sendable {
            case rekey, compromised, elsewhere, add, remove, moveOut

            var line: String {
                switch self {
                case .rekey: "vault rekey --gateway-loses-them"
                case .compromised: "vault rekey --compromised --gateway-loses-them"
                case .elsewhere: "vault rekey --new-key-file other.key --gateway-loses-them"
                case .add: "vault key add --new-key-file other.key"
                case .remove: "vault key remove 1 --confirm 1"
                case .moveOut: "vault key move-out --random-key --from-file other.key"
                }
            }

            /// The key that the command itself is run with: nil for the key file of the home.
            var key: String? { self == .elsewhere ? "phrase" : nil }

            /// Which keys must open the vault when it was killed: one of them.
            var keys: [String?] {
                switch self {
                case .rekey, .compromised, .add, .remove: [nil]
                case .elsewhere: ["phrase", "other.key"]
                case .moveOut: [nil, "other.key"]
                }
            }

            /// Which open it in the end, and how many slots there are.
            var last: (key: String?, slots: Int) {
                switch self {
                case .rekey, .compromised, .remove: (nil, 1)
                case .elsewhere: ("phrase", 2)
                case .add: ("other.key", 2)
                case .moveOut: ("other.key", 1)
                }
            }

            var fewest: Int { self == .add || self == .remove ? 12 : 25 }

            func prepare() async throws -> KeyScene {
                let scene = try await KeyScene(in: KillScene.base)
                switch self {
                case .rekey, .compromised, .add: break
                case .elsewhere:
                    try scene.home.write(scene.key("gateway-master-key")?.bytes ?? [], to: "phrase")
                    try FileManager.default.removeItem(atPath: scene.home.sigilum + "/gateway-master-key")
                case .remove: try await scene.run("vault key add --new-key-file other.key").expect(0)
                case .moveOut:
                    let digits = (0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" }
                    try scene.home.write(Array(String(digits).utf8), to: "other.key")
                }
                return scene
            }
        }

        @Test("killed at any call, some key opens the vault, and the next run finishes", arguments: Victim.allCases)
        func sweep(_ victim: Victim) async throws {
            let built = try BuiltLibrary()
            let scene = try await victim.prepare()
            let log = scene.home.root + "/calls"
            let variables = built.library.variables(at: 0, log: log)
            let whole = try await scene.run(victim.line, key: victim.key, variables: variables)
            #expect(whole.status == 0, "\(whole.errorText)")
            let count = built.library.calls(in: log).count
            #expect(count >= victim.fewest)
            try await check(victim, scene, "undisturbed")
            try await sweepCalls(count) { try await once(victim, $0, built.library) }
            withExtendedLifetime(built) {}
        }

        private func once(_ victim: Victim, _ number: Int, _ library: KillLibrary) async throws -> Bool {
            let scene = try await victim.prepare()
            let log = scene.home.root + "/calls"
            let variables = library.variables(at: number, log: log)
            let killed = try await scene.run(victim.line, key: victim.key, variables: variables)
            let place = "\(victim), call \(number), \(library.calls(in: log).last ?? "none")"
            let died = killed.signal == SIGKILL
            #expect(died || killed.status == 0, "\(place): \(killed.errorText)")
            // On a copy, since opening the vault may be what finishes.
            var opened: [String?] = []
            for key in victim.keys {
                if try await opensCopy(of: scene, key) { opened.append(key) }
            }
            #expect(!opened.isEmpty, "\(place)")
            let again = try await scene.run(victim.line, key: victim.key ?? opened.first ?? nil)
            // A slot that is gone is not there to be removed again.
            let isGone = victim == .remove && again.status == 66
            // The key file is gone, and the new key opens the vault: any command has finished it.
            let isMoved = victim == .moveOut && again.status == 64 && scene.key("gateway-master-key") == nil
            #expect(again.status == 0 || isGone || isMoved, "\(place): \(again.errorText)")
            try await check(victim, scene, place)
            return died
        }

        private func opensCopy(of scene: KeyScene, _ key: String?) async throws -> Bool {
            let copy = scene.home.root + "/copy"
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: scene.home.sigilum, toPath: copy)
            // The anchor is that of the vault's place.
            let result = try await scene.home.runner.run(
                scene.call("vault get a/b --reveal-secrets --sigilum-home \(copy)", key: key))
            try FileManager.default.removeItem(atPath: copy)
            return result.status == 0 && result.outputText == scene.canary.text + "\n"
        }

        /// What must be in the end, whenever it was killed.
        private func check(_ victim: Victim, _ scene: KeyScene, _ place: String) async throws {
            let (key, slots) = victim.last
            #expect(try await scene.opens(key: key), "\(place)")
            #expect(try await scene.slots(key: key).count == slots, "\(place)")
            let status = try await scene.run("vault status", key: key)
            #expect(status.outputText.contains("wipe_pending: no"), "\(place)")
            if victim == .compromised {
                let document = try await scene.run("vault log --json", key: key)
                #expect(document.outputText.contains("data key changed"), "\(place)")
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: scene.home.sigilum)
            #expect(!files.contains { $0.hasSuffix(".new") || $0.hasSuffix(".tmp") }, "\(place): \(files)")
            #expect(scene.leaks() == [], "\(place)")
        }
    }
}
