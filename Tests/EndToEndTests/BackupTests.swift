import Foundation
import Testing
import VaultTestSupport

@Suite("Backups and restoring", .few)
struct BackupTests {
    /// A vault with a delivered entry of two versions, and its master key.
    private func made(_ canary: Canary) async throws -> (home: TestHome, key: [String: String]) {
        let home = try TestHome()
        try await home.run("vault put ci/canary-name", input: Array("first".utf8)).expect(0)
        try await home.run("vault put ci/canary-name", input: canary.bytes).expect(0)
        try await home.run("vault export ci/canary-name --to exported").expect(0)
        let key = try #require(home.contents(home.sigilum + "/gateway-master-key"))
        return (home, ["GATEWAY_MASTER_KEY": String(decoding: key, as: UTF8.self)])
    }

    @Test("a vault moves to another machine whole: values, history, deliveries; the file shows nothing of it")
    func moved() async throws {
        let canary = Canary()
        let (home, key) = try await made(canary)
        let result = try await home.run("vault backup one")
        result.expect(0)
        #expect(result.outputText.replacing(#/ +/#, with: " ").contains("\n entries: 1\n versions: 2\n"))
        let file = try #require(home.contents("one"))
        #expect(canary.form(in: file) == nil)
        #expect(Canary(bytes: Array("ci/canary-name".utf8)).form(in: file) == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: home.work + "/one")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try await home.run("vault restore one --check").expect(0)

        let other = try TestHome()
        try other.write(file, to: "one")
        try await other.run("vault restore one").expect(78, error: "No master key for this backup")
        try await other.run("vault restore one", variables: ["GATEWAY_MASTER_KEY": String(repeating: "ab", count: 32)])
            .expect(77, error: "The master key does not open this backup")
        #expect(!other.exists(other.sigilum))
        let restored = try await other.run("vault restore one", variables: key)
        restored.expect(0)
        #expect(restored.errorText.contains("[i] prove it:  sigilum vault verify\n"))
        #expect(restored.errorText.contains("[i] bring what it delivers up to date:  sigilum vault sync\n"))
        let verified = try await other.run("vault verify", variables: key)
        verified.expect(0)
        #expect(verified.errorText == "")
        let value = try await other.runner.run(
            other.call("vault get ci/canary-name --reveal-secrets", variables: key))
        #expect(value.output == canary.bytes + [0x0a])
        let history = try await other.run("vault history ci/canary-name --json", variables: key)
        #expect(history.outputText.contains("\"version\": 1"))
        try await other.run("vault diff", variables: key).expect(0)
        #expect(try await other.run("vault log", variables: key).outputText.contains("restored"))
        // The first home's export is on this disk, and its vault.
        #expect(home.leaks(of: canary, except: ["exported"]) == [])
        #expect(other.leaks(of: canary) == [])
    }

