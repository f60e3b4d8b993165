/// What an auditor is given of one audit epoch, before its two keys: everything here may be known to anybody.
package struct AuditEpochRow: Equatable, Sendable {
    /// The whole plaintext that is sealed: this, the first key and the key of payloads, 32 bytes each.
    package static let width = publicWidth + 64
    /// Of what is encoded here.
    package static let publicWidth = 8 + 2 + 2 + 16 + 4 + 4 + 8 + 8 + 3 * 32
    private static let magic = Array("auditor\0".utf8)

    /// 16 bytes.
    package var vaultID: [UInt8]
    /// Which data key the payloads are sealed under.
    package var dataKeyEpoch: UInt32
    /// Which run of the ratchet this is: the one that a vault begins with is 1.
    package var auditEpoch: UInt32
    /// The number and time of the last audit row before it.
    package var last: UInt64, time: Int64
    /// 32 bytes each: the digest of the rows up to that one, the audit chain and the running MAC there.
    package var rows: [UInt8], chain: [UInt8], mac: [UInt8]

    package init(
        vaultID: [UInt8], dataKeyEpoch: UInt32, auditEpoch: UInt32, last: UInt64, time: Int64, rows: [UInt8],
        chain: [UInt8], mac: [UInt8]
    ) {
        self.vaultID = vaultID
        self.dataKeyEpoch = dataKeyEpoch
        self.auditEpoch = auditEpoch
        self.last = last
        self.time = time
        self.rows = rows
        self.chain = chain
        self.mac = mac
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard try reader.take(8) == Self.magic else { throw reader.error(.wrongMagic) }
        try FormatVersion.check(&reader)
        vaultID = try reader.take(16)
        dataKeyEpoch = try reader.integer()
        auditEpoch = try reader.integer()
        last = try reader.integer()
        time = try reader.integer()
        rows = try reader.take(32)
        chain = try reader.take(32)
        mac = try reader.take(32)
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.integer(dataKeyEpoch)
        writer.integer(auditEpoch)
        writer.integer(last)
        writer.integer(time)
        writer.append(rows)
        writer.append(chain)
        writer.append(mac)
        return writer.bytes
    }
}

/// One audit epoch sealed to one auditor.
package struct SealedEpochRow: Equatable, Sendable {
    /// In an exported log: the key, the epoch, and the box.
    package static let width = 32 + 4 + boxWidth
    /// A sealed box is 48 bytes longer than what is in it.
    package static let boxWidth = AuditEpochRow.width + 48

    /// 32 bytes: the auditor's public key.
    package var auditor: [UInt8]
    package var auditEpoch: UInt32
    package var box: [UInt8]

    package init(auditor: [UInt8], auditEpoch: UInt32, box: [UInt8]) {
        self.auditor = auditor
        self.auditEpoch = auditEpoch
        self.box = box
    }
}

/// What stands before the rows in an exported log.
package struct LogFileHeader: Equatable, Sendable {
    /// Bytes before the sealed epochs, the count of them included.
    package static let width = 16 + 2 + 2 + 16 + 4 + 8 + 8 + 8 + 32 + 32 + 4
    /// How many sealed epochs there may be.
    package static let limit = 4096
    /// Of the two tags at the end of the file.
    package static let tagWidth = 32
    private static let magic = Array("sigilum log".utf8) + [0, 0, 0, 0, 0]

    /// 16 bytes.
    package var vaultID: [UInt8]
    package var dataKeyEpoch: UInt32
    /// With the next two the anchor: what this vault was when the log was exported.
    package var generation: UInt64
    /// The number of the last audit row, its time, and the audit chain there (32 bytes).
    package var last: UInt64, time: Int64, chain: [UInt8]
    /// 32 bytes: the running MAC there.
    package var mac: [UInt8]
    package var epochs: [SealedEpochRow]

    package init(
        vaultID: [UInt8], dataKeyEpoch: UInt32, generation: UInt64, last: UInt64, time: Int64, chain: [UInt8],
        mac: [UInt8], epochs: [SealedEpochRow]
    ) {
        self.vaultID = vaultID
        self.dataKeyEpoch = dataKeyEpoch
        self.generation = generation
        self.last = last
        self.time = time
        self.chain = chain
        self.mac = mac
        self.epochs = epochs
    }

    /// Decodes the first ``width`` bytes, and answers how many sealed epochs follow; each is added with
    /// ``addEpoch(decoding:)``.
    package static func decode(_ bytes: [UInt8]) throws(FormatError) -> (header: LogFileHeader, epochs: Int) {
        var reader = ByteReader(bytes)
        guard try reader.take(16) == magic else { throw reader.error(.wrongMagic) }
        try FormatVersion.check(&reader)
        let header = LogFileHeader(
            vaultID: try reader.take(16), dataKeyEpoch: try reader.integer(), generation: try reader.integer(),
            last: try reader.integer(), time: try reader.integer(), chain: try reader.take(32),
            mac: try reader.take(32), epochs: [])
        let count = try reader.integer(UInt32.self)
        guard count <= limit else { throw reader.error(.outOfRange) }
        try reader.finish()
        return (header, Int(count))
    }

    package mutating func addEpoch(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        epochs.append(
            SealedEpochRow(
                auditor: try reader.take(32), auditEpoch: try reader.integer(),
                box: try reader.take(SealedEpochRow.boxWidth)))
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.integer(dataKeyEpoch)
        writer.integer(generation)
        writer.integer(last)
        writer.integer(time)
        writer.append(chain)
        writer.append(mac)
        writer.integer(UInt32(epochs.count))
        for epoch in epochs {
            writer.append(epoch.auditor)
            writer.integer(epoch.auditEpoch)
            writer.append(epoch.box)
        }
        return writer.bytes
    }
}
