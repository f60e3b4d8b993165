/// What stands before the box of a deposit: whom it is sealed for.
package struct DepositHeader: Equatable, Sendable {
    package static let width = 16 + 2 + 2 + 16 + 32
    private static let magic = Array("sigilum deposit".utf8) + [0]

    /// 16 bytes, and the public deposit key's 32.
    package let vaultID: [UInt8], key: [UInt8]

    package init(vaultID: [UInt8], key: [UInt8]) {
        self.vaultID = vaultID
        self.key = key
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard try reader.take(16) == Self.magic else { throw reader.error(.wrongMagic) }
        try FormatVersion.check(&reader)
        vaultID = try reader.take(16)
        key = try reader.take(32)
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.append(key)
        return writer.bytes
    }
}

/// What a deposit says, before its value: sealed with it.
package struct DepositRow: Equatable, Sendable {
    /// Bytes before the name's length.
    package static let fixedWidth = 16 + 16 + 8 + 8 + 4
    /// A name has no more bytes.
    package static let nameLimit: UInt32 = 1024

    /// 16 bytes each: the vault's id, and 16 random bytes that name the deposit.
    package let vaultID: [UInt8], id: [UInt8]
    /// Milliseconds since 1970 UTC: when it was made, as its sender says, and when it ends.
    package let time: Int64, end: Int64
    /// Which version is to be current when it is accepted; 0: there is no such entry.
    package let base: UInt32
    /// UTF-8.
    package let name: [UInt8]

    package init(vaultID: [UInt8], id: [UInt8], time: Int64, end: Int64, base: UInt32, name: [UInt8]) {
        self.vaultID = vaultID
        self.id = id
        self.time = time
        self.end = end
        self.base = base
        self.name = name
    }

    /// Decodes the first ``fixedWidth`` + 4 bytes and the name, which is as long as they say.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        vaultID = try reader.take(16)
        id = try reader.take(16)
        time = try reader.integer()
        end = try reader.integer()
        base = try reader.integer()
        name = try reader.framed()
        guard name.count <= Self.nameLimit else { throw reader.error(.outOfRange) }
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(vaultID)
        writer.append(id)
        writer.integer(time)
        writer.integer(end)
        writer.integer(base)
        writer.framed(name)
        return writer.bytes
    }
}