    @Test(
        "a recipient restores without the master key; another's key, a forged file and an unsafe key file are refused")
    func recipients() async throws {
        let canary = Canary()
        let (home, _) = try await made(canary)
        for name in ["mine", "other"] { try await home.run("vault recipient new --out \(name).key").expect(0) }
        let again = try await home.run("vault recipient new --out mine.key")
        again.expect(73, error: "There is a file already")
        let key = try await publicKey(home, "third.key")
        try home.write(Array("# who\n\n  \(key)  # third\n".utf8), to: "recipients")
        let made = try await home.run("vault backup one --recipients-file recipients --json")
        made.expect(0)
        let print = try #require(made.outputText.firstMatch(of: /"fingerprint": "([0-9a-f]{32})"/)).1
        let other = try TestHome()
        for name in ["one", "third.key", "other.key"] { try other.write(home.contents(name) ?? [], to: name) }
        try await other.run("vault restore one --recipient-key other.key")
            .expect(77, error: "The backup was not made for this recipient's key")
        try other.write(Array("recipient-secret-".utf8), to: "no.key")
        try await other.run("vault restore one --recipient-key no.key").expect(
            77, error: "Not a recipient's secret key")
        try await other.run("vault restore one --recipient-key no/such").expect(66)
        try await other.run(
            "vault restore one --recipient-key third.key --fingerprint \(String(repeating: "0", count: 32))"
        ).expect(65, error: "The backup is of another vault than the fingerprint's")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: other.work + "/third.key")
        try await other.run("vault restore one --recipient-key third.key").expect(77, error: "Unsafe permissions")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other.work + "/third.key")
        #expect(!other.exists(other.sigilum))
        let restored = try await other.run("vault restore one --recipient-key third.key --fingerprint \(print)")
        restored.expect(0)
        #expect(!restored.errorText.contains("[warn]"))
        try await other.run("vault verify").expect(0)
        let value = try await other.runner.run(other.call("vault get ci/canary-name --reveal-secrets"))
        #expect(value.output == canary.bytes + [0x0a])
        #expect(other.leaks(of: canary) == [])
    }

    private func publicKey(_ home: TestHome, _ file: String) async throws -> String {
        let made = try await home.run("vault recipient new --out \(file) --json")
        return String(try #require(made.outputText.firstMatch(of: /recipient-[0-9a-f]{64}/)).output)
    }

    @Test(
        "a vault that is there stays; put aside it is restored; an older backup needs a word, another vault's a place")
    func inPlace() async throws {
        let canary = Canary()
        let (home, key) = try await made(canary)
        try await home.run("vault backup old").expect(0)
        try await home.run("vault put later", input: Array("later".utf8)).expect(0)
        try await home.run("vault backup new").expect(0)
        // What SQLite shares between processes is no part of the vault.
        func files() -> [String: [UInt8]] { home.files(below: home.sigilum).filter { !$0.key.hasSuffix("-shm") } }
        let before = files()
        try await home.run("vault restore new").expect(73, error: "There is a vault already")
        #expect(files() == before)
        let aside = home.sigilum + "/before"
        try FileManager.default.createDirectory(
            atPath: aside, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in ["vault.db", "vault.db-wal", "vault.db-shm"] where home.exists(home.sigilum + "/" + name) {
            try FileManager.default.moveItem(atPath: home.sigilum + "/" + name, toPath: aside + "/" + name)
        }
        // The next one goes to a folder that is not there.
        try home.write([1], to: home.database + "-wal")
        let again = try await home.run("vault restore new")
        again.expect(73, error: "There is a vault already")
        #expect(again.errorText.contains("mkdir -m 700 '\(home.sigilum)/before-2'"))
        try FileManager.default.removeItem(atPath: home.database + "-wal")
        let empty = home.files()
        try await home.run("vault restore old")
            .expect(65, error: "The backup is older than what this machine has seen: audit record ")
        let (other, _) = try await made(canary)
        try await other.run("vault backup foreign").expect(0)
        let foreignKey = String(
            decoding: try #require(other.contents(other.sigilum + "/gateway-master-key")), as: UTF8.self)
        try home.write(other.contents("foreign") ?? [], to: home.root + "/foreign")
        try await home.run(
            "vault restore \(home.root)/foreign --accept-rollback", variables: ["GATEWAY_MASTER_KEY": foreignKey]
        ).expect(65, error: "The backup is of another vault than the one that was here")
        #expect(home.files() == empty)
        try await home.run("vault restore new").expect(0)
        let sync = try await home.run("vault sync --dry-run")
        sync.expect(0)
        try await home.run("vault verify").expect(0)
        // Once more, to the older one.
        for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
            try? FileManager.default.removeItem(atPath: home.sigilum + "/" + name)
        }
        try await home.run("vault restore old --accept-rollback").expect(0)
        let verified = try await home.run("vault verify")
        verified.expect(0)
        #expect(verified.errorText == "")
        try await home.run("vault get later").expect(66)
        _ = key
    }

    @Test("a backup from before another master key says that the key file is not its vault's")
    func keyOfBefore() async throws {
        let (home, key) = try await made(Canary())
        try await home.run("vault backup old").expect(0)
        try await home.run("vault rekey --gateway-loses-them").expect(0)
        for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
            try? FileManager.default.removeItem(atPath: home.sigilum + "/" + name)
        }
        let restored = try await home.run(
            "vault restore old --accept-rollback", variables: key)
        restored.expect(0)
        #expect(restored.errorText.contains("[warn] The key file in the home does not open this vault"))
        try await home.run("vault verify").expect(77)
        try await home.run("vault verify", variables: key).expect(0)
    }

    @Test("what was left of a vault whose file was taken away is not overwritten")
    func leftLog() async throws {
        let (home, _) = try await made(Canary())
        try await home.run("vault backup one").expect(0)
        try await home.run("vault put more", input: Array("x".utf8)).expect(0)
        try FileManager.default.removeItem(atPath: home.database)
        let before = home.files(below: home.sigilum)
        try await home.run("vault restore one").expect(73, error: "There is a vault already")
        #expect(home.files(below: home.sigilum) == before)
    }

    @Test("a backup that is cut, longer, changed or none is 65, and no home is made")
    func damaged() async throws {
        let (home, key) = try await made(Canary())
        try await home.run("vault backup one").expect(0)
        let file = try #require(home.contents("one"))
        let other = try TestHome()
        var changed = file
        changed[file.count - 30] ^= 1
        let cases: [[UInt8]] = [
            Array(file.dropLast()), Array(file.prefix(10)), [], file + [0], changed, Array("no backup at all".utf8),
        ]
        for (number, bytes) in cases.enumerated() {
            try other.write(bytes, to: "bad")
            for check in ["", " --check"] {
                let result = try await other.run("vault restore bad" + check, variables: key)
                result.expect(65, error: "Backup integrity: the backup is not whole, or not as it was written")
                #expect(!other.exists(other.sigilum), "\(number)")
            }
        }
        try await other.run("vault restore no/such", variables: key).expect(66, error: "File not found")
        try await other.run("vault restore /dev/null", variables: key).expect(77)
    }

    @Test("wrong words: 64, and nothing is written; a file that is there stays, or is replaced by --force")
    func words() async throws {
        let (home, _) = try await made(Canary())
        for words in [
            "", "-", "one two", "one --recipient recipient-12",
            "one --recipient auditor-" + String(repeating: "a", count: 64),
            "one --recipient recipient-" + String(repeating: "0", count: 64), "folder/",
        ] { try await home.run("vault backup " + words).expect(64) }
        #expect(!home.exists("one"))
        let secret = "recipient-secret-" + String(repeating: "ab", count: 32)
        let refused = try await home.run("vault backup one --recipient " + secret)
        refused.expect(64, error: "That is a recipient's secret key")
        #expect(!refused.errorText.contains(secret))
        try await home.run("vault backup one --recipients-file no/such").expect(66)
        try await home.run("vault backup no/such/one").expect(66)
        try await home.run("vault backup .sigilum-workspace/one").expect(
            64, error: "The file is inside the Sigilum home")
        try home.write([1, 2, 3], to: "one")
        try await home.run("vault backup one").expect(73, error: "There is a file already")
        #expect(home.contents("one") == [1, 2, 3])
        try await home.run("vault backup one --force").expect(0)
        try await home.run("vault restore one --check --accept-rollback").expect(64)
        try await home.run("vault restore one --check").expect(0)
        try await home.run("vault restore").expect(64)
        try FileManager.default.createSymbolicLink(atPath: home.work + "/link", withDestinationPath: "one")
        for force in ["", " --force"] { try await home.run("vault backup link" + force).expect(73) }
    }

    @Test("a passphrase's vault is backed up and restored with its passphrase")
    func passphrase() async throws {
        let home = try TestHome()
        let key = ["GATEWAY_MASTER_KEY": "correct horse battery staple"]
        try await home.run("vault put a", variables: key, input: Array("x".utf8)).expect(0)
        try await home.run("vault backup one", variables: key).expect(0)
        let other = try TestHome()
        try other.write(home.contents("one") ?? [], to: "one")
        try await other.run("vault restore one", variables: key).expect(0)
        try await other.run("vault verify", variables: key).expect(0)
    }

    @Test("a backup is one state while others write, and is restored as that")
    func whileWriting() async throws {
        let home = try TestHome()
        let names = (0..<24).map { "many/\($0)" }
        for name in names {
            try await home.run("vault put " + name, input: [UInt8](repeating: 0x61, count: 16_000)).expect(0)
        }
        async let writing: Void = {
            for number in 0..<10 {
                try await home.run("vault put written/\(number)", input: Array("x\(number)".utf8)).expect(0)
            }
        }()
        for number in 0..<3 { try await home.run("vault backup file-\(number)").expect(0) }
        try await writing
        for number in 0..<3 { try await home.run("vault restore file-\(number) --check").expect(0) }
        let key = String(decoding: try #require(home.contents(home.sigilum + "/gateway-master-key")), as: UTF8.self)
        let other = try TestHome()
        try other.write(home.contents("file-2") ?? [], to: "one")
        try await other.run("vault restore one", variables: ["GATEWAY_MASTER_KEY": key]).expect(0)
        try await other.run("vault verify", variables: ["GATEWAY_MASTER_KEY": key]).expect(0)
    }
}
