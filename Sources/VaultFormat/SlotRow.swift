/// One way into the vault: the data key, wrapped under a master key. Key: the slot's number (8 bits), 0 to 3.
package struct SlotRow: Equatable, Sendable {
    package static let magic = Array("sigilum\0".utf8)
    package static let slotCount: UInt8 = 4

    /// 16 bytes.
    package var vaultID: [UInt8]
    package var number: UInt8
    /// Which data key it wraps: counts from 1.
    package var epoch: UInt32
    /// 0: a random key, hashed. 1: a passphrase, stretched.
    package var kdf: UInt8
    /// Argon2id's passes and memory in KiB; 0 for a random key.
    package var passes: UInt32, memoryKiB: UInt32
    /// 16 bytes.
    package var salt: [UInt8]
    /// 24 bytes.
    package var nonce: [UInt8]
    /// The data key (32) and its tag (16).
    package var wrappedKey: [UInt8]
    /// 32 bytes.
    package var commitment: [UInt8]

    package init(
        vaultID: [UInt8], number: UInt8, epoch: UInt32, kdf: UInt8, passes: UInt32, memoryKiB: UInt32, salt: [UInt8],
        nonce: [UInt8], wrappedKey: [UInt8], commitment: [UInt8]
    ) {
        self.vaultID = vaultID
        self.number = number
        self.epoch = epoch
        self.kdf = kdf
        self.passes = passes
        self.memoryKiB = memoryKiB
        self.salt = salt
        self.nonce = nonce
        self.wrappedKey = wrappedKey
        self.commitment = commitment
    }

    /// Decodes all but the checksum, the last 32 bytes, which the caller has compared.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard try reader.take(8) == Self.magic else { throw reader.error(.wrongMagic) }
        try FormatVersion.check(&reader)
        vaultID = try reader.take(16)
        number = try reader.integer()
        epoch = try reader.integer()
        kdf = try reader.integer()
        passes = try reader.integer()
        memoryKiB = try reader.integer()
        guard number < Self.slotCount, kdf <= 1, kdf == 1 || (passes == 0 && memoryKiB == 0) else {
            throw reader.error(.outOfRange)
        }
        salt = try reader.take(16)
        nonce = try reader.take(24)
        wrappedKey = try reader.take(48)
        commitment = try reader.take(32)
        try reader.finish()
    }

    /// The input of the derivation: a changed header is another key.
    package var header: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.integer(number)
        writer.integer(epoch)
        writer.integer(kdf)
        writer.integer(passes)
        writer.integer(memoryKiB)
        writer.append(salt)
        return writer.bytes
    }

    /// All but the checksum.
    package var encoded: [UInt8] { header + nonce + wrappedKey + commitment }
}
