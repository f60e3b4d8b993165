internal import Sealing
package import SecureMemory
internal import VaultFormat

/// What opens a backup.
package enum BackupKey: Sendable {
    case masterKey(SharedSecret)
    case recipient(RecipientSecret)
}

/// A recipient's own key pair.
package struct RecipientSecret: Sendable {
    let pair: RecipientKeyPair

    /// Nil where a file's content is no recipient's secret key.
    package init?(text: borrowing SecretBytes) {
        guard let pair = RecipientKeyText.decode(text) else { return nil }
        self.pair = pair
    }
}

/// The keys of one backup: the stream's own, and the vault's.
package struct BackupKeys: Sendable {
    let keys: KeyRing
    let stream: SharedSecret
    /// What every chunk is bound to, and what proves the header.
    let tag: [UInt8]

    /// Names the vault's data key, for people to compare: 32 hexadecimal digits.
    package var fingerprint: String { keys.fingerprint }

    static func sealStreamKey(_ stream: SharedSecret, _ keys: KeyRing, backupID: [UInt8], nonce: Nonce) -> [UInt8] {
        AEAD.seal(
            stream.bytes, boundTo: bound(keys.vaultID, keys.epoch, backupID), nonce: nonce,
            key: keys.subkey(Purpose("sigilum1.backup")).bytes)
    }

    static func bound(_ vaultID: [UInt8], _ epoch: UInt32, _ backupID: [UInt8]) -> [UInt8] {
        KeyRing.bound(vaultID, epoch, [Array("backup key".utf8), backupID])
    }

    /// Over the header, under the stream's key: proves the header, and that the stream opens under this key alone.
    static func tag(_ stream: SharedSecret, _ header: [UInt8]) -> Digest {
        KeyedHash.digest(Purpose("backup header"), key: stream.bytes, header)
    }

    /// What is sealed to a recipient.
    static func seal(_ stream: SharedSecret, _ dataKey: SharedSecret, to recipient: Recipient) -> [UInt8]? {
        let both = SecretBytes(capacity: BackupHeader.Recipient.plaintextWidth) { out in
            var end = 0
            for key in [stream, dataKey] {
                key.bytes.withBytes { key in
                    UnsafeMutableRawBufferPointer(rebasing: out[end...]).copyMemory(from: key)
                    end += key.count
                }
            }
            return end
        }
        return SealedBox.seal(both, to: recipient.key)
    }
}

extension BackupHeader {
    /// The stream's key and the data key's subkeys, not proven yet; nil where nothing in the header is for this key.
    func keys(with key: BackupKey) throws(VaultError) -> (stream: SharedSecret, keys: KeyRing)? {
        switch key {
        case .masterKey(let masterKey):
            for slot in slots {
                let row = try SlotCrypto.decode((slot.key, slot.value))
                guard row.vaultID == vaultID, row.epoch == epoch else { throw .integrity(.backup) }
                guard let dataKey = try SlotCrypto.unwrap(row, with: masterKey.bytes) else { continue }
                let keys = KeyRing(dataKey: dataKey, vaultID: vaultID, epoch: epoch)
                let bound = BackupKeys.bound(vaultID, epoch, backupID)
                guard let nonce = Nonce(nonce),
                    let stream = try? AEAD.open(
                        sealedKey, boundTo: bound, nonce: nonce, key: keys.subkey(Purpose("sigilum1.backup")).bytes)
                else { throw .integrity(.backup) }
                return (SharedSecret(stream), keys)
            }
            return nil
        case .recipient(let secret):
            guard let mine = recipients.first(where: { $0.key == secret.pair.publicKey.bytes }) else { return nil }
            guard let opened = try? SealedBox.open(mine.box, with: secret.pair),
                opened.count == Recipient.plaintextWidth
            else { throw .integrity(.backup) }
            func half(_ range: Range<Int>, _ opened: borrowing SecretBytes) -> SharedSecret {
                opened.withBytes { bytes in
                    SharedSecret(
                        SecretBytes(capacity: 32) { out in
                            out.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                            return 32
                        })
                }
            }
            let keys = KeyRing(dataKey: half(32..<64, opened), vaultID: vaultID, epoch: epoch)
            return (half(0..<32, opened), keys)
        }
    }
}
