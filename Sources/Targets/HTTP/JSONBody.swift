package import SecureMemory

/// The body of a request: one JSON object (RFC 8259), in guarded memory whether anything in it is secret or not.
package struct JSONBody: Sendable {
    /// The value of a member.
    package enum Value: Sendable {
        case text(String)
        case number(Int)
        /// UTF-8 bytes, written from secret memory to secret memory.
        case secret(SharedSecret)
        case object([(String, Value)])
    }

    /// Members in the order in which they are written.
    package var members: [(String, Value)]

    package init(_ members: [(String, Value)]) {
        self.members = members
    }

    /// Members that are texts.
    package init(texts: [(String, String)]) {
        members = texts.map { ($0, .text($1)) }
    }

    /// The object as it is sent.
    package var encoded: SharedSecret {
        SharedSecret(
            SecretBytes(capacity: Self.room(for: members)) { buffer in
                var writer = Writer(buffer: buffer)
                writer.append(members)
                return writer.count
            })
    }

    /// As many bytes as the object may have: a byte can become six.
    private static func room(for members: [(String, Value)]) -> Int {
        members.reduce(2) { sum, member in
            let value =
                switch member.1 {
                case .text(let text): text.utf8.count * 6 + 2
                case .number: 20
                case .secret(let secret): secret.bytes.count * 6 + 2
                case .object(let members): room(for: members)
                }
            return sum + member.0.utf8.count * 6 + 4 + value
        }
    }

    private struct Writer {
        let buffer: UnsafeMutableRawBufferPointer
        var count = 0

        mutating func append(_ byte: UInt8) {
            buffer[count] = byte
            count += 1
        }

        mutating func append(_ members: [(String, Value)]) {
            append(UInt8(ascii: "{"))
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                appendText(name.utf8)
                append(UInt8(ascii: ":"))
                switch value {
                case .text(let text): appendText(text.utf8)
                case .number(let number): for byte in String(number).utf8 { append(byte) }
                case .secret(let secret): secret.bytes.withBytes { appendText($0) }
                case .object(let members): append(members)
                }
            }
            append(UInt8(ascii: "}"))
        }

        /// A JSON string.
        mutating func appendText(_ bytes: some Sequence<UInt8>) {
            append(UInt8(ascii: "\""))
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    append(UInt8(ascii: "\\"))
                    append(byte)
                case 0..<0x20, 0x7f:
                    for start in "\\u00".utf8 { append(start) }
                    for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
                default: append(byte)
                }
            }
            append(UInt8(ascii: "\""))
        }
    }
}
