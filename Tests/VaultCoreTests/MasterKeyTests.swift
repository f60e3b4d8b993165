import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Master keys")
struct MasterKeyTests {
    private let hex = VaultScene.masterKey
    private let base64 = "ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8="

    @Test("a random key opens in hex of either case and in base64")
    func randomKey() throws {
        let scene = try VaultScene(masterKey: hex)
        #expect(scene.vault.keyKind == .random)
        try scene.put("a", "one")
        for text in [hex, hex.uppercased(), base64] {
            let vault = try scene.reopened(masterKey: text)
            #expect(try vault.reveal(EntryName("a"), purpose: "test").text == "one")
        }
    }

    @Test("another key is a wrong key, of whatever kind it is")
    func wrongKey() throws {
        let scene = try VaultScene(masterKey: hex)
        let before = scene.storage.rows
        for text in ["", "passphrase", String(hex.dropLast()) + "0", hex + "0", String(hex.dropLast())] {
            #expect(Outcome { try scene.reopened(masterKey: text) } == .refused("wrongKey"))
        }
        #expect(scene.storage.rows == before)
    }

    @Test("a passphrase opens what it made, and nothing else does")
    func passphrase() throws {
        let scene = try VaultScene(masterKey: "correct horse battery staple")
        #expect(scene.vault.keyKind == .passphrase)
        #expect(scene.vault.keyCost == (PassphraseCost.least.passes, PassphraseCost.least.memoryKiB))
        try scene.put("a", "one")
        let vault = try scene.reopened(masterKey: "correct horse battery staple")
        #expect(vault.keyKind == .passphrase)
        #expect(try vault.reveal(EntryName("a"), purpose: "test").text == "one")
        for text in ["correct horse battery stapl", "correct horse battery staple ", hex] {
            #expect(Outcome { try scene.reopened(masterKey: text) } == .refused("wrongKey"))
        }
        #expect(try Vault.takesPassphrase(scene.storage))
        #expect(try !Vault.takesPassphrase(VaultScene().storage))
    }

    @Test("the kind of key is what the slot says: a passphrase that looks like a random key now is still one")
    func kindIsNotGuessed() throws {
        let dataKey = SecretBytes(randomCount: 32)
        let id = [UInt8](repeating: 1, count: 16)
        let slot = try SlotCrypto.wrap(
            dataKey, under: secret(hex), kind: .passphrase, cost: .least, vaultID: id, number: 0, epoch: 1)
        let row = try SlotCrypto.decode(([0], slot))
        #expect(row.kdf == 1)
        #expect(try SlotCrypto.unwrap(row, with: secret(hex))?.bytes.equals(dataKey) == true)
        #expect(try SlotCrypto.unwrap(row, with: secret(hex.uppercased())) == nil)
    }

    @Test("a slot with a cost out of bounds is damage, and nothing is stretched with it")
    func costs() throws {
        let scene = try VaultScene(masterKey: "correct horse battery staple")
        let stored = try #require(scene.storage.rows[.slot, [0]])
        var row = try SlotCrypto.decode(([0], stored))
        for (passes, memory) in [(1, 65_536), (5, 65_536), (2, 65_535), (2, 1 << 20 | 1), (.max, .max)]
            as [(UInt32, UInt32)]
        {
            (row.passes, row.memoryKiB) = (passes, memory)
            // Even with a checksum that fits.
            scene.storage.rows[.slot, [0]] = row.encoded + Checksum.digest(row.encoded).bytes
            #expect(damage { try scene.reopened(masterKey: "correct horse battery staple") } == .slot(0))
        }
    }

    @Test("a slot that somebody changed, and whose checksum they made anew, is damage and no wrong key")
    func forgedChecksum() throws {
        let scene = try VaultScene(masterKey: hex)
        let stored = try #require(scene.storage.rows[.slot, [0]])
        for offset in 0..<stored.count - Digest.width {
            var body = Array(stored.dropLast(Digest.width))
            body[offset] ^= 1
            scene.storage.rows[.slot, [0]] = body + Checksum.digest(body).bytes
            #expect(damage { try scene.reopened() } == .slot(0), "byte \(offset)")
        }
    }

    @Test("making a vault where there is one opens it, with its key alone")
    func createTwice() throws {
        let scene = try VaultScene(masterKey: hex)
        let before = scene.storage.rows
        func create(_ key: String) throws -> (vault: Vault, isNew: Bool) {
            try Vault.create(
                in: scene.storage, masterKey: secret(key), anchors: scene.anchors,
                environment: scene.clock.environment)
        }
        let again = try create(hex)
        #expect(!again.isNew && again.vault.id == scene.vault.id)
        #expect(Outcome { try create("other") } == .refused("wrongKey"))
        #expect(scene.storage.rows == before)
    }

    @Test("two vaults under one key share nothing")
    func separate() throws {
        let one = try VaultScene(), other = try VaultScene()
        try one.put("a", "same")
        try other.put("a", "same")
        #expect(one.vault.id != other.vault.id)
        #expect(one.storage.rows.keys(.entry) != other.storage.rows.keys(.entry))
        #expect(one.vault.fingerprint(secret("same")) != other.vault.fingerprint(secret("same")))
    }

    @Test("an empty store has no vault")
    func empty() throws {
        let outcome = Outcome {
            try Vault.open(
                MemoryStorage(), masterKey: secret(hex), anchors: MemoryAnchors(), environment: FixedClock().environment
            )
        }
        #expect(outcome == .refused("noVault"))
        #expect(try !Vault.exists(in: MemoryStorage()))
    }
}
