import Foundation
import Testing
import VaultTestSupport

@Suite("Changing the master key after a change that was begun, and with every slot in use", .few)
struct RekeyBegunTests {
    private let lost = " --gateway-loses-them"

    /// A vault whose key is in the file `phrase`, with a change to `other.key` that waits for its first use.
    private func makeScene() async throws -> KeyScene {
        let scene = try await KeyScene()
        try scene.home.write(scene.key("gateway-master-key")?.bytes ?? [], to: "phrase")
        try FileManager.default.removeItem(atPath: scene.home.sigilum + "/gateway-master-key")
        try await scene.run("vault rekey --new-key-file other.key" + lost, key: "phrase").expect(0)
        return scene
    }

    @Test("opening the vault finishes what was begun; then what these words ask for is done")
    func goesOn() async throws {
        let scene = try await makeScene()
        let result = try await scene.run("vault rekey --new-key-file third.key" + lost, key: "other.key")
        result.expect(0)
        #expect(result.errorText.contains("[i] The new master key has opened the vault: the old one, slot 0"))
        #expect(result.outputText.hasPrefix("[ok] New master key added: both open the vault\n"))
        #expect(result.outputText.contains("key_file: third.key"))
        #expect(try await scene.opens(key: "third.key"))
        #expect(try await scene.slots(key: "third.key").count == 1)
        try await scene.run("vault list", key: "other.key").expect(77)

        // A passphrase is what was asked for: a passphrase opens it then.
        let begun = try await scene.run("vault rekey --new-key-file fourth.key" + lost, key: "third.key")
        begun.expect(0)
        let phrase = Canary(prefix: "correct horse ")
        let changed = try await scene.run("vault rekey --passphrase" + lost, key: "fourth.key", input: phrase.bytes)
        changed.expect(0)
        try scene.home.write(phrase.bytes, to: "phrase")
        #expect(try await scene.opens(key: "phrase"))
        #expect(scene.home.leaks(of: phrase, except: KeyScene.keyFiles) == [])
    }

    @Test("the same words again, with the new key: the change is finished, and nothing is done twice")
    func sameWords() async throws {
        let scene = try await makeScene()
        let key = try #require(scene.key("other.key"))
        let again = try await scene.run("vault rekey --new-key-file other.key" + lost, key: "other.key")
        again.expect(0)
        #expect(again.outputText.hasPrefix("[ok] Master key changed: what was begun before is finished\n"))
        #expect(scene.key("other.key")?.bytes == key.bytes)
        #expect(try await scene.slots(key: "other.key") == [1])
        #expect(scene.leaks() == [])
    }

    @Test("words that say no new key are not taken for a change to one that was said")
    func otherWords() async throws {
        let scene = try await makeScene()
        let result = try await scene.run("vault rekey" + lost, key: "other.key")
        result.expect(64, error: "The master key comes from GATEWAY_MASTER_KEY_FILE")
        #expect(result.errorText.contains("[i] The new master key has opened the vault: the old one, slot 0"))
        // As the key file of the home it is replaced, as asked.
        try await scene.run("vault rekey --new-key-file third.key" + lost, key: "other.key").expect(0)
        let third = try #require(scene.home.contents("third.key"))
        try scene.home.write(third, to: scene.home.sigilum + "/gateway-master-key")
        try await scene.run("vault rekey" + lost).expect(0)
        #expect(scene.key("gateway-master-key")?.bytes != third)
        #expect(scene.key("gateway-master-key.previous")?.bytes == third)
        #expect(try await scene.opens())
    }

