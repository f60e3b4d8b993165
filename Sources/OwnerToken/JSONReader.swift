/// A strict reader of JSON (RFC 8259) in UTF-8. No name stands twice in an object, at whatever depth.
///
/// What is read lies in guarded memory; only the values that come out are on the ordinary heap.
struct JSONReader {
    /// Why it is not JSON. The offset counts bytes from 0.
    enum Problem: Error, Equatable {
        case syntax(offset: Int)
        case duplicate
    }

    /// How deep objects and arrays may be nested.
    static let depthLimit = 16

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Reads one object and nothing behind it but white space.
    static func object(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> [Claim] {
        var reader = JSONReader(bytes: bytes)
        reader.skipBlanks()
        guard reader.peek == UInt8(ascii: "{") else { throw reader.refusal }
        let members = try reader.object(depth: 1)
        reader.skipBlanks()
        guard reader.position == bytes.count else { throw reader.refusal }
        return members
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var refusal: Problem { .syntax(offset: position) }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Problem) {
        guard take(byte) else { throw refusal }
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func value(depth: Int) throws(Problem) -> ClaimValue {
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(Problem) -> [Claim] {
        guard depth <= Self.depthLimit else { throw refusal }
        try expect(UInt8(ascii: "{"))
        var members: [Claim] = []
        // Bytes, since two texts that differ in bytes alone may be equal.
        var names: Set<[UInt8]> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipBlanks()
            let name = try string()
            skipBlanks()
            try expect(UInt8(ascii: ":"))
            skipBlanks()
            guard names.insert(Array(name.utf8)).inserted else { throw .duplicate }
            members.append(Claim(name: name, value: try value(depth: depth)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return members }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func array(depth: Int) throws(Problem) -> [ClaimValue] {
        guard depth <= Self.depthLimit else { throw refusal }
        try expect(UInt8(ascii: "["))
        var elements: [ClaimValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            skipBlanks()
            elements.append(try value(depth: depth))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return elements }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func word(_ text: StaticString, _ value: ClaimValue) throws(Problem) -> ClaimValue {
        let length = text.utf8CodeUnitCount
        guard bytes.count - position >= length,
            text.withUTF8Buffer({ $0.elementsEqual(bytes[position..<position + length]) })
        else { throw refusal }
        position += length
        return value
    }

    private mutating func number() throws(Problem) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Problem) {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw refusal }
    }

    private mutating func string() throws(Problem) -> String {
        let start = position
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let valid = String(validating: text, as: UTF8.self) else { throw .syntax(offset: start) }
                return valid
            case UInt8(ascii: "\\"):
                position += 1
                text += UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter
            case 0..<0x20: throw refusal
            default:
                text.append(byte)
                position += 1
            }
        }
        throw refusal
    }

    /// What stands behind a backslash. A surrogate counts only as the first of a pair.
    private mutating func escape() throws(Problem) -> Unicode.Scalar {
        guard let byte = peek else { throw refusal }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try fourDigits()
            guard (0xD800..<0xDC00).contains(unit) else { return try scalar(unit) }
            try expect(UInt8(ascii: "\\"))
            try expect(UInt8(ascii: "u"))
            let low = try fourDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw refusal }
            return try scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        default:
            position -= 1
            throw refusal
        }
    }

    private func scalar(_ value: UInt32) throws(Problem) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw refusal }
        return scalar
    }

    private mutating func fourDigits() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw refusal }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
