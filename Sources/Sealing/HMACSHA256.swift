internal import CSodium
package import SecureMemory

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1; libsodium's `crypto_auth_hmacsha256`): what owner tokens are signed with.
/// Nothing of the vault's own is built on it.
package enum HMACSHA256 {
    /// How many bytes a code has.
    package static let width = 32

    /// The 32-byte code of a message under a key of any length.
    ///
    /// - Parameters:
    ///   - message: Read during the call only, so that a part of a secret needs no copy.
    ///   - key: Any number of bytes. An empty key gives a code that proves nothing: refuse it before.
    /// - Returns: The code, in guarded memory: it is a part of the token that it signs.
    package static func code(of message: UnsafeRawBufferPointer, key: borrowing SecretBytes) -> SecretBytes {
        SodiumLibrary.start()
        return key.withBytes { key in
            SecretBytes(capacity: width) { out in
                var state = crypto_auth_hmacsha256_state()
                // Whoever has the state can go on signing.
                defer { sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size) }
                crypto_auth_hmacsha256_init(&state, key.start, key.count)
                if let start = message.baseAddress {
                    crypto_auth_hmacsha256_update(
                        &state, start.assumingMemoryBound(to: UInt8.self), UInt64(message.count))
                }
                crypto_auth_hmacsha256_final(&state, out.start)
                return width
            }
        }
    }
}
