import ArgumentParser
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite("Lists that are written while they are read")
struct EntryListingTests {
    /// A vault with some entries, one of them the canary's.
    private func stage(_ count: Int = 9) async throws -> VaultStage {
        let stage = try await VaultStage.withVault()
        for number in 0..<count { await stage.run(["vault", "put", "key/\(number)"], input: canary) }
        return stage
    }

    private func listing(_ stage: VaultStage, limit: Int, order: ListingOrder? = nil) throws -> (
        EntryListing, Context
    ) {
        let context = stage.context()
        let session = try Session.open(context, try VaultOptions.parse([]), for: .reading)
        return (EntryListing(session, order: order, limit: limit), context)
    }

    /// What the report becomes, its rows too.
    private func shown(
        _ report: Report, json: Bool = false, outcome: @escaping @Sendable (Int) -> WriteOutcome = { _ in .written }
    ) throws -> (text: String, outcome: WriteOutcome) {
        let capture = Capture()
        let calls = Mutex(0)
        let channel = OutputChannel(colour: false) { bytes in
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            let outcome = outcome(number)
            return outcome == .written ? capture.channel().write(bytes) : outcome
        }
        let renderer = Renderer(
            results: channel, notes: Capture().channel(), program: .sigilum, json: json, reveal: true)
        let (rest, rows) = try renderer.showRows(of: #require(report.rows))
        guard rows == .written else { return (capture.text, rows) }
        let last = renderer.showFacts(rest)
        return (capture.text, last)
    }

    private func names(_ text: String) -> [String] {
        text.matches(of: /key\/\d/).map { String($0.0) }
    }

    @Test("in the vault's order each entry is there once, hidden, in columns, and the count comes last")
    func vaultOrder() async throws {
        let stage = try await stage()
        let run = await stage.run("vault", "list", "--order", "vault")
        #expect(run.status == 0 && run.errors == "")
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 11 && lines.last == "[ok] Entries: 9")
        #expect(
            lines.first == """
                  NAME                              KIND             VERSION  AGE         ROTATION DUE  VALUE
                """)
        #expect(Set(names(run.output)).count == 9 && names(run.output).count == 9)
        #expect(
            lines[1].hasSuffix("user-secret      1        0 seconds   -             lin_****** (hidden)"))
        let byName = await stage.run("vault", "list", "--order", "name")
        #expect(byName.output == (await stage.run("vault", "list")).output)
        #expect(names(byName.output) == names(run.output).sorted())
    }

    @Test("the document is the same whichever way it is made, but for the order")
    func document() async throws {
        let stage = try await stage(1)
        let sorted = await stage.run("vault", "list", "--json")
        #expect(sorted.output.hasPrefix("{\n  \"entries\": [\n    {\n      \"name\": \"key/0\",\n"))
        #expect((await stage.run("vault", "list", "--json", "--order", "vault")).output == sorted.output)
        let none = await stage.run("vault", "find", "nothing", "--json", "--order", "vault")
        #expect(none.output == "{\n  \"entries\": []\n}\n")
        #expect((await stage.run("vault", "find", "x", "--order", "vault")).output == "[ok] Entries: 0\n  (none)\n")
    }

    @Test(
        "more than the limit are shown as they are read, and a remark says how to sort them", arguments: [false, true])
    func long(json: Bool) async throws {
        let stage = try await stage()
        let (all, context) = try listing(stage, limit: 8)
        let text = try shown(all.report(), json: json).text
        #expect(Set(names(text)).count == 9 && names(text).count == 9 && !text.contains(canary))
        #expect(text.hasSuffix(json ? "\n    }\n  ]\n}\n" : "\n[ok] Entries: 9\n"))
        let remarks = context.remarks.drain()
        #expect(remarks.count == 1)
        guard case .info(let message)? = remarks.first else { return }
        #expect(message.text(as: .sigilum).hasPrefix("More than 8 records: "))
        #expect(message.text(as: .sigilum).hasSuffix("sorted: --order name, or | sort"))
        let (enough, silent) = try listing(stage, limit: 9)
        #expect(try shown(enough.report(), json: json).text == shown(sorted(stage), json: json).text)
        let (chosen, asked) = try listing(stage, limit: 0, order: .name)
        #expect(try shown(chosen.report(), json: json).text == shown(sorted(stage), json: json).text)
        #expect(silent.remarks.drain() == [] && asked.remarks.drain() == [])
    }

    private func sorted(_ stage: VaultStage) throws -> Report { try listing(stage, limit: 1000).0.report() }

    @Test("of entries that are chosen, the limit is of those")
    func chosen() async throws {
        let stage = try await stage()
        let (few, silent) = try listing(stage, limit: 3)
        let text = try shown(few.report { ["key/7", "key/1", "key/4"].contains($0.name.text) }).text
        #expect(text.hasPrefix("[ok] Entries: 3\n") && names(text) == ["key/1", "key/4", "key/7"])
        #expect(silent.remarks.drain() == [])
        let (many, said) = try listing(stage, limit: 3)
        let long = try shown(many.report { $0.name.text < "key/5" }).text
        #expect(names(long).sorted() == ["key/0", "key/1", "key/2", "key/3", "key/4"])
        #expect(long.hasSuffix("[ok] Entries: 5\n") && said.remarks.drain().count == 1)
    }

    @Test("a damaged record in the middle is 65, and the document does not look whole")
    func damage() async throws {
        let stage = try await stage()
        let document = await stage.run("vault", "list", "--order", "vault", "--json")
        let text = await stage.run("vault", "list", "--order", "vault")
        var rows = stage.storage.rows
        let key = rows.keys(.entry)[4]
        rows[.entry, key]?[100] ^= 1
        stage.storage.rows = rows
        let damaged = await stage.run("vault", "list", "--order", "vault", "--json")
        #expect(damaged.status == 65 && damaged.errors.contains(#"{"error":{"code":"integrity""#))
        #expect(
            document.output.hasPrefix(damaged.output) && names(damaged.output) == Array(names(document.output)[..<4]))
        #expect(!damaged.output.hasSuffix("]\n}\n"))
        let shown = await stage.run("vault", "list", "--order", "vault")
        #expect(shown.status == 65 && shown.errors.hasPrefix("[ERROR] Vault integrity: "))
        #expect(text.output.hasPrefix(shown.output) && !shown.output.contains("[ok]"))
        let sorted = await stage.run("vault", "list")
        #expect(sorted.status == 65 && sorted.output == "")
    }

    @Test("nothing more is read once nobody reads any more, and a full disk is told")
    func closed() async throws {
        let stage = try await stage()
        for outcome in [WriteOutcome.closed, .failed(28)] {
            let (list, _) = try listing(stage, limit: 1)
            let counted = Mutex(0)
            let result = try shown(
                list.report { _ in
                    counted.withLock { $0 += 1 }
                    return true
                }, outcome: { $0 < 2 ? .written : outcome })
            #expect(result.outcome == outcome)
            #expect(names(result.text).count < 9)
        }
    }

    @Test("an order that is none is wrong usage", arguments: ["list", "find x"])
    func wrong(words: String) async throws {
        let stage = try await stage(1)
        let run = await stage.run(["vault"] + words.split(separator: " ").map(String.init) + ["--order", canary])
        #expect(run.status == 64 && run.output == "")
    }
}
