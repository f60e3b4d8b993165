import Foundation
import Testing
import VaultTestSupport

extension KillTests {
    /// Signing in and out, killed before each call that writes, and run again: as if it had never been killed. At every
    /// moment openclaw.json is what it was or what it becomes.
    @Suite("while signing in or out", .serialized)
    struct Auth {
        /// What is killed.
        enum Victim: CaseIterable, Sendable {
            /// The first login, which makes home, key and vault.
            case first
            /// A login with another token.
            case next
            case logout

            /// How many calls are expected at least: a library that sees none would prove nothing.
            var fewest: Int { self == .first ? 60 : 20 }
        }

        @Test("run again, it ends as if it had never been killed", arguments: Victim.allCases)
        func sweep(_ victim: Victim) async throws {
            let built = try BuiltLibrary()
            let scene = try await Scene(victim)
            let result = try await scene.run(built.library.variables(at: 0, log: scene.log))
            #expect(result.status == 0, "\(result.errorText)")
            let count = built.library.calls(in: scene.log).count
            #expect(count >= victim.fewest)
            let whole = scene.state()
            try await scene.prove("undisturbed")
            #expect(scene.leaks() == [])
            try await sweepCalls(count) { number in
                let scene = try await Scene(victim)
                let place = "\(victim), call \(number)"
                let killed = try await scene.run(built.library.variables(at: number, log: scene.log))
                let died = killed.signal == SIGKILL
                #expect(died || killed.status == 0, "\(place): \(killed.errorText)")
                let config = scene.configuration
                #expect(config == scene.old || config == whole.configuration, "\(place): \(config ?? "none")")
                let again = try await scene.run([:])
                #expect(again.status == 0, "\(place): \(again.errorText)")
                #expect(scene.state() == whole, "\(place)")
                // Each of these runs takes as long as the login: not after every number.
                if number % 3 == 0 { try await scene.prove(place) }
                #expect(scene.leaks() == [], "\(place)")
                return died
            }
            withExtendedLifetime(built) {}
        }

        /// What must be the same in the end.
        struct State: Equatable, Sendable {
            var configuration: String?
            var token: String?
            var files: [String]
        }

        /// A home with an openclaw.json that somebody wrote.
        final class Scene: Sendable {
            let scene: AuthScene
            let victim: Victim
            /// The configuration before, with names in place of tokens.
            let old: String?
            private let tokens = [ForeignToken.good(), ForeignToken.good()]
            private static let login = AuthScene.managed + " --print-token false --enable-authz-notify true"

            var log: String { scene.home.root + "/calls" }

            init(_ victim: Victim) async throws {
                scene = try AuthScene(in: KillScene.base)
                self.victim = victim
                try scene.writeConfig("// mine\n{\n  a: 1, // one\n  hooks: {internal: {entries: {}}},\n}\n")
                if victim != .first {
                    let result = try await scene.give(tokens[0].text, Self.login)
                    try #require(result.status == 0, "\(result.errorText)")
                }
                old = Self.plain(scene.home.text(scene.config), tokens)
            }

            func run(_ variables: [String: String]) async throws -> ProgramResult {
                if victim == .logout { return try await scene.home.run("auth logout", variables: variables) }
                let token = tokens[victim == .first ? 0 : 1].text
                return try await scene.give(token, Self.login, variables: variables)
            }

            var configuration: String? { Self.plain(scene.home.text(scene.config), tokens) }

            func state() -> State {
                let files = scene.home.files().keys.map(KillScene.plain)
                return State(
                    configuration: configuration, token: Self.plain(scene.filed, tokens),
                    files: files.filter { !($0.contains("/anchors/.sigilum-") && $0.hasSuffix(".tmp")) }.sorted())
            }

            /// The vault proves itself, has as many versions as it should, and nothing is left to deliver.
            func prove(_ place: String) async throws {
                for line in ["vault verify", "vault sync --dry-run"] {
                    let result = try await scene.home.run(line)
                    #expect(result.status == 0, "\(place): \(result.outputText)\(result.errorText)")
                }
                let history = try await scene.home.run("vault history owner-token/johndee --json")
                let versions = (history.json["versions"] as? [Any])?.count
                #expect(versions == (victim == .logout ? nil : victim == .first ? 1 : 2), "\(place)")
            }

            /// Where a token is that is no place of tokens.
            func leaks() -> [String] {
                let purpose = victim == .logout ? [] : AuthScene.files
                return tokens.flatMap { token in
                    scene.home.files(below: scene.home.root).filter { path, bytes in
                        !purpose.contains(path.split(separator: "/").last.map(String.init) ?? "")
                            && Data(bytes).range(of: Data(token.text.utf8)) != nil
                    }.map(\.key)
                }
            }

            private static func plain(_ text: String?, _ tokens: [ForeignToken]) -> String? {
                text?.replacing(tokens[0].text, with: "FIRST").replacing(tokens[1].text, with: "SECOND")
            }
        }
    }
}
