internal import Glibc
internal import NIOCore
internal import SecureMemory
internal import VaultCore

/// Requests' bodies. The only place of this target where secrets leave secret memory for HTTP.
enum SecretBody {
    /// Writes `{"key":"value",…}` straight from secret memory into the body: no other copy is made. The caller wipes
    /// the buffer with ``wipe(_:)``; what the network stack copies from there (TLS does) is beyond reach.
    static func appendSecrets(_ secrets: [NamedSecret], to body: inout ByteBuffer) throws(DeliveryFailure) {
        try check(secrets)
        // All of it at once: a buffer that grows leaves its old bytes behind.
        body.reserveCapacity(minimumWritableBytes: 16 + secrets.reduce(0) { $0 + worstCase($1) })
        body.writeInteger(UInt8(ascii: "{"))
        for (index, secret) in secrets.enumerated() {
            if index > 0 { body.writeInteger(UInt8(ascii: ",")) }
            appendText(secret.key.utf8, to: &body)
            body.writeInteger(UInt8(ascii: ":"))
            secret.value.bytes.withBytes { appendText($0, to: &body) }
        }
        body.writeInteger(UInt8(ascii: "}"))
    }

    /// Members and their values as one object without its closing brace; texts and numbers only, none of them secret.
    static func openObject(_ texts: [(String, String)], _ numbers: [(String, Int)]) -> ByteBuffer {
        var body = ByteBuffer()
        var separator = UInt8(ascii: "{")
        for (name, value) in texts {
            body.writeInteger(separator)
            appendText(name.utf8, to: &body)
            body.writeInteger(UInt8(ascii: ":"))
            appendText(value.utf8, to: &body)
            separator = UInt8(ascii: ",")
        }
        for (name, value) in numbers {
            body.writeInteger(separator)
            appendText(name.utf8, to: &body)
            body.writeString(":\(value)")
            separator = UInt8(ascii: ",")
        }
        return body
    }

    /// Zeroes the memory that the buffer shares with whoever got it, in place. Only for a request that is over: what
    /// a broken connection still had in its queue goes nowhere, or goes as zeros.
    static func wipe(_ body: ByteBuffer) {
        body.withVeryUnsafeBytes { memory in
            guard let base = memory.baseAddress else { return }
            explicit_bzero(UnsafeMutableRawPointer(mutating: base), memory.count)
        }
    }

    /// Refuses what would not arrive as it is: not UTF-8 (the gateway would replace bytes), empty (it would skip it),
    /// white space at an end (it would trim it).
    static func check(_ secrets: [NamedSecret]) throws(DeliveryFailure) {
        for secret in secrets {
            let isFit = secret.value.bytes.withBytes { bytes in
                guard let first = bytes.first, let last = bytes.last else { return false }
                return !first.isWhite && !last.isWhite && isUTF8(bytes) && !hasWhiteEnd(bytes)
            }
            guard isFit else { throw .unsuitableSecret }
        }
    }

    private static func worstCase(_ secret: NamedSecret) -> Int {
        (secret.key.utf8.count + secret.value.bytes.count) * 6 + 8
    }

    /// White space beyond ASCII, which the gateway trims as well: the first and the last scalar.
    private static func hasWhiteEnd(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        guard case .valid(let first) = parser.parseScalar(from: &iterator) else { return false }
        var reversed = bytes.reversed().makeIterator()
        var backward = Unicode.UTF8.ReverseParser()
        guard case .valid(let last) = backward.parseScalar(from: &reversed) else { return false }
        return [first, last].contains { Unicode.UTF8.decode($0).properties.isWhitespace }
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid: continue
            case .emptyInput: return true
            case .error: return false
            }
        }
    }

    /// A JSON string of UTF-8 bytes.
    private static func appendText(_ bytes: some Sequence<UInt8>, to body: inout ByteBuffer) {
        let digits = StaticString("0123456789abcdef")
        body.writeInteger(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                body.writeInteger(UInt8(ascii: "\\"))
                body.writeInteger(byte)
            case 0..<0x20, 0x7f:
                body.writeStaticString("\\u00")
                digits.withUTF8Buffer { table in
                    _ = body.writeInteger(table[Int(byte >> 4)])
                    _ = body.writeInteger(table[Int(byte & 15)])
                }
            default: body.writeInteger(byte)
            }
        }
        body.writeInteger(UInt8(ascii: "\""))
    }
}
