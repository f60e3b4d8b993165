import Foundation
import Testing
import VaultTestSupport

@Suite("Changing the master key, as a command", .few)
struct RekeyTests {
    private let lost = " --gateway-loses-them"

    @Test("the key file gets a new key, the one before is kept as a file and an entry, and opens nothing")
    func keyFile() async throws {
        let scene = try await KeyScene()
        let old = try #require(scene.key("gateway-master-key"))
        let slot = try #require(try scene.storedSlots()[[0]])[42..<58]
        let result = try await scene.run("vault rekey" + lost)
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Master key changed\n"))
        #expect(result.outputText.contains("wiped:    true"))
        #expect(
            result.errorText.contains("[i] start the gateway with the new key, then:  sigilum vault rekey --redeliver"))
        let new = try #require(scene.key("gateway-master-key"))
        #expect(new.bytes != old.bytes && new.bytes.count == 64)
        #expect(scene.key("gateway-master-key.previous")?.bytes == old.bytes)
        #expect(scene.key("gateway-master-key.new") == nil)
        #expect(!scene.vaultHas(slot) && scene.logOfWritesIsEmpty)
        #expect(try await scene.opens())
        let previous = ".sigilum-workspace/gateway-master-key.previous"
        try await scene.run("vault list", key: previous).expect(77)
        let kept = try await scene.home.runner.run(
            scene.call("vault get gateway-master-key-previous --reveal-secrets"))
        #expect(kept.outputText == old.text + "\n")
        let log = try await scene.run("vault log")
        for event in ["key added", "key removed", "master key changed"] { #expect(log.outputText.contains(event)) }
        // And again: the file has the last one, the entry all of them.
        try await scene.run("vault rekey --json" + lost).expect(0)
        #expect(scene.key("gateway-master-key.previous")?.bytes == new.bytes)
        #expect(try await scene.opens())
        #expect(scene.leaks() == [])
    }

    @Test("a key from elsewhere: both open the vault until the new one has, by any command; then the old one goes")
    func elsewhere() async throws {
        let scene = try await KeyScene()
        try scene.home.write(scene.key("gateway-master-key")?.bytes ?? [], to: "phrase")
        let begun = try await scene.run("vault rekey --new-key-file other.key" + lost, key: "phrase")
        begun.expect(0)
        #expect(begun.outputText.hasPrefix("[ok] New master key added: both open the vault\n"))
        #expect(try await scene.opens(key: "phrase"))
        let list = try await scene.run("vault key list", key: "phrase")
        #expect(list.outputText.contains("takes the place of slot 0"))
        let first = try await scene.run("vault list", key: "other.key")
        first.expect(0)
        #expect(first.errorText.contains("[i] The new master key has opened the vault: the old one, slot 0"))
        #expect(try await scene.opens(key: "other.key"))
        try await scene.run("vault list", key: "phrase").expect(77)
        #expect(try await scene.slots(key: "other.key") == [1])
        // The key file of the home would have been in the way.
        #expect(scene.key("gateway-master-key") == nil && scene.key("gateway-master-key.previous") != nil)
        #expect(scene.leaks() == [])
    }

