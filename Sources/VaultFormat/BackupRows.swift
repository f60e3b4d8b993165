/// What stands before the sealed stream of a backup: with what keys it opens.
package struct BackupHeader: Equatable, Sendable {
    /// Bytes before the length of the rest, that length included; and of the tag after it.
    package static let startWidth = 16 + 2 + 2 + 4, tagWidth = 32
    /// How many recipients there may be, and key slots.
    package static let recipientLimit = 16, slotLimit = 4
    /// The longest rest of a header.
    package static let restLimit = 16 * 1024
    private static let magic = Array("sigilum backup".utf8) + [0, 0]

    /// One key slot: its key and its row, as they are stored.
    package struct Slot: Equatable, Sendable {
        package let key: [UInt8], value: [UInt8]

        package init(key: [UInt8], value: [UInt8]) {
            (self.key, self.value) = (key, value)
        }
    }

    /// What is sealed to one recipient: the stream's key and the data key, 32 bytes each.
    package struct Recipient: Equatable, Sendable {
        package static let plaintextWidth = 64
        /// A sealed box is 48 bytes longer than what is in it.
        package static let boxWidth = plaintextWidth + 48
        /// 32 bytes: the public key.
        package let key: [UInt8]
        package let box: [UInt8]

        package init(key: [UInt8], box: [UInt8]) {
            (self.key, self.box) = (key, box)
        }
    }

    /// 16 bytes.
    package var vaultID: [UInt8]
    /// Of the data key.
    package var epoch: UInt32
    /// 16 random bytes that name this backup.
    package var backupID: [UInt8]
    /// Milliseconds since 1970 UTC.
    package var time: Int64
    /// Ascending by key.
    package var slots: [Slot]
    /// The stream's key, sealed for whoever has the data key: nonce (24), ciphertext and tag (48).
    package var nonce: [UInt8], sealedKey: [UInt8]
    package var recipients: [Recipient]

    package init(
        vaultID: [UInt8], epoch: UInt32, backupID: [UInt8], time: Int64, slots: [Slot], nonce: [UInt8],
        sealedKey: [UInt8], recipients: [Recipient]
    ) {
        self.vaultID = vaultID
        self.epoch = epoch
        self.backupID = backupID
        self.time = time
        self.slots = slots
        self.nonce = nonce
        self.sealedKey = sealedKey
        self.recipients = recipients
    }

    /// Decodes the first ``startWidth`` bytes; answers how many bytes of the header follow.
    package static func decodeStart(_ bytes: [UInt8]) throws(FormatError) -> Int {
        var reader = ByteReader(bytes)
        guard try reader.take(16) == magic else { throw reader.error(.wrongMagic) }
        try FormatVersion.check(&reader)
        let count = try reader.integer(UInt32.self)
        guard count <= restLimit else { throw reader.error(.outOfRange) }
        try reader.finish()
        return Int(count)
    }

    /// Decodes what follows the start.
    package init(decodingRest bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        vaultID = try reader.take(16)
        epoch = try reader.integer()
        backupID = try reader.take(16)
        time = try reader.integer()
        slots = []
        let slotCount = try reader.integer(UInt8.self)
        guard (1...Self.slotLimit).contains(Int(slotCount)) else { throw reader.error(.outOfRange) }
        for _ in 0..<slotCount {
            let slot = Slot(key: try reader.framed(), value: try reader.framed())
            let isAscending = slots.last.map { $0.key.lexicographicallyPrecedes(slot.key) } ?? true
            guard isAscending else { throw reader.error(.notCanonical) }
            slots.append(slot)
        }
        nonce = try reader.take(24)
        sealedKey = try reader.take(48)
        recipients = []
        let recipientCount = try reader.integer(UInt8.self)
        guard recipientCount <= Self.recipientLimit else { throw reader.error(.outOfRange) }
        for _ in 0..<recipientCount {
            recipients.append(Recipient(key: try reader.take(32), box: try reader.take(Recipient.boxWidth)))
        }
        try reader.finish()
    }

    /// All but the tag.
    package var encoded: [UInt8] {
        var rest = ByteWriter()
        rest.append(vaultID)
        rest.integer(epoch)
        rest.append(backupID)
        rest.integer(time)
        rest.integer(UInt8(slots.count))
        for slot in slots {
            rest.framed(slot.key)
            rest.framed(slot.value)
        }
        rest.append(nonce)
        rest.append(sealedKey)
        rest.integer(UInt8(recipients.count))
        for recipient in recipients {
            rest.append(recipient.key)
            rest.append(recipient.box)
        }
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.integer(UInt32(rest.bytes.count))
        writer.append(rest.bytes)
        return writer.bytes
    }
}

/// A head as it stands in a backup: all of it but the audit key and the MAC.
package enum BackupHead {
    /// In bytes.
    package static let width = HeadRow.width - 24 - 48

    package static func encode(_ row: HeadRow) -> [UInt8] { Array(row.encoded.prefix(width)) }

    /// The row, with zeros in the place of the audit key.
    package static func decode(_ bytes: [UInt8]) throws(FormatError) -> HeadRow {
        try HeadRow(decoding: bytes + [UInt8](repeating: 0, count: 24 + 48))
    }
}

extension ByteReader {
    /// The next field that is framed by its length.
    package mutating func framed() throws(FormatError) -> [UInt8] {
        let count = try integer(UInt32.self)
        guard count <= UInt32(remaining) else { throw error(.tooShort) }
        return try take(Int(count))
    }
}