    @Test("a change that waits is not dropped by another: it says which key waits, how to go on, and how to give it up")
    func waiting() async throws {
        let scene = try await makeScene()
        let slots = try scene.storedSlots()
        for line in [
            "vault rekey --new-key-file third.key" + lost, "vault rekey --passphrase" + lost,
        ] {
            let refused = try await scene.run(line, key: "phrase", input: Canary(prefix: "correct horse ").bytes)
            refused.expect(76, error: "Another change of the master key is not finished: slot 1 is to take")
            #expect(refused.errorText.contains("its new key is in \(scene.home.work)/other.key"))
            #expect(refused.errorText.contains("sigilum vault key remove 1 --confirm 1"))
        }
        #expect(try scene.storedSlots() == slots)
        #expect(!scene.home.exists("third.key"))
        // The same words again are the same change.
        try await scene.run("vault rekey --new-key-file other.key" + lost, key: "phrase").expect(0)
        #expect(try scene.storedSlots() == slots)
        // A key from a variable: no file is known.
        try await scene.run("vault key remove 1 --confirm 1", key: "phrase").expect(0)
        let digits = String((0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" })
        let variable = try await scene.run(
            "vault rekey --new-key-from-env NEW" + lost, key: "phrase", variables: ["NEW": digits])
        variable.expect(0)
        let unknown = try await scene.run("vault rekey --new-key-file third.key" + lost, key: "phrase")
        unknown.expect(76)
        #expect(unknown.errorText.contains("its new key is where it was given from"))
        // Where somebody else has the key, every other one goes at once.
        try await scene.run("vault rekey --compromised --new-key-file third.key" + lost, key: "phrase").expect(0)
        #expect(try await scene.opens(key: "third.key"))
        #expect(try await scene.slots(key: "third.key").count == 1)
        #expect(scene.home.leaks(of: Canary(bytes: Array(digits.utf8))) == [])
    }

    @Test("with every slot in use nothing is made and nothing changed; compromised, the others go, and it is")
    func full() async throws {
        let scene = try await KeyScene()
        for name in ["a.key", "b.key", "c.key"] {
            try await scene.run("vault key add --new-key-file \(name)").expect(0)
        }
        let slots = try scene.storedSlots()
        for line in [
            "vault rekey" + lost, "vault rekey --new-key-file x" + lost, "vault key add --new-key-file x",
            "vault key move-out --new-key-file x",
        ] {
            try await scene.run(line).expect(64, error: "The vault has 4 keys")
            #expect(!scene.home.exists("x") && scene.key("gateway-master-key.new") == nil, "\(line)")
        }
        #expect(try scene.storedSlots() == slots)
        // One that opens it already is said to, as before.
        try await scene.run("vault key add --new-key-file a.key").expect(0)
        let result = try await scene.run("vault rekey --compromised" + lost)
        result.expect(0)
        #expect(result.outputText.contains("slots:    1") && result.outputText.contains("wiped:    true"))
        #expect(try await scene.opens())
        for name in ["a.key", "b.key", "c.key"] { try await scene.run("vault list", key: name).expect(77) }
        for slot in slots.values { #expect(!scene.vaultHas(slot[42..<58])) }
        // From elsewhere, with the new key in a file of its own.
        for name in ["d.key", "e.key", "f.key"] {
            try await scene.run("vault key add --new-key-file \(name)").expect(0)
        }
        try await scene.run("vault rekey --compromised --new-key-file x" + lost, key: "e.key").expect(0)
        #expect(try await scene.opens(key: "x"))
        try await scene.run("vault list").expect(77)
    }

    @Test("a passphrase is warned of wherever one is made the key, and one that is short is called that")
    func passphrases() async throws {
        for (line, answer) in [
            ("vault key add --passphrase", "x"), ("vault rekey --passphrase" + lost, "y"), ("vault key move-out", "z"),
        ] {
            let scene = try await KeyScene()
            let result = try await scene.run(line, input: Array(answer.utf8))
            result.expect(0)
            #expect(result.errorText.contains("[warn] The master key is a passphrase"), "\(line)")
            #expect(result.errorText.contains("[warn] It has fewer than 12 characters"), "\(line)")
        }
        let home = try TestHome()
        let made = try await home.run("vault init", variables: ["GATEWAY_MASTER_KEY": "x"])
        #expect(made.errorText.contains("[warn] The master key is a passphrase"))
        #expect(made.errorText.contains("[warn] It has fewer than 12 characters"))
        let long = try await KeyScene()
        let phrase = Array("correct horse battery".utf8)
        let added = try await long.run("vault key add --passphrase", input: phrase)
        #expect(added.errorText.contains("[warn] The master key is a passphrase"))
        #expect(!added.errorText.contains("It has fewer"))
    }
}
