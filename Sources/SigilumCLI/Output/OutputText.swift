internal import SecureMemory
internal import VaultCore

/// What is about to be written: ordinary bytes, and secrets that stay in guarded memory until they are.
struct OutputText {
    enum Chunk {
        case bytes([UInt8])
        case secret(SharedSecret, SecretEncoding)
    }

    private(set) var chunks: [Chunk] = []

    mutating func append(_ text: String) {
        guard !text.isEmpty else { return }
        guard case .bytes(var bytes) = chunks.last else {
            chunks.append(.bytes(Array(text.utf8)))
            return
        }
        // Taken out first, so that appending to it copies nothing.
        chunks.removeLast()
        bytes.append(contentsOf: text.utf8)
        chunks.append(.bytes(bytes))
    }

    mutating func append(_ secret: SharedSecret, as encoding: SecretEncoding) {
        chunks.append(.secret(secret, encoding))
    }

    mutating func append(_ other: OutputText) {
        chunks += other.chunks
    }

    /// How many columns the text takes on a terminal, as far as a count of characters says.
    var width: Int {
        chunks.reduce(0) { sum, chunk in
            switch chunk {
            case .bytes(let bytes): sum + String(decoding: bytes, as: UTF8.self).count
            case .secret(let secret, let encoding):
                // Without a String of the secret: every byte but the ones that continue a character.
                sum + encoding.encode(secret.bytes).withBytes { bytes in bytes.count { $0 & 0xc0 != 0x80 } }
            }
        }
    }

    /// A value as a terminal may get it.
    mutating func append(_ value: Value, reveal: Bool) {
        switch value {
        case .plain(let text): append(text)
        case .untrusted(let text): append(Escaping.forTerminal(text))
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
