/// A node of the state tree: which of its 64 children there are, and their hashes. Key: level (8 bits) ‖ one byte a digit.
package struct NodeRow: Equatable, Sendable {
    private static let hashWidth = 32

    /// Bit 0 for digit 0.
    private var bitmap: UInt64 = 0
    /// Of the children that there are, by their digits.
    private var hashes: [UInt8] = []

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        bitmap = try reader.integer(UInt64.self)
        guard bitmap != 0 else { throw reader.error(.notCanonical) }
        let size = bitmap.nonzeroBitCount * Self.hashWidth
        guard reader.remaining >= size else {
            // Where the first hash begins that is not whole.
            let whole = reader.remaining / Self.hashWidth * Self.hashWidth
            throw FormatError(offset: reader.offset + whole, reason: .tooShort)
        }
        hashes = try reader.take(size)
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 8 + hashes.count)
        writer.integer(bitmap)
        writer.append(hashes)
        return writer.bytes
    }

    package var isEmpty: Bool { bitmap == 0 }

    /// The digits of the children that there are, ascending.
    package var digits: [UInt8] { (0..<UInt8(64)).filter { bitmap >> $0 & 1 == 1 } }

    /// The hash of a child (32 bytes), by its digit (0 to 63); nil where there is none.
    package subscript(_ digit: UInt8) -> [UInt8]? {
        get { bitmap >> digit & 1 == 1 ? Array(hashes[place(of: digit)]) : nil }
        set {
            let place = place(of: digit), isThere = bitmap >> digit & 1 == 1
            precondition(digit < 64 && newValue.map { $0.count == Self.hashWidth } ?? true)
            hashes.replaceSubrange(isThere ? place : place.lowerBound..<place.lowerBound, with: newValue ?? [])
            if newValue == nil { bitmap &= ~(1 << digit) } else { bitmap |= 1 << digit }
        }
    }

    private func place(of digit: UInt8) -> Range<Int> {
        let start = (bitmap & ((1 << digit) - 1)).nonzeroBitCount * Self.hashWidth
        return start..<start + Self.hashWidth
    }

    package static func key(_ digits: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: digits.count + 1) { key, count in
            key[0] = UInt8(digits.count)
            for (index, digit) in digits.enumerated() { key[index + 1] = digit }
            count = digits.count + 1
        }
    }
}

/// A leaf of the state tree: the entries whose tags begin with its three digits. Key: one byte a digit.
package struct BucketRow: Equatable, Sendable {
    /// An entry's tag (16 bytes), and the hash of its row (32 bytes).
    package struct Item: Equatable, Sendable {
        package let tag: [UInt8]
        package let hash: [UInt8]
    }

    /// By their tags.
    package private(set) var items: [Item] = []

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        repeat {
            let tag = try reader.take(16)
            if let last = items.last, !last.tag.lexicographicallyPrecedes(tag) { throw reader.error(.notCanonical) }
            items.append(Item(tag: tag, hash: try reader.take(32)))
        } while reader.remaining > 0
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: items.count * 48)
        for item in items {
            writer.append(item.tag)
            writer.append(item.hash)
        }
        return writer.bytes
    }

    /// The hash of an entry's row; nil where there is no such entry.
    package subscript(_ tag: [UInt8]) -> [UInt8]? {
        get { items.first { $0.tag == tag }?.hash }
        set {
            let index = items.firstIndex { !$0.tag.lexicographicallyPrecedes(tag) } ?? items.count
            if index < items.count, items[index].tag == tag { items.remove(at: index) }
            if let newValue { items.insert(Item(tag: tag, hash: newValue), at: index) }
        }
    }
}

/// The path to an entry's bucket: the first 18 bits of its tag as three digits of 6 bits.
package enum TreePath {
    package static let depth = 3

    package static func digits(of tag: [UInt8]) -> [UInt8] {
        [digit(0, of: tag), digit(1, of: tag), digit(2, of: tag)]
    }

    /// The digit of a level, from 0.
    package static func digit(_ level: Int, of tag: [UInt8]) -> UInt8 {
        let bits = UInt32(tag[0]) << 16 | UInt32(tag[1]) << 8 | UInt32(tag[2])
        return UInt8(bits >> UInt32(18 - 6 * level) & 63)
    }
}
