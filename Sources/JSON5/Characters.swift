/// The bytes with a meaning in JSON5.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let doubleQuote = UInt8(ascii: "\"")
    static let singleQuote = UInt8(ascii: "'")
    static let backslash = UInt8(ascii: "\\")
    static let slash = UInt8(ascii: "/")
    static let star = UInt8(ascii: "*")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// What may separate two tokens within a line.
    static func isSpaceOrTab(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isLineEnd(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }

    /// A letter, digit, `_` or `$`.
    static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F || byte == 0x24
    }

    /// 0 to 15; nil for what is no hexadecimal digit.
    static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x41 + 10
        case 0x61...0x66: UInt32(byte) - 0x61 + 10
        default: nil
        }
    }
}

/// Whether the text begins with a byte order mark.
func startsWithMark(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
}

/// One code point of strict UTF-8 (no surrogate, nothing overlong) and its width in bytes; nil where none begins.
func codePoint(in bytes: UnsafeRawBufferPointer, at offset: Int) -> (value: UInt32, width: Int)? {
    guard offset < bytes.count else { return nil }
    let first = bytes[offset]
    let width: Int
    var value: UInt32
    switch first {
    case 0x00...0x7F: return (UInt32(first), 1)
    case 0xC2...0xDF: (width, value) = (2, UInt32(first & 0x1F))
    case 0xE0...0xEF: (width, value) = (3, UInt32(first & 0x0F))
    case 0xF0...0xF4: (width, value) = (4, UInt32(first & 0x07))
    default: return nil
    }
    guard offset + width <= bytes.count else { return nil }
    for index in offset + 1..<offset + width {
        guard bytes[index] & 0xC0 == 0x80 else { return nil }
        value = value << 6 | UInt32(bytes[index] & 0x3F)
    }
    let least: UInt32 = width == 2 ? 0x80 : width == 3 ? 0x800 : 0x10000
    guard value >= least, value <= 0x10FFFF, !isSurrogate(value) else { return nil }
    return (value, width)
}

func isSurrogate(_ value: UInt32) -> Bool { value >= 0xD800 && value <= 0xDFFF }

/// U+2028 and U+2029, which end a line comment and continue a string as LF does.
func isWideLineEnd(_ value: UInt32) -> Bool { value == 0x2028 || value == 0x2029 }

/// White space beyond ASCII: NBSP, the byte order mark, the two line ends and category Zs.
func isWideBlank(_ value: UInt32) -> Bool {
    if value == 0xA0 || value == 0xFEFF || isWideLineEnd(value) { return true }
    return Unicode.Scalar(value)?.properties.generalCategory == .spaceSeparator
}

/// ECMAScript 5.1, 7.6: whether an identifier may begin with it.
func isIdentifierStart(_ value: UInt32) -> Bool {
    guard value >= 0x80 else {
        let byte = UInt8(value)
        return Byte.isWord(byte) && !Byte.isDigit(byte)
    }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber: return true
    default: return false
    }
}

/// ECMAScript 5.1, 7.6: whether it may stand within an identifier.
func isIdentifierPart(_ value: UInt32) -> Bool {
    guard value >= 0x80 else { return Byte.isWord(UInt8(value)) }
    // ZWNJ and ZWJ.
    if isIdentifierStart(value) || value == 0x200C || value == 0x200D { return true }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
}
