internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// One run of the ratchet, as an auditor gets it: where it begins, and the keys to check and to read what follows.
struct AuditEpoch {
    let row: AuditEpochRow
    /// For the first row of the epoch.
    let firstKey: SharedSecret
    /// For the payloads of all rows.
    let payloadKey: SharedSecret

    /// Names the first key without telling anything of it: in the log, and for the auditor to compare. 32 hexadecimal
    /// digits.
    static func fingerprint(_ firstKey: SharedSecret, vaultID: [UInt8], auditEpoch: UInt32) -> String {
        var writer = ByteWriter()
        writer.append(vaultID)
        writer.integer(auditEpoch)
        let digest = KeyedHash.digest(Purpose("audit epoch"), key: firstKey.bytes, writer.bytes)
        return hexadecimal(digest.bytes.prefix(16))
    }

    var fingerprint: String { Self.fingerprint(firstKey, vaultID: row.vaultID, auditEpoch: row.auditEpoch) }

    var running: RunningMAC? { Digest(row.mac).map { RunningMAC(mac: $0, key: firstKey) } }

    /// Sealed to one auditor; nil where the auditor's key is none that can be sealed to.
    func sealed(to auditor: Auditor) -> SealedEpochRow? {
        let publicPart = row.encoded
        let plaintext = SecretBytes(capacity: AuditEpochRow.width) { out in
            out.copyBytes(from: publicPart)
            var end = publicPart.count
            for key in [firstKey, payloadKey] {
                key.bytes.withBytes { key in
                    UnsafeMutableRawBufferPointer(rebasing: out[end...]).copyMemory(from: key)
                    end += key.count
                }
            }
            return end
        }
        return SealedBox.seal(plaintext, to: auditor.key).map {
            SealedEpochRow(auditor: auditor.key.bytes, auditEpoch: row.auditEpoch, box: $0)
        }
    }

    /// Nil where the box is not one that was sealed to this key, or says something else than what it lies beside.
    init?(opening sealed: SealedEpochRow, with pair: RecipientKeyPair, vaultID: [UInt8]) {
        guard let opened = try? SealedBox.open(sealed.box, with: pair), opened.count == AuditEpochRow.width else {
            return nil
        }
        let publicWidth = AuditEpochRow.publicWidth
        let row = try? AuditEpochRow(decoding: opened.withBytes { Array($0.prefix(publicWidth)) })
        guard let row, row.vaultID == vaultID, row.auditEpoch == sealed.auditEpoch else { return nil }
        func key(at offset: Int, _ opened: borrowing SecretBytes) -> SharedSecret {
            opened.withBytes { bytes in
                SharedSecret(
                    SecretBytes(capacity: 32) { out in
                        out.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 32]))
                        return 32
                    })
            }
        }
        self.row = row
        firstKey = key(at: publicWidth, opened)
        payloadKey = key(at: publicWidth + 32, opened)
    }

    init(row: AuditEpochRow, firstKey: SharedSecret, payloadKey: SharedSecret) {
        self.row = row
        self.firstKey = firstKey
        self.payloadKey = payloadKey
    }
}
