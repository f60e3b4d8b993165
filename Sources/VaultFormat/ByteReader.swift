/// Why bytes are not what the format says. Carries where and why, never the bytes.
package struct FormatError: Error, Equatable {
    package enum Reason: String, Sendable {
        case tooShort = "too short"
        case trailingBytes = "bytes after the end"
        case wrongMagic = "not of this format"
        case unknownVersion = "an unknown version or suite"
        case notCanonical = "not in canonical form"
        case outOfRange = "a value out of range"
        case notUTF8 = "text that is not UTF-8"
    }

    /// Byte offset from the start of the row.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }
}

/// Reads fixed widths, little-endian, strictly: what is left over at the end is an error.
package struct ByteReader {
    private let bytes: [UInt8]
    /// Where what is to be read ends.
    private let end: Int
    package private(set) var offset: Int

    package init(_ bytes: [UInt8]) {
        self.init(bytes, in: 0..<bytes.count)
    }

    /// Reads a part alone. Offsets count from the start of the whole.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.upperBound <= bytes.count)
        self.bytes = bytes
        (offset, end) = (range.lowerBound, range.upperBound)
    }

    package var remaining: Int { end - offset }

    /// Where the next `count` bytes are, which are passed over.
    mutating func skip(_ count: Int) throws(FormatError) -> Range<Int> {
        guard count >= 0, remaining >= count else { throw FormatError(offset: offset, reason: .tooShort) }
        defer { offset += count }
        return offset..<offset + count
    }

    /// The next `count` bytes.
    package mutating func take(_ count: Int) throws(FormatError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw FormatError(offset: offset, reason: .tooShort) }
        defer { offset += count }
        return bytes.withUnsafeBufferPointer { Array(UnsafeBufferPointer(rebasing: $0[offset..<offset + count])) }
    }

    /// The next integer, little-endian, as wide as its type.
    package mutating func integer<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self
    ) throws(FormatError) -> Integer {
        let width = Integer.bitWidth / 8
        guard remaining >= width else { throw FormatError(offset: offset, reason: .tooShort) }
        var value: Integer = 0
        for index in (0..<width).reversed() {
            value = value << 8 | Integer(truncatingIfNeeded: bytes[offset + index])
        }
        offset += width
        return value
    }

    /// Everything but the last `kept` bytes.
    package mutating func takeAll(but kept: Int) throws(FormatError) -> [UInt8] {
        try take(remaining - kept)
    }

    /// Refuses bytes that nothing has read.
    package func finish() throws(FormatError) {
        guard remaining == 0 else { throw FormatError(offset: offset, reason: .trailingBytes) }
    }

    /// An error about what was just read.
    package func error(_ reason: FormatError.Reason) -> FormatError {
        FormatError(offset: offset, reason: reason)
    }
}

/// Writes what ``ByteReader`` reads.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// With room for so many bytes.
    package init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    package mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

    @_disfavoredOverload
    package mutating func append(_ more: some Sequence<UInt8>) { append(Array(more)) }

    // One for each width: what is generic is not specialised across modules, and takes twenty times as long.
    package mutating func integer(_ value: UInt8) { bytes.append(value) }
    package mutating func integer(_ value: UInt16) { little(value) }
    package mutating func integer(_ value: UInt32) { little(value) }
    package mutating func integer(_ value: UInt64) { little(value) }
    package mutating func integer(_ value: Int64) { little(value) }

    @inline(__always)
    private mutating func little(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// The count of bytes in 32 bits, then the bytes: what makes a list of fields unambiguous.
    package mutating func framed(_ field: [UInt8]) {
        integer(UInt32(field.count))
        bytes.append(contentsOf: field)
    }

    @_disfavoredOverload
    package mutating func framed(_ field: some Collection<UInt8>) { framed(Array(field)) }

    /// The same of a name of the program's.
    package mutating func framed(_ name: StaticString) {
        integer(UInt32(name.utf8CodeUnitCount))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// The same of a number, its 8 bytes big-endian.
    package mutating func framed(bigEndian number: UInt64) {
        integer(UInt32(8))
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The same of a number, its 4 bytes big-endian.
    package mutating func framed(bigEndian number: UInt32) {
        integer(UInt32(4))
        append(bigEndian: number)
    }

    /// A number's 4 bytes, big-endian.
    package mutating func append(bigEndian number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
