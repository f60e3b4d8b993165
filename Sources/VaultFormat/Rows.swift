/// The version of the format and the suite of algorithms. Others are refused, never negotiated.
package enum FormatVersion {
    package static let format: UInt16 = 1, suite: UInt16 = 1

    static func check(_ reader: inout ByteReader) throws(FormatError) {
        guard try reader.integer(UInt16.self) == format, try reader.integer(UInt16.self) == suite else {
            throw reader.error(.unknownVersion)
        }
    }
}

/// One version of a secret. Key: entry id (16) ‖ version (32 bits, big-endian).
package struct BodyRow: Equatable, Sendable {
    /// Milliseconds since 1970 UTC.
    package var createdAt: Int64
    /// Where the value came from.
    package var origin: UInt8
    /// 24 bytes.
    package var nonce: [UInt8]
    /// The padded value, sealed.
    package var ciphertext: [UInt8]
    /// 32 bytes.
    package var commitment: [UInt8]

    package init(createdAt: Int64, origin: UInt8, nonce: [UInt8], ciphertext: [UInt8], commitment: [UInt8]) {
        self.createdAt = createdAt
        self.origin = origin
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.commitment = commitment
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        createdAt = try reader.integer()
        origin = try reader.integer()
        nonce = try reader.take(24)
        ciphertext = try reader.takeSealed(but: 32)
        commitment = try reader.take(32)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 9 + 24 + ciphertext.count + 32)
        writer.integer(createdAt)
        writer.integer(origin)
        writer.append(nonce)
        writer.append(ciphertext)
        writer.append(commitment)
        return writer.bytes
    }

    package static func key(entry: [UInt8], version: UInt32) -> [UInt8] {
        entry + bigEndian(version)
    }
}

/// One entry. Key: its tag (16).
package struct EntryRow: Equatable, Sendable {
    /// 16 random bytes, for good.
    package var id: [UInt8]
    /// Counts the changes of this row, from 1.
    package var revision: UInt64
    /// The oldest version that is kept; 0 where the entry has no bodies.
    package var firstVersion: UInt32
    /// The newest version; 0 where the entry has no bodies.
    package var currentVersion: UInt32
    /// 32 bytes each: the digest of the current body, and the chain over all kept versions.
    package var bodyDigest: [UInt8], history: [UInt8]
    /// 24 bytes.
    package var nonce: [UInt8]
    /// The padded overview, sealed.
    package var ciphertext: [UInt8]
    /// 32 bytes.
    package var commitment: [UInt8]

    package init(
        id: [UInt8], revision: UInt64, firstVersion: UInt32, currentVersion: UInt32, bodyDigest: [UInt8],
        history: [UInt8], nonce: [UInt8], ciphertext: [UInt8], commitment: [UInt8]
    ) {
        self.id = id
        self.revision = revision
        self.firstVersion = firstVersion
        self.currentVersion = currentVersion
        self.bodyDigest = bodyDigest
        self.history = history
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.commitment = commitment
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        id = try reader.take(16)
        revision = try reader.integer()
        firstVersion = try reader.integer()
        currentVersion = try reader.integer()
        guard firstVersion <= currentVersion, (firstVersion == 0) == (currentVersion == 0) else {
            throw reader.error(.outOfRange)
        }
        bodyDigest = try reader.take(32)
        history = try reader.take(32)
        nonce = try reader.take(24)
        ciphertext = try reader.takeSealed(but: 32)
        commitment = try reader.take(32)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 96 + 24 + ciphertext.count + 32)
        writer.append(id)
        writer.integer(revision)
        writer.integer(firstVersion)
        writer.integer(currentVersion)
        writer.append(bodyDigest)
        writer.append(history)
        writer.append(nonce)
        writer.append(ciphertext)
        writer.append(commitment)
        return writer.bytes
    }
}

/// One event of the audit chain. Key: its sequence number (64 bits, big-endian), from 1 without a gap.
package struct AuditRow: Equatable, Sendable {
    /// Milliseconds since 1970 UTC, never less than the row before.
    package var time: Int64
    package var operation: UInt16
    package var userID: UInt32, processID: UInt32
    /// 16 bytes; zeros where the event is of no entry.
    package var entryID: [UInt8]
    /// The generation that the change made, or that the release read.
    package var generation: UInt64
    /// 24 bytes.
    package var nonce: [UInt8]
    /// The padded payload, sealed.
    package var ciphertext: [UInt8]

    package init(
        time: Int64, operation: UInt16, userID: UInt32, processID: UInt32, entryID: [UInt8], generation: UInt64,
        nonce: [UInt8], ciphertext: [UInt8]
    ) {
        self.time = time
        self.operation = operation
        self.userID = userID
        self.processID = processID
        self.entryID = entryID
        self.generation = generation
        self.nonce = nonce
        self.ciphertext = ciphertext
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        time = try reader.integer()
        operation = try reader.integer()
        userID = try reader.integer()
        processID = try reader.integer()
        entryID = try reader.take(16)
        generation = try reader.integer()
        nonce = try reader.take(24)
        ciphertext = try reader.takeSealed(but: 0)
    }

    /// What the payload is bound to, with the sequence number: everything before the nonce.
    package var boundPart: [UInt8] {
        var writer = ByteWriter(capacity: 42)
        writer.integer(time)
        writer.integer(operation)
        writer.integer(userID)
        writer.integer(processID)
        writer.append(entryID)
        writer.integer(generation)
        return writer.bytes
    }

    package var encoded: [UInt8] { boundPart + nonce + ciphertext }

    package static func key(_ sequence: UInt64) -> [UInt8] { bigEndian(sequence) }
}

/// Big-endian bytes: the order of keys is the order of numbers.
package func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

/// Big-endian bytes, 8 of them.
package func bigEndian(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

/// Big-endian bytes, 8 of them.
package func bigEndian(_ value: Int64) -> [UInt8] { bigEndian(UInt64(bitPattern: value)) }
