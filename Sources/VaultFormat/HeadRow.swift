/// The one row that says what the vault is now. Everything else is proven from it.
package struct HeadRow: Equatable, Sendable {
    /// Bytes before the MAC, and the MAC's.
    package static let width = 2 + 2 + 16 + 4 + 8 + 8 + 32 + 32 + 8 + 8 + 32 + 32 + 24 + 48, macWidth = 32

    /// 16 bytes.
    package var vaultID: [UInt8]
    /// Which data key is in force.
    package var epoch: UInt32
    /// Counts the changes of entries.
    package var generation: UInt64
    /// How many entry rows there are, internal ones included.
    package var count: UInt64
    /// 32 bytes each: the top of the tree, and the digest of all slot rows.
    package var top: [UInt8], slotDigest: [UInt8]
    /// The number and time of the last audit row; 0 where there is none.
    package var auditSequence: UInt64, auditTime: Int64
    /// 32 bytes each: the chain over the audit rows, and the running MAC under the ratcheting key.
    package var auditHead: [UInt8], auditMAC: [UInt8]
    /// The audit key for the next row, sealed: nonce (24), ciphertext and tag (48).
    package var auditKeyNonce: [UInt8], sealedAuditKey: [UInt8]

    package init(
        vaultID: [UInt8], epoch: UInt32, generation: UInt64, count: UInt64, top: [UInt8], slotDigest: [UInt8],
        auditSequence: UInt64, auditTime: Int64, auditHead: [UInt8], auditMAC: [UInt8], auditKeyNonce: [UInt8],
        sealedAuditKey: [UInt8]
    ) {
        self.vaultID = vaultID
        self.epoch = epoch
        self.generation = generation
        self.count = count
        self.top = top
        self.slotDigest = slotDigest
        self.auditSequence = auditSequence
        self.auditTime = auditTime
        self.auditHead = auditHead
        self.auditMAC = auditMAC
        self.auditKeyNonce = auditKeyNonce
        self.sealedAuditKey = sealedAuditKey
    }

    /// Decodes all but the MAC, the last 32 bytes, which the caller has compared.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        try FormatVersion.check(&reader)
        vaultID = try reader.take(16)
        epoch = try reader.integer()
        generation = try reader.integer()
        count = try reader.integer()
        top = try reader.take(32)
        slotDigest = try reader.take(32)
        auditSequence = try reader.integer()
        auditTime = try reader.integer()
        auditHead = try reader.take(32)
        auditMAC = try reader.take(32)
        auditKeyNonce = try reader.take(24)
        sealedAuditKey = try reader.take(48)
        try reader.finish()
    }

    /// All but the MAC.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.integer(epoch)
        writer.integer(generation)
        writer.integer(count)
        writer.append(top)
        writer.append(slotDigest)
        writer.integer(auditSequence)
        writer.integer(auditTime)
        writer.append(auditHead)
        writer.append(auditMAC)
        writer.append(auditKeyNonce)
        writer.append(sealedAuditKey)
        return writer.bytes
    }
}
