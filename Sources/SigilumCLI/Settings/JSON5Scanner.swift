/// The words of a JSON5 text: white space, comments, strings, keys and literals. Steps forward only.
struct JSON5Scanner {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The byte that comes next; nil at the end.
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    var malformed: JSON5Error { .malformed(offset: offset) }

    mutating func step() {
        offset += 1
    }

    /// White space and comments.
    mutating func skipBlank() throws(JSON5Error) {
        while let byte = next {
            if (0x09...0x0D).contains(byte) || byte == 0x20 {
                offset += 1
            } else if let width = wideBlank {
                offset += width
            } else if startsHere("//") {
                while let byte = next, byte != 0x0A, byte != 0x0D { offset += 1 }
            } else if startsHere("/*") {
                let start = offset
                offset += 2
                while next != nil, !startsHere("*/") { offset += 1 }
                guard next != nil else { throw .malformed(offset: start) }
                offset += 2
            } else {
                return
            }
        }
    }

    /// How many bytes of UTF-8 the space, separator or byte order mark has that comes next; nil where none does.
    private var wideBlank: Int? {
        if startsHere("\u{A0}") { return 2 }
        guard let first = next, [0xE1, 0xE2, 0xE3, 0xEF].contains(first), offset + 2 < bytes.count else { return nil }
        let scalar =
            UInt32(first & 0x0F) << 12 | UInt32(bytes[offset + 1] & 0x3F) << 6 | UInt32(bytes[offset + 2] & 0x3F)
        let isBlank = [0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF].contains(scalar)
        return isBlank || (0x2000...0x200A).contains(scalar) ? 3 : nil
    }

    private func startsHere(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
    }

    /// A number, `true`, `false`, `null`, `Infinity` or `NaN`.
    mutating func literal() throws(JSON5Error) {
        let start = offset
        while let byte = next, Self.isWord(byte) || "+-.".utf8.contains(byte) { offset += 1 }
        let word = bytes[start..<offset]
        guard let first = word.first else { throw .malformed(offset: start) }
        let isNumber = Self.isDigit(first) || "+-.".utf8.contains(first)
        let isName = ["true", "false", "null", "Infinity", "NaN"].contains { word.elementsEqual($0.utf8) }
        guard isNumber || isName else { throw .malformed(offset: start) }
    }

    /// A key without quotes.
    mutating func identifier() throws(JSON5Error) -> String {
        let start = offset
        var name: [UInt8] = []
        while let byte = next {
            if startsHere("\\u") {
                offset += 1
                try escape(into: &name)
            } else if Self.isWord(byte) || (byte >= 0x80 && wideBlank == nil) {
                name.append(byte)
                offset += 1
            } else {
                break
            }
        }
        guard let first = name.first, !Self.isDigit(first) else { throw .malformed(offset: start) }
        return String(decoding: name, as: UTF8.self)
    }

    /// A string with its quotes; nil unless `keep`, so that what is not wanted is not copied.
    mutating func string(keep: Bool) throws(JSON5Error) -> String? {
        let quote = next
        let start = offset
        var text: [UInt8] = []
        offset += 1
        while let byte = next, byte != quote {
            guard byte != 0x0A, byte != 0x0D else { throw malformed }
            offset += 1
            if byte == UInt8(ascii: "\\") {
                try escape(into: &text)
                if !keep { text.removeAll(keepingCapacity: true) }
            } else if keep {
                text.append(byte)
            }
        }
        guard next != nil else { throw .malformed(offset: start) }
        offset += 1
        return keep ? String(decoding: text, as: UTF8.self) : nil
    }

    /// What follows a backslash. Half a surrogate pair becomes U+FFFD.
    private mutating func escape(into text: inout [UInt8]) throws(JSON5Error) {
        guard let byte = next else { throw malformed }
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "0"): text.append(0)
        case UInt8(ascii: "x"): text.append(contentsOf: Self.utf8(of: [try hex(2)]))
        case UInt8(ascii: "u"):
            var units = [try hex(4)]
            if UTF16.isLeadSurrogate(units[0]), startsHere("\\u") {
                offset += 2
                units.append(try hex(4))
            }
            text.append(contentsOf: Self.utf8(of: units))
        case 0x0D:
            if next == 0x0A { offset += 1 }
        case 0x0A: break
        default: text.append(byte)
        }
    }

    private mutating func hex(_ digits: Int) throws(JSON5Error) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<digits {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw malformed }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private static func utf8(of units: [UInt16]) -> String.UTF8View {
        String(decoding: units, as: UTF16.self).utf8
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// A letter, digit, `_` or `$`.
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x24
    }
}
