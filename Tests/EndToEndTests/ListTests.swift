import Testing
import VaultTestSupport

@Suite("A list that is written while it is read", .few)
struct ListTests {
    private let list = "vault list --order vault --json"

    /// A vault with more entries than a pipe holds the list of.
    private func made(_ canary: Canary) async throws -> TestHome {
        let home = try TestHome()
        let members = (0..<600).map { "\"service/\($0)/key\": \"lin_\(canary.text)\($0)\"" }
        try await home.run("vault init").expect(0)
        try await home.run("vault import --format json -", input: Array("{\(members.joined(separator: ", "))}".utf8))
            .expect(0)
        return home
    }

    @Test("every entry is there once, hidden, in text and in the document")
    func whole() async throws {
        let canary = Canary()
        let home = try await made(canary)
        for line in ["vault list --order vault", "vault list", "vault find /KEY --order vault", list] {
            let result = try await home.run(line)
            result.expect(0)
            #expect(result.errors == [])
            let names = result.outputText.matches(of: /service\/\d+\/key/).map { String($0.0) }
            #expect(names.count == 600 && Set(names).count == 600, "\(line)")
            #expect(result.outputText.matches(of: /lin_\*{6} \(hidden\)/).count == 600)
        }
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a reader that goes away ends it with 0 and no word")
    func closed() async throws {
        let canary = Canary()
        let home = try await made(canary)
        for line in [list, "vault list --order vault", "vault list"] {
            var piped = home.call(line)
            piped.through = ["bash", "-c", "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}"]
            let result = home.remember(try await home.runner.run(piped, seconds: 60))
            #expect(result.status == 0 && result.errorText == "", "\(line)")
            #expect(result.outputText.split(separator: "\n").count == 1)
        }
    }

    @Test("who reads slowly keeps nobody from writing, and sees the vault as it was")
    func slow() async throws {
        let canary = Canary()
        let home = try await made(canary)
        var slow = home.call(list)
        // What is put is put while the list waits for room in the pipe.
        slow.through = [
            "bash", "-c",
            """
            set -o pipefail
            "$0" "$@" | { IFS= read -r first; printf 'new value' | "$0" vault put zzz >&2; echo "put $?" >&2
            echo "$first"; cat; }
            """,
        ]
        let result = home.remember(try await home.runner.run(slow, seconds: 60))
        result.expect(0)
        #expect(result.errorText.contains("put 0\n"), "\(result.errorText)")
        #expect(result.outputText.matches(of: #/"name": /#).count == 600)
        #expect(result.outputText.hasSuffix("\n  ]\n}\n") && !result.outputText.contains("zzz"))
        #expect(try await home.run("vault list zzz").outputText.hasPrefix("[ok] Entries: 1\n"))
        #expect(home.leaks(of: canary) == [])
    }
}
