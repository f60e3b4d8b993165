/// The code points that a string or key of a JSON5 text stands for, one by one and without a copy. Half a surrogate pair
/// comes as it is.
struct TextPoints: IteratorProtocol, Sequence {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int
    private let hasEscapes: Bool

    /// Of a string with its quotes or a key with or without, which the parser has read.
    init(token: Range<Int>, in bytes: UnsafeRawBufferPointer) {
        let first = token.isEmpty ? 0 : bytes[token.lowerBound]
        let isQuoted = first == Byte.doubleQuote || first == Byte.singleQuote
        self.bytes = bytes
        offset = token.lowerBound + (isQuoted ? 1 : 0)
        end = token.upperBound - (isQuoted ? 1 : 0)
        hasEscapes = true
    }

    /// Of UTF-8 as it is.
    init(plain bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
        hasEscapes = false
    }

    mutating func next() -> UInt32? {
        guard let first = unit(), first & 0xFFFF_FC00 == 0xD800 else { return lastUnit }
        let behind = offset
        guard let second = unit(), second & 0xFFFF_FC00 == 0xDC00 else {
            offset = behind
            return first
        }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private var lastUnit: UInt32?

    /// A code point, or one half of a pair that was written as two escapes.
    private mutating func unit() -> UInt32? {
        lastUnit = nil
        while offset < end {
            let (value, width) = codePoint(in: bytes, at: offset) ?? (0xFFFD, 1)
            offset += width
            guard value == UInt32(Byte.backslash), hasEscapes else {
                lastUnit = value
                return value
            }
            if let escaped = escape() {
                lastUnit = escaped
                return escaped
            }
        }
        return nil
    }

    /// What follows a backslash; nil where that is a line end, which stands for nothing.
    private mutating func escape() -> UInt32? {
        let (value, width) = codePoint(in: bytes, at: offset) ?? (0xFFFD, 1)
        offset += width
        guard value < 0x80 else { return isWideLineEnd(value) ? nil : value }
        switch UInt8(value) {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "v"): return 0x0B
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "x"): return hexadecimal(2)
        case UInt8(ascii: "u"): return hexadecimal(4)
        case Byte.lineFeed: return nil
        case Byte.carriageReturn:
            if offset < end, bytes[offset] == Byte.lineFeed { offset += 1 }
            return nil
        default: return value
        }
    }

    private mutating func hexadecimal(_ digits: Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits where offset < end {
            value = value << 4 | (Byte.hexadecimalDigit(bytes[offset]) ?? 0)
            offset += 1
        }
        return value
    }

    /// Whether both stand for the same text, code point by code point: "é" and "e" with an accent differ, as they do
    /// for a JSON5 parser.
    consuming func equals(_ other: some Sequence<UInt32>) -> Bool {
        elementsEqual(other)
    }
}