    @Test("a passphrase in the place of a key file: the file is kept aside, and the gateway's key is a random entry")
    func passphrase() async throws {
        let scene = try await KeyScene()
        let phrase = Canary(bytes: Array("correct horse battery \(UUID().uuidString)".utf8))
        try scene.home.write(phrase.bytes, to: "phrase")
        let result = try await scene.run("vault rekey --passphrase --new-key-from-file phrase" + lost)
        result.expect(0)
        #expect(result.outputText.contains("key_kind: passphrase"))
        #expect(
            result.errorText.contains("[i] the gateway's new master key is random, and the entry gateway-master-key"))
        #expect(scene.key("gateway-master-key") == nil)
        #expect(try await scene.opens(key: "phrase"))
        let made = try await scene.home.runner.run(
            scene.call("vault get gateway-master-key --reveal-secrets", key: "phrase"))
        #expect(made.outputText.dropLast().count == 64 && made.outputText.dropLast().allSatisfy(\.isHexDigit))
        // From now on the vault's key is another matter than the gateway's.
        let again = try await scene.run("vault rekey --new-key-file other.key", key: "phrase")
        again.expect(0)
        #expect(again.errorText.contains("[i] the gateway keeps its own key, the entry gateway-master-key"))
        #expect(scene.home.leaks(of: phrase, except: KeyScene.keyFiles) == [])
    }

    @Test(
        "compromised: all of it under another data key; nothing that the old key could open is left; all that was is there"
    )
    func compromised() async throws {
        let scene = try await KeyScene()
        for number in 0..<3 { try await scene.run("vault put c/d", input: Array("value \(number)".utf8)).expect(0) }
        try await scene.run("vault export a/b --to exported").expect(0)
        try await scene.run("vault key add --new-key-file other.key").expect(0)
        let auditor = try await scene.auditor()
        try await scene.run("vault log --auditor " + auditor).expect(0)
        try await scene.run("vault log --export early.log").expect(0)
        let before = try await scene.run("vault history c/d --json").outputText
        let stolen = scene.home.contents(scene.home.database) ?? []
        let result = try await scene.run("vault rekey --compromised" + lost)
        result.expect(0)
        #expect(result.outputText.contains("data_key: 2") && result.outputText.contains("wiped:    true"))
        #expect(result.errorText.contains("[warn] Whoever had the old key may have read every value"))
        #expect(try await scene.opens())
        #expect(try await scene.run("vault history c/d --json").outputText == before)
        try await scene.run("vault list", key: "other.key").expect(77)
        try await scene.run("vault list", key: ".sigilum-workspace/gateway-master-key.previous").expect(77)
        #expect(try await scene.slots().count == 1)
        // What was delivered is where it was, and nothing is to be delivered again.
        try await scene.run("vault sync --dry-run").expect(0)
        try await scene.run("vault verify --anchor early.log").expect(0)
        try await scene.run("vault log --export late.log").expect(0)
        let proof = "vault log --verify late.log --auditor-key auditor.key"
        try await scene.run(proof + " --anchor early.log").expect(0)
        try await scene.run("vault rekey --compromised" + lost).expect(0)
        #expect(try await scene.opens())
        // The vault of before in its place is noticed.
        try scene.home.write(stolen, to: scene.home.database)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: scene.home.database + suffix) }
        let back = try await scene.run("vault list", key: "other.key")
        back.expect(65, error: "Vault integrity: the vault was put back")
        #expect(scene.home.leaks(of: scene.canary, except: ["exported"]) == [])
    }

    @Test(
        "move-out: a passphrase opens the vault, the key file is gone, the gateway's key is an entry without an export")
    func moveOut() async throws {
        let scene = try await KeyScene()
        let old = try #require(scene.key("gateway-master-key"))
        let phrase = Canary(bytes: Array("correct horse battery \(UUID().uuidString)".utf8))
        let result = try await scene.run("vault key move-out", input: phrase.bytes)
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] The key file is gone; the new key opens the vault\n"))
        #expect(scene.home.files(below: scene.home.sigilum).values.allSatisfy { $0 != old.bytes })
        try await scene.run("vault list").expect(78)
        try scene.home.write(phrase.bytes, to: "phrase")
        #expect(try await scene.opens(key: "phrase"))
        let kept = try await scene.home.runner.run(
            scene.call("vault get gateway-master-key --reveal-secrets", key: "phrase"))
        #expect(kept.outputText == old.text + "\n")
        try await scene.run("vault export gateway-master-key --to x", key: "phrase").expect(64)
        #expect(try await scene.slots(key: "phrase") == [1])
        #expect(scene.home.leaks(of: old) == [])
        #expect(scene.home.leaks(of: phrase, except: KeyScene.keyFiles) == [])
    }
}

extension KeyScene {
    /// Makes `auditor.key`, and tells its public key.
    fileprivate func auditor() async throws -> String {
        let made = try await run("vault auditor new --out auditor.key --json")
        return made.json["public_key"] as? String ?? ""
    }
}
