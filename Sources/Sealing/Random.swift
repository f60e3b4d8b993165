internal import CSodium
package import SecureMemory

/// The system's randomness for values that are no secrets.
package enum RandomBytes {
    /// `count` random bytes: an id, a salt.
    package static func make(_ count: Int) -> [UInt8] {
        SodiumLibrary.start()
        return bytes(count) { randombytes_buf($0, count) }
    }

    /// A number from 0 up to, not including, `bound`, each as likely as the others.
    package static func below(_ bound: UInt32) -> UInt32 {
        SodiumLibrary.start()
        return randombytes_uniform(bound)
    }
}

/// How random secrets are written.
package enum SecretAlphabet: Sendable {
    /// Lower-case hexadecimal: two characters a byte.
    case hex
    /// base64url without padding (RFC 4648, section 5).
    case base64url
}

/// Random secrets as text, made without leaving guarded memory.
package enum RandomSecret {
    /// `prefix`, then `byteCount` random bytes in the given alphabet.
    package static func make(prefix: String = "", byteCount: Int, in alphabet: SecretAlphabet) -> SecretBytes {
        let random = SecretBytes(randomCount: byteCount)
        let prefix = Array(prefix.utf8)
        let variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING
        // Both writers of libsodium end their text with a NUL, which does not count.
        let width = alphabet == .hex ? byteCount * 2 + 1 : sodium_base64_encoded_len(byteCount, variant)
        return random.withBytes { random in
            SecretBytes(capacity: prefix.count + width) { out in
                out.copyBytes(from: prefix)
                guard let base = out.baseAddress?.assumingMemoryBound(to: CChar.self),
                    let source = random.baseAddress?.assumingMemoryBound(to: UInt8.self)
                else { return 0 }
                switch alphabet {
                case .hex: sodium_bin2hex(base + prefix.count, width, source, byteCount)
                case .base64url: sodium_bin2base64(base + prefix.count, width, source, byteCount, variant)
                }
                return prefix.count + width - 1
            }
        }
    }
}
