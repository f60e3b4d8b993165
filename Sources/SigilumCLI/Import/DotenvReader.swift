internal import SecureMemory

/// Reads `NAME=value` lines as dotenv does, the values straight into guarded memory.
///
/// `#` begins a comment at the start of a line, or after white space behind a value; `export ` before a name is passed
/// over, and so is white space around `=`. A value in single quotes or backquotes stands for itself; in double quotes `\n`,
/// `\r`, `\t`, `\"`, `\$` and `\\` stand for those characters, and any other backslash for itself. A value in quotes may
/// have several lines. Nothing is expanded. Of a name that stands twice, the last counts.
struct DotenvReader {
    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    private var rest: Bytes
    private let target: UnsafeMutableRawBufferPointer
    private var used = 0
    private var line = 1
    private var values: [(name: String, range: Range<Int>)] = []
    private var places: [String: Int] = [:]
    private var problems: [ImportProblem] = []

    /// - Throws: All lines that are none (64).
    static func read(_ content: borrowing SecretBytes) throws(Failure) -> ImportedValues {
        var values: [(name: String, range: Range<Int>)] = []
        // No value is longer in memory than it is in the file.
        let piece = try content.withBytes { bytes throws(Failure) in
            try SecretBytes(capacity: bytes.count) { target throws(Failure) in
                var reader = DotenvReader(bytes, target)
                reader.readAll()
                guard reader.problems.isEmpty else { throw ImportProblem.failure(reader.problems) }
                values = reader.values
                return reader.used
            }
        }
        return ImportedValues(values, in: piece)
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) {
        rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        self.target = target
    }

    private mutating func readAll() {
        while true {
            rest = rest.drop { Self.isBlank($0) || $0 == 0x0D }
            guard let first = rest.first else { return }
            if first == 0x0A {
                rest = rest.dropFirst()
                line += 1
            } else if first == UInt8(ascii: "#") {
                skipLine()
            } else {
                let start = line
                if let reason = readSetting() {
                    problems.append(ImportProblem("line \(start)", reason))
                    skipLine()
                }
            }
        }
    }

    /// Reads one setting; answers why it is none.
    private mutating func readSetting() -> Message? {
        if rest.starts(with: "export".utf8), let behind = rest.dropFirst(6).first, Self.isBlank(behind) {
            rest = rest.dropFirst(6).drop(while: Self.isBlank)
        }
        let name = rest.prefix(while: Self.isNamePart)
        rest = rest[name.endIndex...].drop(while: Self.isBlank)
        guard !name.isEmpty, rest.first == UInt8(ascii: "=") else { return "it is not NAME=value" }
        rest = rest.dropFirst().drop(while: Self.isBlank)
        let start = used
        switch rest.first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            if let reason = readQuoted() { return reason }
        default: readBare()
        }
        take(String(decoding: name, as: UTF8.self), start..<used)
        return nil
    }

    private mutating func take(_ name: String, _ range: Range<Int>) {
        if let place = places[name] {
            values[place] = (name, range)
        } else {
            places[name] = values.count
            values.append((name, range))
        }
    }

    private mutating func readQuoted() -> Message? {
        guard let quote = rest.popFirst() else { return nil }
        while let byte = rest.popFirst() {
            if byte == quote { return readEnd() }
            if byte == 0x0A { line += 1 }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), let meant = rest.first.flatMap(Self.escaped) {
                rest = rest.dropFirst()
                append(meant)
            } else {
                append(byte)
            }
        }
        return "a quote is not closed"
    }

    /// Behind a closing quote there may be a comment, apart from it, and nothing else.
    private mutating func readEnd() -> Message? {
        let behind = rest.drop(while: Self.isBlank)
        let isComment = behind.first == UInt8(ascii: "#") && behind.startIndex > rest.startIndex
        guard isComment || behind.isEmpty || behind.first == 0x0A || behind.first == 0x0D else {
            return "only a comment may follow the closing quote"
        }
        skipLine()
        return nil
    }

    private mutating func readBare() {
        var value = rest.prefix { $0 != 0x0A }
        rest = rest[value.endIndex...]
        var previousIsBlank = true
        for index in value.indices {
            if value[index] == UInt8(ascii: "#"), previousIsBlank {
                value = value[..<index]
                break
            }
            previousIsBlank = Self.isBlank(value[index])
        }
        while let last = value.last, Self.isBlank(last) || last == 0x0D { value = value.dropLast() }
        for byte in value { append(byte) }
    }

    private mutating func append(_ byte: UInt8) {
        target[used] = byte
        used += 1
    }

    /// Goes to the end of the line, which stays.
    private mutating func skipLine() { rest = rest.drop { $0 != 0x0A } }

    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): byte
        default: nil
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }
}
