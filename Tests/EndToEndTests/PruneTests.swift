import Foundation
import Testing
import VaultTestSupport

@Suite("Pruning versions", .few)
struct PruneTests {
    @Test("the last versions stay, with their numbers; the others are gone, and the vault is whole")
    func pruned() async throws {
        let home = try TestHome()
        let values = (0..<5).map { _ in Canary() }
        for value in values { try await home.run("vault put a/b", input: value.bytes).expect(0) }
        let result = try await home.run("vault prune a/b --keep 2")
        result.expect(0)
        let facts = "name: a/b\n removed: 3\n first_version: 4\n current_version: 5\n wiped: true\n"
        #expect(result.outputText.replacing(#/ +/#, with: " ") == "[ok] Pruned: a/b\n " + facts)
        let history = try await home.run("vault history a/b --json")
        #expect(
            history.outputText.matches(of: /"version": \d/).map { String($0.output) } == [
                "\"version\": 4", "\"version\": 5",
            ])
        try await home.run("vault get a/b --version 3").expect(66, error: "No version 3")
        try await home.run("vault rollback a/b --to 3").expect(66)
        try await home.run("vault verify").expect(0)
        try await home.run("vault rollback a/b").expect(0)
        try await home.run("vault put a/b", input: values[0].bytes).expect(0)
        let old = try await home.runner.run(home.call("vault get a/b --version 4 --reveal-secrets"))
        #expect(old.outputText == values[3].text + "\n")
        try await home.run("vault verify").expect(0)
        let log = try await home.run("vault log")
        #expect(log.outputText.contains("versions pruned"))
        #expect(log.outputText.contains("first=4 removed=3"))
        for value in values { #expect(home.leaks(of: value) == []) }
    }

    @Test("where there are no more than wanted nothing changes; wrong words are 64, an unknown entry 66")
    func nothing() async throws {
        let home = try TestHome()
        for value in ["1", "2"] { try await home.run("vault put a", input: Array(value.utf8)).expect(0) }
        let before = try await home.run("vault status --json")
        let same = try await home.run("vault prune a --keep 2 --json")
        same.expect(0)
        #expect(same.outputText.contains("\"removed\": 0"))
        #expect(same.outputText.contains("\"wiped\": true"))
        for words in ["a --keep 0", "a --keep -1", "a --keep x", "a", "--keep 1", "a --keep 4294967296"] {
            try await home.run("vault prune " + words).expect(64)
        }
        try await home.run("vault prune nope --keep 1").expect(66, error: "No such entry: nope")
        let after = try await home.run("vault status --json")
        let generation = /"generation": \d+/
        #expect(
            before.outputText.firstMatch(of: generation)?.output == after.outputText.firstMatch(of: generation)?.output)
        try await home.run("vault history a --json").expect(0)
    }
}
