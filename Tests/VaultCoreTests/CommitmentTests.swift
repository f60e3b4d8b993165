import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Commitments")
struct CommitmentTests {
    /// A sealed value that opens under two keys: made from XChaCha20 and Poly1305 alone, by choosing one block of the
    /// ciphertext so that both tags are the same. The keys are those for values of the vaults below.
    private static let sealed = hex(
        """
        b2879adeef3f9b261b7fda14542a87a897fe9ee69f216f61c2360c290d06abe842ddc489bfe8cef5881024fc90508f69
        d9911e807d3f702744f38862178379b7019629f654ae8dc01860a8bf24093a71c6db137b09fad990febff98b7bcb1e5e
        6dbe621f31e483e2f5d47513a3b7099e4d521b91c126f017232bedba31aea4ec24bc962c3a06369eae8a7f788a72519d
        949777ed76eee6bff12bfcba4a2397ca77b07e061b16d480cdd517ab7d60de15ea9b266a4cec77a52a8edfc00d465c4d
        c8f7548d6ea3dc4f990480eb5116ae1c7beca81ba36da99f11313953e2d9228a53a26cceb51bccfc8adb2637b52a5e88
        353c54bdbfcdab07b738747cd0881635f80d65460b35bbb0e00824494404dea77e7a3479
        """)

    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func ring(_ dataKey: UInt8) -> KeyRing {
        KeyRing(
            dataKey: SharedSecret(SecretBytes(copying: [UInt8](repeating: dataKey, count: 32))),
            vaultID: [UInt8](repeating: 7, count: 16), epoch: 1)
    }

    @Test("a value that opens under two keys opens in the vault that committed to it, and in no other")
    func twoKeys() throws {
        let one = Self.ring(1), other = Self.ring(2)
        let entry = [UInt8](repeating: 3, count: 16)
        let nonce = try #require(Nonce([UInt8](repeating: 9, count: 24)))
        let bound = SealedVersion.bound(one, entry: entry, version: 1, createdAt: 0, origin: 0)
        #expect(bound == SealedVersion.bound(other, entry: entry, version: 1, createdAt: 0, origin: 0))
        // The AEAD alone takes it for the first vault's and for the other's.
        for keys in [one, other] {
            #expect(throws: Never.self) {
                _ = try AEAD.open(Self.sealed, boundTo: bound, nonce: nonce, key: keys.bodies.bytes)
            }
        }
        let commitment = one.commitment(boundTo: bound, nonce: nonce.bytes, ciphertext: Self.sealed)
        let version = SealedVersion(
            entry: entry, version: 1,
            body: BodyRow(
                createdAt: 0, origin: 0, nonce: nonce.bytes, ciphertext: Self.sealed, commitment: commitment.bytes))
        #expect(try version.open(one).text.hasPrefix("the value under the first key"))
        #expect(damage { try version.open(other) } == .body(entry: entry, version: 1))
    }

    @Test("a value whose commitment was changed is not opened, although its key fits")
    func changedCommitment() throws {
        let keys = Self.ring(1)
        let entry = [UInt8](repeating: 3, count: 16)
        let body = try SealedVersion.seal(
            secret("value"), keys: keys, entry: entry, version: 2, createdAt: 5, origin: .given)
        #expect(try SealedVersion(entry: entry, version: 2, body: body).open(keys).text == "value")
        for bit in 0..<256 {
            var changed = body
            changed.commitment[bit / 8] ^= 1 << UInt8(bit % 8)
            let version = SealedVersion(entry: entry, version: 2, body: changed)
            #expect(damage { try version.open(keys) } == .body(entry: entry, version: 2))
        }
    }

    @Test("a sealed value belongs to its entry, version, time and origin")
    func bound() throws {
        let keys = Self.ring(1)
        let entry = [UInt8](repeating: 3, count: 16)
        let body = try SealedVersion.seal(
            secret("value"), keys: keys, entry: entry, version: 2, createdAt: 5, origin: .given)
        func opens(_ entry: [UInt8], _ version: UInt32, _ edit: (inout BodyRow) -> Void = { _ in }) -> Bool {
            var body = body
            edit(&body)
            return damage { try SealedVersion(entry: entry, version: version, body: body).open(keys) } == nil
        }
        #expect(opens(entry, 2))
        #expect(!opens(entry.map { $0 + 1 }, 2))
        #expect(!opens(entry, 1))
        #expect(!opens(entry, 2) { $0.createdAt = 6 })
        #expect(!opens(entry, 2) { $0.origin = 1 })
    }

    @Test("a slot's commitment is compared before its key is used")
    func slot() throws {
        let dataKey = SecretBytes(randomCount: 32)
        let slot = try SlotCrypto.wrap(
            dataKey, under: secret(VaultScene.masterKey), kind: .random, cost: .least,
            vaultID: [UInt8](repeating: 1, count: 16), number: 0, epoch: 1)
        var row = try SlotCrypto.decode(([0], slot))
        #expect(try SlotCrypto.unwrap(row, with: secret(VaultScene.masterKey))?.bytes.equals(dataKey) == true)
        for byte in row.commitment.indices {
            row.commitment[byte] ^= 1
            #expect(try SlotCrypto.unwrap(row, with: secret(VaultScene.masterKey)) == nil)
            row.commitment[byte] ^= 1
        }
    }
}
