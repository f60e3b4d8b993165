internal import HTTPTransport
internal import NIOCore
internal import SecureMemory
internal import VaultCore

/// Secrets in requests' bodies. The only place of this target where secrets leave secret memory for HTTP.
enum SecretBody {
    /// Writes `{"key":"value",…}` straight from secret memory into the body: no other copy is made. The caller wipes
    /// the buffer with ``JSONBody/wipe(_:)``; what the network stack copies from there (TLS does) is beyond reach.
    static func appendSecrets(_ secrets: [NamedSecret], to body: inout ByteBuffer) throws(DeliveryFailure) {
        try check(secrets)
        // All of it at once: a buffer that grows leaves its old bytes behind.
        body.reserveCapacity(minimumWritableBytes: 16 + secrets.reduce(0) { $0 + worstCase($1) })
        body.writeInteger(UInt8(ascii: "{"))
        for (index, secret) in secrets.enumerated() {
            if index > 0 { body.writeInteger(UInt8(ascii: ",")) }
            JSONBody.appendText(secret.key.utf8, to: &body)
            body.writeInteger(UInt8(ascii: ":"))
            secret.value.bytes.withBytes { JSONBody.appendText($0, to: &body) }
        }
        body.writeInteger(UInt8(ascii: "}"))
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
}
