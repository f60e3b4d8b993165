internal import SecureMemory

/// One JSON document (RFC 8259) whose values are secrets: names come out as text, values stay in guarded memory.
struct SecretJSON: Sendable {
    /// A value that is no object and no list.
    struct Leaf: Sendable {
        /// The names, and the numbers of elements from 0, that lead to it.
        let path: [String]
        /// Where its bytes are: of a text without quotes and escapes, of anything else as it stands there.
        let range: Range<Int>
        let isNull: Bool
    }

    let leaves: [Leaf]
    private let piece: SharedSecret

    /// - Throws: 64 for what is not one object, or says something twice; nothing of the content is in the message.
    static func read(_ content: borrowing SecretBytes) throws(Failure) -> SecretJSON {
        var leaves: [Leaf] = []
        // No value is longer in memory than it is in the file.
        let piece = try content.withBytes { bytes throws(Failure) in
            try SecretBytes(capacity: bytes.count) { target throws(Failure) in
                do throws(SecretJSONReader.Problem) {
                    var reader = SecretJSONReader(bytes, target)
                    leaves = try reader.document()
                    return reader.used
                } catch {
                    throw Self.failure(error)
                }
            }
        }
        return SecretJSON(leaves: leaves, piece: SharedSecret(piece))
    }

    private static func failure(_ problem: SecretJSONReader.Problem) -> Failure {
        switch problem {
        case .syntax(let offset):
            .usage("Not one JSON object: byte \(offset)", hints: ["nothing was stored"])
        case .duplicate(let offset):
            .usage("A name stands twice in one object: before byte \(offset)", hints: ["nothing was stored"])
        case .tooDeep:
            .usage("Nested deeper than \(SecretJSONReader.depthLimit) levels", hints: ["nothing was stored"])
        }
    }

    /// The leaves below a path, named by what follows it, `/` between names.
    func values(below path: [String] = []) -> ImportedValues {
        let found = leaves.filter { $0.path.starts(with: path) && $0.path.count > path.count }
        return piece.bytes.withBytes { bytes in
            // `null` is no value: it counts as an empty one.
            ImportedValues(
                found.map {
                    (name: $0.path.dropFirst(path.count).joined(separator: "/"), range: $0.isNull ? 0..<0 : $0.range)
                },
                in: SecretBytes(copying: bytes))
        }
    }

    /// Whether there is a value at a path, or below it.
    func has(_ path: [String]) -> Bool { leaves.contains { $0.path.starts(with: path) } }

    /// The value at a path, and whether it is none.
    func isNull(at path: [String]) -> Bool { leaves.contains { $0.path == path && $0.isNull } }
}

/// Reads JSON strictly, writing each value without quotes and escapes behind the one before it.
struct SecretJSONReader {
    /// Why it is not JSON. Offsets count bytes from 0.
    enum Problem: Error, Equatable {
        case syntax(offset: Int)
        case duplicate(offset: Int)
        case tooDeep
    }

    /// How deep objects and lists may be nested.
    static let depthLimit = 32

    private let bytes: UnsafeRawBufferPointer
    private let target: UnsafeMutableRawBufferPointer
    private var position = 0
    /// How many bytes of the target are written.
    private(set) var used = 0
    private var path: [String] = []
    private var leaves: [SecretJSON.Leaf] = []

    init(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
        self.target = target
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Reads one object and nothing behind it but white space.
    mutating func document() throws(Problem) -> [SecretJSON.Leaf] {
        skipBlanks()
        guard peek == UInt8(ascii: "{") else { throw refusal }
        try object()
        skipBlanks()
        guard position == bytes.count else { throw refusal }
        return leaves
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

    private mutating func value() throws(Problem) {
        switch peek {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try list()
        case UInt8(ascii: "\""):
            let start = used
            try text { byte, reader in
                reader.target[reader.used] = byte
                reader.used += 1
            }
            guard isUTF8(start..<used) else { throw refusal }
            leaf(start..<used)
        case UInt8(ascii: "n"): try word("null", isNull: true)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        default: try number()
        }
    }

    private mutating func object() throws(Problem) {
        guard path.count < Self.depthLimit else { throw .tooDeep }
        try expect(UInt8(ascii: "{"))
        // Bytes, since two texts that differ in bytes alone may be equal.
        var names: Set<[UInt8]> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return }
        while true {
            skipBlanks()
            var name: [UInt8] = []
            try text { byte, _ in name.append(byte) }
            guard let text = String(validating: name, as: UTF8.self) else { throw refusal }
            guard names.insert(name).inserted else { throw .duplicate(offset: position) }
            skipBlanks()
            try expect(UInt8(ascii: ":"))
            try element(text)
            if take(UInt8(ascii: "}")) { return }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func list() throws(Problem) {
        guard path.count < Self.depthLimit else { throw .tooDeep }
        try expect(UInt8(ascii: "["))
        skipBlanks()
        if take(UInt8(ascii: "]")) { return }
        var index = 0
        while true {
            try element(String(index))
            index += 1
            if take(UInt8(ascii: "]")) { return }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func element(_ name: String) throws(Problem) {
        path.append(name)
        skipBlanks()
        try value()
        path.removeLast()
        skipBlanks()
    }

    private mutating func leaf(_ range: Range<Int>, isNull: Bool = false) {
        leaves.append(SecretJSON.Leaf(path: path, range: range, isNull: isNull))
    }

    private mutating func copy(_ range: Range<Int>, isNull: Bool = false) {
        let start = used
        for byte in bytes[range] {
            target[used] = byte
            used += 1
        }
        leaf(start..<used, isNull: isNull)
    }

    private mutating func word(_ text: StaticString, isNull: Bool = false) throws(Problem) {
        let range = position..<position + text.utf8CodeUnitCount
        guard range.upperBound <= bytes.count, text.withUTF8Buffer({ $0.elementsEqual(bytes[range]) }) else {
            throw refusal
        }
        position = range.upperBound
        copy(range, isNull: isNull)
    }

    private mutating func number() throws(Problem) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        copy(start..<position)
    }

    private mutating func digits() throws(Problem) {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw refusal }
    }

    /// Gives out the bytes of a text, without quotes and escapes.
    private mutating func text(_ give: (UInt8, inout SecretJSONReader) -> Void) throws(Problem) {
        try expect(UInt8(ascii: "\""))
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                for unit in UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter { give(unit, &self) }
            case 0..<0x20: throw refusal
            default:
                give(byte, &self)
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

    /// Whether what was written there is UTF-8, asked where it lies.
    private func isUTF8(_ range: Range<Int>) -> Bool {
        var iterator = target[range].makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid: continue
            case .emptyInput: return true
            case .error: return false
            }
        }
    }
}
