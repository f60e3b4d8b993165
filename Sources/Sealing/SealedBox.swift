internal import CSodium
package import SecureMemory

/// Whom something is sealed to: an X25519 public key (RFC 7748), 32 bytes.
package struct RecipientKey: Hashable, Sendable {
    package static let width = 32
    package let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.width else { return nil }
        self.bytes = Array(bytes)
    }

    fileprivate init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The key pair of whom something is sealed to.
package struct RecipientKeyPair: Sendable {
    package let publicKey: RecipientKey
    /// 32 bytes.
    package let secret: SharedSecret

    /// A fresh one.
    package static func random() -> RecipientKeyPair {
        let secret = SharedSecret(SecretBytes(randomCount: RecipientKey.width))
        return RecipientKeyPair(publicKey: Self.publicKey(of: secret.bytes), secret: secret)
    }

    /// The pair of a secret key; nil unless it has exactly 32 bytes.
    package init?(secret: SharedSecret) {
        guard secret.bytes.count == RecipientKey.width else { return nil }
        self.init(publicKey: Self.publicKey(of: secret.bytes), secret: secret)
    }

    private init(publicKey: RecipientKey, secret: SharedSecret) {
        self.publicKey = publicKey
        self.secret = secret
    }

    private static func publicKey(of secret: borrowing SecretBytes) -> RecipientKey {
        SodiumLibrary.start()
        var bytes = [UInt8](repeating: 0, count: RecipientKey.width)
        secret.withBytes { secret in
            // Fails for no secret key.
            precondition(crypto_scalarmult_base(&bytes, secret.start) == 0)
        }
        return RecipientKey(unchecked: bytes)
    }
}

/// libsodium's sealed box (`crypto_box_seal`: X25519, XSalsa20-Poly1305, a key of its own for each box): whoever has the
/// public key can seal, who has the secret key can open. It does not say who sealed.
package enum SealedBox {
    /// How many bytes longer than what is in it a box is.
    package static let overhead = 48

    /// Nil where the public key is one of the few that agree on nothing secret.
    package static func seal(_ plaintext: borrowing SecretBytes, to recipient: RecipientKey) -> [UInt8]? {
        SodiumLibrary.start()
        return plaintext.withBytes { plaintext in
            var out = [UInt8](repeating: 0, count: plaintext.count + overhead)
            let result = crypto_box_seal(&out, plaintext.start, UInt64(plaintext.count), recipient.bytes)
            return result == 0 ? out : nil
        }
    }

    /// Opens into guarded memory, or says only that it cannot.
    package static func open(_ box: [UInt8], with pair: RecipientKeyPair) throws(OpeningFailed) -> SecretBytes {
        SodiumLibrary.start()
        guard box.count >= overhead else { throw OpeningFailed() }
        let count = box.count - overhead
        return try pair.secret.bytes.withBytes { (secret) throws(OpeningFailed) -> SecretBytes in
            try SecretBytes(capacity: count) { (out) throws(OpeningFailed) in
                let result = crypto_box_seal_open(
                    out.start, box, UInt64(box.count), pair.publicKey.bytes, secret.start)
                guard result == 0 else { throw OpeningFailed() }
                return count
            }
        }
    }
}

/// Keys as hexadecimal digits, from and to guarded memory.
package enum HexKey {
    /// The bytes that an even number of digits, small or capital, stands for; nil for any other text.
    package static func decode(_ text: UnsafeRawBufferPointer) -> SharedSecret? {
        SodiumLibrary.start()
        guard let source = text.baseAddress, !text.isEmpty, text.count.isMultiple(of: 2) else { return nil }
        let bytes = SecretBytes(capacity: text.count / 2) { out in
            var written = 0
            let result = sodium_hex2bin(
                out.start, out.count, source.assumingMemoryBound(to: CChar.self), text.count, nil, &written, nil)
            return result == 0 ? written : 0
        }
        return bytes.count == text.count / 2 ? SharedSecret(bytes) : nil
    }

    /// `prefix`, the bytes in small digits, and `suffix`.
    package static func encode(_ secret: borrowing SecretBytes, prefix: String, suffix: String = "") -> SecretBytes {
        SodiumLibrary.start()
        let (prefix, suffix) = (Array(prefix.utf8), Array(suffix.utf8))
        return secret.withBytes { secret in
            let width = secret.count * 2
            return SecretBytes(capacity: prefix.count + width + 1 + suffix.count) { out in
                out.copyBytes(from: prefix)
                let digits = out.start + prefix.count
                // Ends with a NUL, which does not count.
                digits.withMemoryRebound(to: CChar.self, capacity: width + 1) { digits in
                    _ = sodium_bin2hex(digits, width + 1, secret.start, secret.count)
                }
                UnsafeMutableRawBufferPointer(rebasing: out[(prefix.count + width)...]).copyBytes(from: suffix)
                return prefix.count + width + suffix.count
            }
        }
    }
}
