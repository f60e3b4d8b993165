/// Sizes that hide sizes: content is framed by its length in 32 bits and followed by zeros up to one of a few classes.
package enum Padding {
    /// Room for content, in bytes, of each class. Values end at 16 KiB; the last two are for overviews and records.
    package static let classes = [256, 1024, 4096, 16_384, 65_536, 1 << 20]
    /// Bytes before the content.
    package static let headerWidth = 4
    /// Bytes that sealing adds: the tag.
    package static let sealWidth = 16

    /// The whole padded width for content of `count` bytes; nil where it is larger than the largest class.
    package static func width(for count: Int) -> Int? {
        classes.first { $0 >= count }.map { $0 + headerWidth }
    }

    /// Padded bytes; nil where there are too many.
    package static func pad(_ content: [UInt8]) -> [UInt8]? {
        guard let width = width(for: content.count) else { return nil }
        return [UInt8](unsafeUninitializedCapacity: width) { padded, count in
            padded.initialize(repeating: 0)
            let all = UnsafeMutableRawBufferPointer(padded)
            all.storeBytes(of: UInt32(content.count).littleEndian, as: UInt32.self)
            UnsafeMutableRawBufferPointer(rebasing: all[headerWidth...]).copyBytes(from: content)
            count = width
        }
    }

    /// The range of the content in padded bytes of `width`; refuses a length that belongs in another class.
    package static func contentRange(header: UInt32, width: Int) throws(FormatError) -> Range<Int> {
        guard let count = Int(exactly: header), self.width(for: count) == width else {
            throw FormatError(offset: 0, reason: .notCanonical)
        }
        return headerWidth..<headerWidth + count
    }

    /// The content of padded bytes; refuses padding that is not zeros.
    package static func unpad(_ padded: [UInt8]) throws(FormatError) -> [UInt8] {
        Array(padded[try content(of: padded)])
    }

    /// Where the content of padded bytes is; refuses padding that is not zeros.
    package static func content(of padded: [UInt8]) throws(FormatError) -> Range<Int> {
        var reader = ByteReader(padded)
        let range = try contentRange(header: try reader.integer(UInt32.self), width: padded.count)
        let isZeros = padded.withUnsafeBufferPointer { bytes in
            bytes[range.upperBound...].reduce(0) { $0 | $1 } == 0
        }
        guard isZeros else { throw FormatError(offset: range.upperBound, reason: .notCanonical) }
        return range
    }
}

extension ByteReader {
    /// Padded and sealed bytes: everything but the last `kept` bytes, of a width that one of the classes has.
    package mutating func takeSealed(but kept: Int) throws(FormatError) -> [UInt8] {
        let sealed = try takeAll(but: kept)
        let room = sealed.count - Padding.headerWidth - Padding.sealWidth
        guard Padding.classes.contains(room) else { throw error(.outOfRange) }
        return sealed
    }
}
