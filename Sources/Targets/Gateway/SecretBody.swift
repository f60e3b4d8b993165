internal import HTTPTransport
internal import SecureMemory
internal import VaultCore

/// Secrets in requests' bodies.
enum SecretBody {
    /// The secrets as an object of their keys: they stay in secret memory until the network library takes them.
    ///
    /// - Parameter secrets: None twice.
    /// - Returns: The value of a member.
    /// - Throws: ``DeliveryFailure/unsuitableSecret``.
    static func object(of secrets: [NamedSecret]) throws(DeliveryFailure) -> JSONBody.Value {
        try check(secrets)
        return .object(secrets.map { ($0.key, .secret($0.value)) })
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
