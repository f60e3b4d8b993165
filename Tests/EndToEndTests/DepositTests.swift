import Foundation
import Testing
import VaultTestSupport

@Suite("Deposits", .few)
struct DepositTests {
    private let home: TestHome
    private let key: String

    init() async throws {
        home = try TestHome()
        try await home.run("vault init").expect(0)
        let shown = try await home.run("vault deposits key --json")
        key = String(try #require(shown.outputText.firstMatch(of: /deposit-[0-9a-f]{104}/)).output)
    }

    private var spool: String { home.sigilum + "/deposits" }

    /// Hands a value in on a machine without vault or key; answers the file and what it is accepted by.
    private func deposited(
        _ value: Canary, _ words: String = "ci/token", on other: TestHome
    ) async throws -> (file: [UInt8], handle: String) {
        let name = "out-\(UUID().uuidString)"
        let made = try await other.run("vault deposit \(words) --for \(key) --out \(name) --json", input: value.bytes)
        made.expect(0)
        let handle = try #require(made.outputText.firstMatch(of: /"deposit": "([0-9a-f]{32})"/)).1
        return (try #require(other.contents(name)), String(handle))
    }

    private func put(_ file: [UInt8], _ name: String = "any name\u{1b}[2J") throws {
        try home.write(file, to: spool + "/" + name + ".deposit")
    }

    private func states() async throws -> [String] {
        let list = try await home.run("vault deposits list --json")
        list.expect(0)
        return list.outputText.matches(of: /"state": "([a-z-]+)"/).map { String($0.1) }
    }

    @Test("a master key of the gateway is never taken from a deposit", arguments: ["", "-previous"])
    func gatewayKey(ending: String) async throws {
        let (canary, ci) = (Canary(), try TestHome())
        let (file, handle) = try await deposited(canary, "gateway-master-key" + ending, on: ci)
        try put(file)
        try await home.run("vault deposits accept " + handle)
            .expect(76, error: "A master key of the gateway is not taken from a deposit")
        try await home.run("vault get gateway-master-key" + ending).expect(66)
        try await home.run("vault deposits reject " + handle).expect(0)
        #expect(home.leaks(of: canary) == [])
    }

    @Test("from a machine without a key into the vault: listed, accepted, delivered, gone; nowhere readable before")
    func whole() async throws {
        let (canary, ci) = (Canary(), try TestHome())
        try await home.run("vault put ci/token", input: Array("old".utf8)).expect(0)
        try await home.run("vault export ci/token --to exported").expect(0)
        let (file, handle) = try await deposited(canary, "ci/token --base-version 1", on: ci)
        #expect(!ci.exists(".sigilum-workspace"))
        #expect(canary.form(in: file) == nil && Canary(bytes: Array("ci/token".utf8)).form(in: file) == nil)
        try put(file)
        let list = try await home.run("vault deposits list")
        list.expect(0)
        #expect(list.outputText.contains("anonymous") && list.outputText.contains("lin_****** (hidden)"))
        #expect(!list.output.contains(0x1b))
        #expect(home.contents("exported") == Array("old".utf8))
        let accepted = try await home.run("vault deposits accept " + handle)
        accepted.expect(0)
        #expect(accepted.outputText.hasPrefix("[ok] Accepted: ci/token\n"))
        #expect(home.contents("exported") == canary.bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool) == [])
        #expect(try await home.run("vault log").outputText.contains("deposit accepted"))
        // A copy that comes back, under any name.
        try put(file, "again")
        #expect(try await states() == ["accepted-before"])
        let refused = try await home.run("vault deposits accept " + handle)
        refused.expect(76, error: "The deposit was accepted before: it counts once")
        #expect(refused.errorText.contains("sigilum vault deposits reject \(handle)\n"))
        let history = try await home.run("vault history ci/token --json")
        #expect(history.outputText.matches(of: /"version": \d/).count == 2)
        try await home.run("vault deposits reject " + handle).expect(0)
        try await home.run("vault verify").expect(0)
        #expect(home.leaks(of: canary, except: ["exported"]) == [])
        #expect(ci.leaks(of: canary) == [])
    }

    @Test("in a home the key lies beside the vault: nothing of the vault or its key is needed")
    func inHome() async throws {
        let canary = Canary()
        let master = try #require(home.contents(home.sigilum + "/gateway-master-key"))
        try FileManager.default.removeItem(atPath: home.sigilum + "/gateway-master-key")
        let made = try await home.run("vault deposit ci/new", input: canary.bytes)
        made.expect(0)
        #expect(made.outputText.contains("file:         .sigilum-workspace/deposits/"))
        let variables = ["GATEWAY_MASTER_KEY": String(decoding: master, as: UTF8.self)]
        let list = try await home.run("vault deposits list --json", variables: variables)
        #expect(list.outputText.contains("\"state\": \"ready\"") && list.outputText.contains("\"name\": \"ci/new\""))
        // Whoever can write it could read what is deposited: said as soon as the vault is open.
        let own = try #require(home.contents(home.sigilum + "/deposit-key"))
        let (other, _) = (try await Self.other(), 0)
        try home.write(other, to: home.sigilum + "/deposit-key")
        let warned = try await home.run("vault deposits list", variables: variables)
        #expect(warned.errorText.contains("[warn] The deposit key in the home is not this vault's"))
        try await home.run("vault deposits key", variables: variables).expect(0)
        #expect(home.contents(home.sigilum + "/deposit-key") == own)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: home.sigilum + "/deposit-key")
        try await home.run("vault deposit ci/new", input: canary.bytes).expect(77, error: "Unsafe permissions")
        #expect(home.leaks(of: canary) == [])
    }

    private static func other() async throws -> [UInt8] {
        let home = try TestHome()
        try await home.run("vault init").expect(0)
        try await home.run("vault deposits key").expect(0)
        return try #require(home.contents(home.sigilum + "/deposit-key"))
    }

    @Test("expired, for a new entry that is there, for a version that is not current, another vault's: each says so")
    func refused() async throws {
        let (canary, ci) = (Canary(), try TestHome())
        try await home.run("vault put there", input: Array("x".utf8)).expect(0)
        let (short, late) = try await deposited(canary, "ci/late --expires 1s", on: ci)
        try await Task.sleep(for: .milliseconds(1100))
        let cases = [
            (short, late, "The deposit has expired"),
            try await with(deposited(canary, "there", on: ci), "The deposit was to be a new entry"),
            try await with(deposited(canary, "there --base-version 7", on: ci), "The deposit was to follow version 7"),
            try await with(
                deposited(canary, "gone --base-version 1", on: ci), "The deposit was to follow a version of an"),
        ]
        let before = try await home.run("vault status --json")
        for (file, handle, error) in cases {
            try put(file)
            try await home.run("vault deposits accept " + handle).expect(76, error: error)
        }
        let foreign = try TestHome()
        try foreign.write(try await Self.other(), to: "key")
        let theirs = String(decoding: foreign.contents("key") ?? [], as: UTF8.self).filter { !$0.isWhitespace }
        let made = try await ci.run("vault deposit a --for \(theirs) --out foreign --json", input: canary.bytes)
        let handle = try #require(made.outputText.firstMatch(of: /"deposit": "([0-9a-f]{32})"/)).1
        try put(ci.contents("foreign") ?? [], "foreign")
        try await home.run("vault deposits accept \(handle)").expect(76, error: "The deposit is for another vault")
        var changed = cases[1].0
        changed[200] ^= 1
        try put(changed, "changed")
        #expect(try await states().sorted() == ["damaged", "no-entry", "other-vault"])
        try await home.run("vault deposits accept " + cases[1].1).expect(66, error: "There is no such deposit")
        for words in ["", "no/such", canary.text] {
            let result = try await home.run("vault deposits accept " + words)
            #expect(result.status == (words == "" ? 64 : 66))
        }
        let after = try await home.run("vault status --json")
        let generation = /"generation": \d+/
        #expect(
            before.outputText.firstMatch(of: generation)?.output == after.outputText.firstMatch(of: generation)?.output)
        #expect(home.leaks(of: canary) == [])
    }

    private func with(
        _ deposit: (file: [UInt8], handle: String), _ error: String
    ) -> ([UInt8], String, String) { (deposit.file, deposit.handle, error) }

    @Test("links, pipes, folders, huge files and strange names are not followed, not waited for and not shown raw")
    func hostile() async throws {
        let ci = try TestHome()
        let (file, handle) = try await deposited(Canary(), on: ci)
        try put(file, "good")
        let manager = FileManager.default
        try home.write(file, to: "outside")
        try manager.createSymbolicLink(atPath: spool + "/link.deposit", withDestinationPath: home.work + "/outside")
        try manager.createSymbolicLink(atPath: spool + "/zero.deposit", withDestinationPath: "/dev/zero")
        try manager.createDirectory(atPath: spool + "/folder.deposit", withIntermediateDirectories: false)
        #expect(mkfifo(spool + "/pipe.deposit", 0o600) == 0)
        try put([UInt8](repeating: 0x41, count: 200_000), "huge")
        try put(Array("sigilum deposit".utf8), "short")
        try put([], "empty")
        try home.write([1], to: spool + "/other\u{1b}]0;x\u{7}")
        let list = try await home.run("vault deposits list")
        list.expect(0)
        #expect(!list.output.contains(0x1b) && !list.errors.contains(0x1b))
        #expect(list.errorText.contains("Passed over there, since the name does not end in .deposit: 1"))
        let states = try await states()
        #expect(states.count(where: { $0 == "unreadable" }) == 5, "\(list.outputText)")
        #expect(states.count(where: { $0 == "damaged" }) == 2 && states.contains("ready"))
        try await home.run("vault deposits reject link.deposit").expect(0)
        try await home.run("vault deposits reject pipe.deposit").expect(0)
        try await home.run("vault deposits reject folder.deposit").expect(73, error: "That is a folder, and no deposit")
        try await home.run("vault deposits reject ../outside").expect(66)
        #expect(home.contents("outside") == file)
        try await home.run("vault deposits accept " + handle).expect(0)
        // The folder itself must not lead elsewhere.
        try manager.moveItem(atPath: spool, toPath: home.work + "/moved")
        try manager.createSymbolicLink(atPath: spool, withDestinationPath: home.work + "/moved")
        try await home.run("vault deposits list").expect(77, error: "Unsafe permissions")
        try await home.run("vault deposits list --spool \(home.work)/moved").expect(0)
        try await home.run("vault deposits list --spool no/such").expect(66)
    }

    @Test("a spool that is flooded is read with bounds, and not filled further")
    func flooded() async throws {
        for number in 0..<300 { try put([UInt8](repeating: 0x42, count: 60_000), "flood-\(number)") }
        let list = try await home.run("vault deposits list --json")
        list.expect(0)
        #expect(list.errorText.contains("[warn] There is more in the spool than is looked at"))
        #expect(try await states().count <= 256)
        // What lies around it hides no deposit from who knows its digest.
        let ci = try TestHome()
        let (file, handle) = try await deposited(Canary(), on: ci)
        let (unwanted, other) = try await deposited(Canary(), "ci/other", on: ci)
        try put(file, "z")
        try put(unwanted, "zz")
        try await home.run("vault deposits accept " + handle).expect(0)
        try await home.run("vault deposits reject " + other).expect(0)
        try await home.run("vault deposit a", input: Array("x".utf8))
            .expect(73, error: "There are as many deposits as there may be")
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).count == 300)
    }

    @Test("wrong words are 64, and nothing is written")
    func words() async throws {
        let other = try TestHome()
        let value = Array("x".utf8)
        for words in [
            "", "a", "a --out one --spool .", "a --for \(key)", "a --for \(key) --out one --expires 91d",
            "a --for \(key) --out one --expires never", "a --for \(key) --out one --base-version 0",
            "a --for \(key)0 --out one", "a --for deposit-00 --out one", "a//b --for \(key) --out one",
            "a --for \(key) --out -", "a --for \(key) --out one --from-env X --from-file y",
        ] {
            let result = try await other.run("vault deposit " + words, input: value)
            #expect(result.status == 64, "\(words): \(result.errorText)")
        }
        try await other.run("vault deposit a --out one", input: value).expect(66, error: "There is no deposit key here")
        try await other.run("vault deposit a --for \(key) --spool no/such", input: value).expect(66)
        try await other.run("vault deposit a --for \(key) --out one --from-env NOT_SET").expect(66)
        try await other.run("vault deposit upstream-secret/x/y --for \(key) --out one", input: Array("a\nb".utf8))
            .expect(64)
        #expect(other.files(below: other.work).isEmpty)
        try other.write([1], to: "one")
        try await other.run("vault deposit a --for \(key) --out one", input: value).expect(73)
        #expect(other.contents("one") == [1])
        try await other.run("vault deposits list").expect(66)
        let long = try await other.run(
            "vault deposit a --for \(key) --out long", input: [UInt8](repeating: 0x61, count: 17_000))
        long.expect(64)
    }
}
