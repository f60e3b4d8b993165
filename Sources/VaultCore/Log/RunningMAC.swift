internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// The running MAC over the log, under a key that becomes its own hash after each row: the key of today cannot make the
/// rows of yesterday.
struct RunningMAC {
    var mac: Digest
    /// For the next row, once.
    var key: SharedSecret

    /// The field of a payload that proves its row under this key, and how many bytes it has.
    static let proofField = "proof", proofWidth = 16

    /// What the next row's payload says to show that its writer had this key: over the log before it, its number, all of
    /// the row before the ciphertext, and the other fields. Who finds a row changed can so name it.
    func proof(_ sequence: UInt64, _ row: AuditRow, _ fields: FieldMap) -> [UInt8] {
        let fields = fields.encoded
        var message = ByteWriter(capacity: 32 + 8 + 66 + fields.count)
        message.append(mac.bytes)
        message.append(AuditRow.key(sequence))
        message.append(row.boundPart)
        message.append(row.nonce)
        message.append(fields)
        let hash = KeyedHash.digest(Purpose("audit proof"), key: key.bytes, message.bytes).bytes
        return Array(hash[..<Self.proofWidth])
    }

    /// Takes one row in, and ratchets the key.
    mutating func step(_ sequence: UInt64, _ row: [UInt8]) {
        let message = AuditChain.message(mac, sequence, row)
        mac = KeyedHash.digest(Purpose("audit mac"), key: key.bytes, message)
        key = SharedSecret(KeyedHash.derive(Purpose("audit ratchet"), key: key.bytes, message: []))
    }

    /// The tag of an exported log for those who can come to this key.
    func exportTag(_ digest: [UInt8]) -> Digest { KeyedHash.digest(Purpose("audit export"), key: key.bytes, digest) }
}

/// A digest over the log's rows without a key: what ties other proofs to these very rows.
struct RowsDigest {
    private(set) var value = Digest.zero

    mutating func add(_ row: [UInt8]) {
        var writer = ByteWriter()
        writer.append(value.bytes)
        writer.framed(row)
        value = Checksum.digest(writer.bytes)
    }
}

extension AuditEnd {
    var running: RunningMAC {
        get { RunningMAC(mac: mac, key: key) }
        set { (mac, key) = (newValue.mac, newValue.key) }
    }
}
