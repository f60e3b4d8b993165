internal import SecureMemory
internal import VaultCore

/// What is about to be written: ordinary bytes, and secrets that stay in guarded memory until they are.
struct OutputText {
    /// A secret, and how many of the ordinary bytes come before it.
    private struct Insertion {
        let offset: Int
        let secret: SharedSecret
        let encoding: SecretEncoding
    }

    /// A part of the text that is written at once.
    enum Chunk {
        case bytes(Range<Int>)
        case secret(SharedSecret, SecretEncoding)
    }

    /// Everything but the secrets.
    private(set) var bytes: [UInt8] = []
    private var secrets: [Insertion] = []

    /// What there is to write, in its order.
    var chunks: [Chunk] {
        var chunks: [Chunk] = []
        var start = 0
        for insertion in secrets {
            if insertion.offset > start { chunks.append(.bytes(start..<insertion.offset)) }
            chunks.append(.secret(insertion.secret, insertion.encoding))
            start = insertion.offset
        }
        if bytes.count > start { chunks.append(.bytes(start..<bytes.count)) }
        return chunks
    }

    /// Forgets all of it, and keeps the room for as many bytes.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        secrets.removeAll()
    }

    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends spaces.
    mutating func append(spaces count: Int) {
        for _ in 0..<max(0, count) { bytes.append(UInt8(ascii: " ")) }
    }

    mutating func append(_ secret: SharedSecret, as encoding: SecretEncoding) {
        secrets.append(Insertion(offset: bytes.count, secret: secret, encoding: encoding))
    }

    mutating func append(_ other: OutputText) {
        for insertion in other.secrets {
            secrets.append(
                Insertion(
                    offset: bytes.count + insertion.offset, secret: insertion.secret, encoding: insertion.encoding))
        }
        bytes.append(contentsOf: other.bytes)
    }

    /// Appends text of anybody's, made harmless.
    mutating func append(_ text: String, escaped style: Escaping.Style) {
        var text = text
        text.withUTF8 { text in
            if Escaping.isHarmless(text, style: style) {
                bytes.append(contentsOf: text)
            } else {
                Escaping.escape(UnsafeRawBufferPointer(text), style: style) { bytes.append($0) }
            }
        }
    }

    /// How many columns the text takes on a terminal, as far as a count of characters says.
    var width: Int {
        // Characters of ASCII stand for themselves, but for a line end of two bytes, which no cell has.
        let isASCII = bytes.allSatisfy { $0 < 0x80 && $0 != 0x0d }
        let plain = isASCII ? bytes.count : String(decoding: bytes, as: UTF8.self).count
        return secrets.reduce(plain) { sum, insertion in
            // Without a String of the secret: every byte but the ones that continue a character.
            sum
                + insertion.encoding.encode(insertion.secret.bytes).withBytes { bytes in
                    bytes.count { $0 & 0xc0 != 0x80 }
                }
        }
    }

    /// A value as a terminal may get it.
    mutating func append(_ value: Value, reveal: Bool) {
        switch value {
        case .plain(let text): append(text)
        case .untrusted(let text): append(text, escaped: .terminal)
        case .integer(let number): append(String(number))
        case .boolean(let truth): append(truth ? "true" : "false")
        case .secret(let secret, _) where reveal: append(secret, as: .terminal)
        case .secret(_, let prefix), .hidden(let prefix): append(Redaction.masked(prefix: prefix))
        }
    }
}

/// How a revealed secret is written.
enum SecretEncoding {
    /// Byte for byte.
    case raw
    /// Within a line for a person: control characters escaped, so that a value cannot forge the lines around it.
    case terminal
    /// A JSON string, or `{"base64": …}` where the value is not UTF-8.
    case json

    /// The encoded secret, in guarded memory too.
    func encode(_ secret: borrowing SecretBytes) -> SecretBytes {
        secret.withBytes { bytes in
            switch self {
            case .raw: SecretBytes(copying: bytes)
            case .terminal: Self.filled(bytes) { Escaping.escape(bytes, style: .terminal, emit: $0) }
            case .json where Escaping.isUTF8(bytes):
                Self.filled(bytes) { emit in
                    emit(UInt8(ascii: "\""))
                    Escaping.escape(bytes, style: .json, emit: emit)
                    emit(UInt8(ascii: "\""))
                }
            case .json: Self.filled(bytes) { Self.base64(bytes, emit: $0) }
            }
        }
    }

    /// 6 bytes for each is the longest escape; 32 more hold what stands around.
    private static func filled(
        _ bytes: UnsafeRawBufferPointer, _ body: (_ emit: (UInt8) -> Void) -> Void
    ) -> SecretBytes {
        SecretBytes(capacity: bytes.count * 6 + 32) { target in
            var written = 0
            body { byte in
                target[written] = byte
                written += 1
            }
            return written
        }
    }

    private static func base64(_ bytes: UnsafeRawBufferPointer, emit: (UInt8) -> Void) {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let opening: StaticString = #"{"base64": ""#
        let closing: StaticString = #""}"#
        opening.withUTF8Buffer { $0.forEach(emit) }
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            let present = min(3, bytes.count - start)
            for position in 0..<4 {
                let digit = Int(bits >> (18 - 6 * UInt32(position)) & 0x3f)
                emit(position <= present ? digits.utf8Start[digit] : UInt8(ascii: "="))
            }
        }
        closing.withUTF8Buffer { $0.forEach(emit) }
    }
}
