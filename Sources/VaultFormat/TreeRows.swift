/// A node of the state tree: which of its 64 children there are, and their hashes. Key: level (8 bits) ‖ one byte a digit.
package struct NodeRow: Equatable, Sendable {
    /// The hash of each child, by its digit (0 to 63).
    package var children: [UInt8: [UInt8]] = [:]

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        let bitmap = try reader.integer(UInt64.self)
        guard bitmap != 0 else { throw reader.error(.notCanonical) }
        for digit in 0..<UInt8(64) where bitmap >> digit & 1 == 1 {
            children[digit] = try reader.take(32)
        }
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(children.keys.reduce(UInt64(0)) { $0 | 1 << UInt64($1) })
        for digit in children.keys.sorted() { writer.append(children[digit] ?? []) }
        return writer.bytes
    }

    package static func key(_ digits: some Collection<UInt8>) -> [UInt8] { [UInt8(digits.count)] + digits }
}

/// A leaf of the state tree: the entries whose tags begin with its three digits. Key: one byte a digit.
package struct BucketRow: Equatable, Sendable {
    /// Tag (16 bytes) to hash (32 bytes).
    package var entries: [[UInt8]: [UInt8]] = [:]

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        var previous: [UInt8]?
        repeat {
            let tag = try reader.take(16)
            if let previous, !previous.lexicographicallyPrecedes(tag) { throw reader.error(.notCanonical) }
            previous = tag
            entries[tag] = try reader.take(32)
        } while reader.remaining > 0
    }

    /// Tags in ascending order.
    package var tags: [[UInt8]] { entries.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    package var encoded: [UInt8] { tags.flatMap { $0 + (entries[$0] ?? []) } }
}

/// The path to an entry's bucket: the first 18 bits of its tag as three digits of 6 bits.
package enum TreePath {
    package static let depth = 3

    package static func digits(of tag: [UInt8]) -> [UInt8] {
        let bits = UInt32(tag[0]) << 16 | UInt32(tag[1]) << 8 | UInt32(tag[2])
        return [18, 12, 6].map { UInt8(bits >> $0 & 63) }
    }
}
