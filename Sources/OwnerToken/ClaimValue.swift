/// A member of a token's payload, as it stands there.
package struct Claim: Sendable, Equatable {
    /// Text of anybody's, control characters and all: for the renderer to escape.
    package let name: String
    package let value: ClaimValue
}

/// A JSON value. Objects keep the order of their members; numbers keep their text, so that none is rounded.
package indirect enum ClaimValue: Sendable, Equatable {
    /// Text of anybody's, control characters and all: for the renderer to escape.
    case string(String)
    /// A number as JSON writes it: `1e3`, `-0.50`.
    case number(String)
    case boolean(Bool)
    case null
    case array([ClaimValue])
    case object([Claim])

    /// The value as JSON without white space. Characters below U+0020, quotes and backslashes are escaped; all others
    /// stand as they are.
    package var jsonText: String {
        var bytes: [UInt8] = []
        write { bytes.append($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(_ emit: (UInt8) -> Void) {
        switch self {
        case .string(let text): JSONText.write(text, emit)
        case .number(let text): text.utf8.forEach(emit)
        case .boolean(let isTrue): (isTrue ? "true" : "false").utf8.forEach(emit)
        case .null: "null".utf8.forEach(emit)
        case .array(let elements):
            emit(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { emit(UInt8(ascii: ",")) }
                element.write(emit)
            }
            emit(UInt8(ascii: "]"))
        case .object(let members):
            emit(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { emit(UInt8(ascii: ",")) }
                JSONText.write(member.name, emit)
                emit(UInt8(ascii: ":"))
                member.value.write(emit)
            }
            emit(UInt8(ascii: "}"))
        }
    }
}

extension [Claim] {
    /// The value of a member, by the very bytes of its name: `==` on text takes more than one spelling of a character.
    package func value(_ name: String) -> ClaimValue? {
        first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}

/// How text is written in JSON (RFC 8259, section 7).
enum JSONText {
    /// At most this many bytes for one byte of UTF-8, as in `\u001f`.
    static let widest = 6

    /// Writes a text in quotes, byte by byte.
    static func write(_ text: String, _ emit: (UInt8) -> Void) {
        let digits: StaticString = "0123456789abcdef"
        emit(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                emit(UInt8(ascii: "\\"))
                emit(byte)
            case 0..<0x20:
                "\\u00".utf8.forEach(emit)
                digits.withUTF8Buffer {
                    emit($0[Int(byte >> 4)])
                    emit($0[Int(byte & 15)])
                }
            default: emit(byte)
            }
        }
        emit(UInt8(ascii: "\""))
    }
}
