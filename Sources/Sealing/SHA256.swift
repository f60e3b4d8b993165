internal import CSodium
package import SecureMemory

/// SHA-256 (FIPS 180-4; libsodium's `crypto_hash_sha256`): what the API knows a service's key by. Nothing of the vault's
/// own is built on it.
package enum SHA256 {
    /// The digest of a secret in 64 lower-case hex digits. It identifies the secret: keep the digest of a secret that
    /// can be guessed as safe as the secret.
    package static func hexDigest(of secret: borrowing SecretBytes) -> String {
        SodiumLibrary.start()
        var state = crypto_hash_sha256_state()
        // The state holds up to 63 bytes of the secret.
        defer { sodium_memzero(&state, MemoryLayout<crypto_hash_sha256_state>.size) }
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256_init(&state)
        secret.withBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            crypto_hash_sha256_update(&state, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
        }
        crypto_hash_sha256_final(&state, &digest)
        return hex(digest)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
