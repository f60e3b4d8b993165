internal import SecureMemory

/// Why `config.env` cannot be read: the line, from 1, and the reason. Carries nothing of what stands there.
struct ConfigFileError: Error, Equatable {
    /// What users read.
    enum Reason: String, Sendable {
        case noName = "a line is NAME=value, with a name of letters, digits and _, and no space before ="
        case openQuote = "a quote is not closed"
        case behindQuote = "only a comment may follow the closing quote"
        case quoteInside = "a quote in the middle of a value; put the whole value in the other kind of quotes"
        case controlCharacter = "a control character"
        case notUTF8 = "the value is not UTF-8"
    }

    let line: Int
    let reason: Reason
}

/// Reads `NAME=value` lines as a value, never as a script: nothing is expanded and a backslash is a backslash.
///
/// A value may stand in single or double quotes; without quotes it ends before white space and `#`. `#` at the start of
/// a line makes it a comment. Lines end with LF or CR LF; `export ` before a name is passed over. Of a name that stands
/// twice, the last counts, as in a shell. Lines with other names are checked and not copied: they can hold secrets.
enum ConfigFileParser {
    /// The values of the names that are wanted, as far as they stand there.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, wanted: Set<String>
    ) throws(ConfigFileError) -> [String: String] {
        var values: [String: String] = [:]
        try scan(bytes) { (name, value) throws(Refusal) in
            guard wanted.contains(name) else { return }
            guard let text = String(validating: value, as: UTF8.self) else { throw Refusal(reason: .notUTF8) }
            values[name] = text
        }
        return values
    }

    /// The bytes of one value, which never leave guarded memory; nil where the name does not stand there.
    static func secret(_ name: String, in bytes: UnsafeRawBufferPointer) throws(ConfigFileError) -> SecretBytes? {
        var found: Bytes?
        try scan(bytes) { (other, value) in
            if other == name { found = value }
        }
        guard let found else { return nil }
        return SecretBytes(copying: found)
    }

    /// Every name with its value, in the order of the lines; of a name that stands twice, the last value.
    static func all(_ bytes: UnsafeRawBufferPointer) throws(ConfigFileError) -> [(name: String, value: String)] {
        var settings: [(name: String, value: String)] = []
        try scan(bytes) { (name, value) throws(Refusal) in
            guard let text = String(validating: value, as: UTF8.self) else { throw Refusal(reason: .notUTF8) }
            settings.removeAll { $0.name == name }
            settings.append((name, text))
        }
        return settings
    }

    /// Goes through the settings of all lines.
    private static func scan(
        _ bytes: UnsafeRawBufferPointer, _ take: (String, Bytes) throws(Refusal) -> Void
    ) throws(ConfigFileError) {
        var number = 0
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            var line = rest[..<end]
            rest = rest[end...].dropFirst()
            if line.last == 0x0D { line = line.dropLast() }
            do throws(Refusal) {
                if let (name, value) = try setting(line) { try take(name, value) }
            } catch {
                throw ConfigFileError(line: number, reason: error.reason)
            }
        }
    }

    private struct Refusal: Error {
        let reason: ConfigFileError.Reason
    }

    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    /// The name and the value of a line; nil where it is empty or a comment.
    private static func setting(_ line: Bytes) throws(Refusal) -> (name: String, value: Bytes)? {
        var rest = withoutBlanks(line)
        guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
        guard !line.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) else {
            throw Refusal(reason: .controlCharacter)
        }
        if rest.starts(with: "export".utf8), let behind = rest.dropFirst(6).first, isBlank(behind) {
            rest = withoutBlanks(rest.dropFirst(6))
        }
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), isName(rest[..<equals]) else {
            throw Refusal(reason: .noName)
        }
        return (String(decoding: rest[..<equals], as: UTF8.self), try value(rest[(equals + 1)...]))
    }

    private static func value(_ bytes: Bytes) throws(Refusal) -> Bytes {
        guard let quote = bytes.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            return try bareValue(bytes)
        }
        let inner = bytes.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { throw Refusal(reason: .openQuote) }
        let behind = inner[(end + 1)...]
        let rest = withoutBlanks(behind)
        // A comment is apart from the quote, as in a shell, where `"a"#b` is one word.
        let isComment = rest.first == UInt8(ascii: "#") && rest.startIndex > behind.startIndex
        guard rest.isEmpty || isComment else { throw Refusal(reason: .behindQuote) }
        return inner[..<end]
    }

    private static func bareValue(_ bytes: Bytes) throws(Refusal) -> Bytes {
        var end = bytes.endIndex
        var previousIsBlank = true
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "#"), previousIsBlank {
                end = index
                break
            }
            previousIsBlank = isBlank(bytes[index])
        }
        let value = withoutBlanks(bytes[..<end])
        guard !value.contains(UInt8(ascii: "\"")), !value.contains(UInt8(ascii: "'")) else {
            throw Refusal(reason: .quoteInside)
        }
        return value
    }

    /// Without white space at either end.
    private static func withoutBlanks(_ bytes: Bytes) -> Bytes {
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isName(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
        return bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }
}
