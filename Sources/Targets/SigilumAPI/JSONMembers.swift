/// Where the members of a JSON object (RFC 8259) are that are strings: finds them without copying a byte, for answers
/// that hold a secret.
struct JSONMembers {
    /// It is not one JSON object, nests too deep, or has a member twice.
    struct Malformed: Error {}

    private static let depthLimit = 32

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var texts: [(name: Range<Int>, value: Range<Int>?)] = []

    /// The bytes must outlive the value.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        self.bytes = bytes
        skipSpace()
        guard bytes.first(from: index) == UInt8(ascii: "{") else { throw Malformed() }
        try object(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw Malformed() }
        for (position, text) in texts.enumerated() {
            let isTwice = texts[..<position].contains { bytes[$0.name].elementsEqual(bytes[text.name]) }
            guard !isTwice else { throw Malformed() }
        }
    }

    /// What is between the quotes of that member of the outermost object, escapes and all; nil where it is not there or
    /// no string. A name that is written with escapes is not found.
    func text(_ name: StaticString) -> Range<Int>? {
        name.withUTF8Buffer { name in texts.first { bytes[$0.name].elementsEqual(name) }?.value }
    }

    /// The first character of what is between quotes, where it is ASCII, and how many bytes it is written with.
    static func asciiCharacter(_ text: Slice<UnsafeRawBufferPointer>) -> (byte: UInt8, length: Int)? {
        guard let first = text.first, first < 0x80 else { return nil }
        guard first == UInt8(ascii: "\\") else { return (first, 1) }
        guard let escape = text.dropFirst().first else { return nil }
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return (escape, 2)
        case UInt8(ascii: "u"):
            let digits = text.dropFirst(2).prefix(4)
            guard digits.count == 4 else { return nil }
            let value = digits.reduce(0) { $0 << 4 | (hexadecimal($1) ?? 0) }
            return value < 0x80 ? (UInt8(value), 6) : nil
        default: return nil
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? { Character(Unicode.Scalar(byte)).hexDigitValue }

    /// Reads over an object, from its brace on; the outermost one's members are noted.
    private mutating func object(depth: Int) throws(Malformed) {
        index += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw Malformed() }
            let value = try value(depth: depth + 1)
            if depth == 0 { texts.append((name, value)) }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw Malformed() }
    }

    private mutating func array(depth: Int) throws(Malformed) {
        index += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            _ = try value(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw Malformed() }
    }

    /// Reads over any value; what is between its quotes where it is a string.
    private mutating func value(depth: Int) throws(Malformed) -> Range<Int>? {
        guard depth < Self.depthLimit else { throw Malformed() }
        skipSpace()
        switch bytes.first(from: index) {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        default: try word()
        }
        return nil
    }

    private mutating func string() throws(Malformed) -> Range<Int> {
        guard take(UInt8(ascii: "\"")) else { throw Malformed() }
        let start = index
        while let byte = bytes.first(from: index) {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return start..<(index - 1)
            case UInt8(ascii: "\\"): try escape()
            case ..<0x20: throw Malformed()
            default: break
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) {
        guard let byte = bytes.first(from: index) else { throw Malformed() }
        index += 1
        guard byte == UInt8(ascii: "u") else {
            guard "\"\\/bfnrt".utf8.contains(byte) else { throw Malformed() }
            return
        }
        for _ in 0..<4 {
            guard let digit = bytes.first(from: index), Self.hexadecimal(digit) != nil else { throw Malformed() }
            index += 1
        }
    }

    /// `true`, `false`, `null` or a number; a number is taken for one where it is made of a number's characters.
    private mutating func word() throws(Malformed) {
        let start = index
        while let byte = bytes.first(from: index), !" \t\r\n,]}".utf8.contains(byte) { index += 1 }
        let text = bytes[start..<index]
        let isWord = ["true", "false", "null"].contains { $0.utf8.elementsEqual(text) }
        let isNumber =
            text.contains { (0x30...0x39).contains($0) } && text.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
        guard isWord || isNumber else { throw Malformed() }
    }

    private mutating func skipSpace() {
        while let byte = bytes.first(from: index), " \t\r\n".utf8.contains(byte) { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard bytes.first(from: index) == byte else { return false }
        index += 1
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// The byte at an index; nil behind the end.
    fileprivate func first(from index: Int) -> UInt8? { index < count ? self[index] : nil }
}
