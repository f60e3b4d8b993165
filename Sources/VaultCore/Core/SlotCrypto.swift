internal import Sealing
package import SecureMemory
internal import VaultFormat

/// How a master key was written down; written into the slot when it is made, and never guessed afterwards.
package enum MasterKeyKind: UInt8, Sendable {
    /// 32 random bytes in hex or base64: hashed.
    case random = 0
    /// Anything else: stretched with Argon2id.
    case passphrase = 1

    /// What a key that makes a new vault is.
    package static func classify(_ text: borrowing SecretBytes) -> MasterKeyKind {
        MasterKeyText.randomKey(text) == nil ? .passphrase : .random
    }
}

/// Wrapping the data key under a master key, and unwrapping it.
enum SlotCrypto {
    /// A slot's row, with its checksum, for a new wrapping of `dataKey`.
    static func wrap(
        _ dataKey: borrowing SecretBytes, under masterKey: borrowing SecretBytes, kind: MasterKeyKind,
        cost: PassphraseCost, vaultID: [UInt8], number: UInt8, epoch: UInt32
    ) throws(VaultError) -> [UInt8] {
        var row = SlotRow(
            vaultID: vaultID, number: number, epoch: epoch, kdf: kind.rawValue,
            passes: kind == .passphrase ? cost.passes : 0, memoryKiB: kind == .passphrase ? cost.memoryKiB : 0,
            salt: RandomBytes.make(16), nonce: Nonce.random().bytes, wrappedKey: [], commitment: [])
        guard let root = try root(row, masterKey), let nonce = Nonce(row.nonce) else { throw .wrongKey }
        let keys = derive(row, root)
        row.wrappedKey = AEAD.seal(dataKey, boundTo: row.header, nonce: nonce, key: keys.wrapping.bytes)
        row.commitment = commitment(row, keys.committing.bytes).bytes
        return row.encoded + Checksum.digest(row.encoded).bytes
    }

    /// Reads a row; the checksum tells damage from a key that does not fit.
    static func decode(_ slot: (key: [UInt8], value: [UInt8])) throws(VaultError) -> SlotRow {
        let (number, bytes) = (slot.key.first ?? 0, slot.value)
        guard slot.key.count == 1 else { throw .integrity(.slot(number)) }
        guard bytes.count > Digest.width,
            Checksum.digest(Array(bytes.dropLast(Digest.width))).bytes
                == Array(bytes.suffix(Digest.width))
        else { throw .integrity(.slot(number)) }
        guard let row = try? SlotRow(decoding: Array(bytes.dropLast(Digest.width))), row.number == number else {
            throw .integrity(.slot(number))
        }
        return row
    }

    /// The data key, or nil where the master key is another one. The commitment is compared before anything is opened.
    static func unwrap(_ row: SlotRow, with masterKey: borrowing SecretBytes) throws(VaultError) -> SharedSecret? {
        guard let root = try root(row, masterKey) else { return nil }
        return try unwrap(row, stretched: root)
    }

    /// The data key by what the master key was stretched to, or read as; nil where it is another slot's, or another key's.
    static func unwrap(_ row: SlotRow, stretched root: SharedSecret) throws(VaultError) -> SharedSecret? {
        let keys = derive(row, root)
        guard let expected = Digest(row.commitment),
            expected.matches(commitment(row, keys.committing.bytes)), let nonce = Nonce(row.nonce)
        else { return nil }
        do throws(OpeningFailed) {
            let key = try AEAD.open(row.wrappedKey, boundTo: row.header, nonce: nonce, key: keys.wrapping.bytes)
            return SharedSecret(key)
        } catch {
            throw .integrity(.slot(row.number))
        }
    }

    private static func commitment(_ row: SlotRow, _ key: borrowing SecretBytes) -> Digest {
        KeyedHash.digest(Purpose("slot commitment"), key: key, row.header + row.nonce + row.wrappedKey)
    }

    /// What a master key is read as, or stretched to; nil where the text cannot be the kind of key that the slot is for.
    static func root(_ row: SlotRow, _ masterKey: borrowing SecretBytes) throws(VaultError) -> SharedSecret? {
        switch MasterKeyKind(rawValue: row.kdf) {
        case .random:
            return MasterKeyText.randomKey(masterKey)
        case .passphrase:
            guard let cost = PassphraseCost(passes: row.passes, memoryKiB: row.memoryKiB) else {
                throw .integrity(.slot(row.number))
            }
            do throws(NotEnoughMemory) {
                return SharedSecret(try PassphraseHash.derive(masterKey, salt: row.salt, cost: cost))
            } catch {
                throw .notEnoughMemory
            }
        case nil: return nil
        }
    }

    /// Wrapping key and commitment key.
    private static func derive(
        _ row: SlotRow, _ root: SharedSecret
    ) -> (wrapping: SharedSecret, committing: SharedSecret) {
        let both = KeyedHash.derive(
            Purpose("sigilum1.slot"), key: root.bytes, salt: row.salt, message: row.header, count: 64)
        func half(_ range: Range<Int>) -> SharedSecret {
            SharedSecret(
                both.withBytes { both in
                    SecretBytes(capacity: 32) { out in
                        out.copyBytes(from: both[range])
                        return 32
                    }
                })
        }
        return (half(0..<32), half(32..<64))
    }
}
