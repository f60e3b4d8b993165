internal import CSodium
package import SecureMemory

/// A nonce of XChaCha20: 24 bytes, random, so that two are never the same (draft-irtf-cfrg-xchacha-03).
package struct Nonce: Hashable, Sendable {
    package static let width = 24
    package let bytes: [UInt8]

    /// Nil unless there are exactly 24 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.width else { return nil }
        self.bytes = bytes
    }

    /// Nil unless there are exactly 24 bytes.
    package init?(_ bytes: ArraySlice<UInt8>) {
        self.init(Array(bytes))
    }

    /// A fresh one.
    package static func random() -> Nonce {
        Nonce(unchecked: RandomBytes.make(width))
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The only thing that opening can say: the key, the nonce, the bytes or what they are bound to are not the sealed ones.
package struct OpeningFailed: Error {}

/// XChaCha20-Poly1305-IETF (libsodium's `crypto_aead_xchacha20poly1305_ietf`). The tag is the last 16 bytes.
package enum AEAD {
    package static let tagWidth = 16

    /// Seals a secret; the result is 16 bytes longer. `key` has 32 bytes.
    package static func seal(
        _ plaintext: borrowing SecretBytes, boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) -> [UInt8] {
        plaintext.withBytes { plaintext in seal(plaintext, boundTo: data, nonce: nonce, key: key) }
    }

    /// Seals public bytes that others should not see; the result is 16 bytes longer. `key` has 32 bytes.
    package static func seal(
        bytes plaintext: [UInt8], boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) -> [UInt8] {
        plaintext.withUnsafeBytes { plaintext in seal(plaintext, boundTo: data, nonce: nonce, key: key) }
    }

    /// Opens part of a larger whole.
    package static func open(
        _ ciphertext: some Collection<UInt8>, boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) throws(OpeningFailed) -> SecretBytes {
        try open(Array(ciphertext), boundTo: data, nonce: nonce, key: key)
    }

    /// Opens into guarded memory, or says only that it cannot.
    package static func open(
        _ ciphertext: [UInt8], boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) throws(OpeningFailed) -> SecretBytes {
        precondition(key.count == Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES))
        guard ciphertext.count >= tagWidth else { throw OpeningFailed() }
        let count = ciphertext.count - tagWidth
        return try key.withBytes { (key) throws(OpeningFailed) -> SecretBytes in
            try SecretBytes(capacity: count) { (out) throws(OpeningFailed) in
                let result = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    out.start, nil, nil, ciphertext, UInt64(ciphertext.count), data, UInt64(data.count), nonce.bytes,
                    key.start)
                guard result == 0 else { throw OpeningFailed() }
                return count
            }
        }
    }

    /// Opens what ``seal(bytes:boundTo:nonce:key:)`` sealed, into ordinary memory, or says only that it cannot.
    package static func openBytes(
        _ ciphertext: [UInt8], boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) throws(OpeningFailed) -> [UInt8] {
        precondition(key.count == Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES))
        guard ciphertext.count >= tagWidth else { throw OpeningFailed() }
        var isRight = false
        let opened = key.withBytes { key in
            // Where it fails libsodium has written nothing but zeros.
            bytes(ciphertext.count - tagWidth) { out in
                isRight =
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        out, nil, nil, ciphertext, UInt64(ciphertext.count), data, UInt64(data.count),
                        nonce.bytes, key.start) == 0
            }
        }
        guard isRight else { throw OpeningFailed() }
        return opened
    }

    private static func seal(
        _ plaintext: UnsafeRawBufferPointer, boundTo data: [UInt8], nonce: Nonce, key: borrowing SecretBytes
    ) -> [UInt8] {
        precondition(key.count == Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES))
        return key.withBytes { key in
            bytes(plaintext.count + tagWidth) { out in
                let result = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    out, nil, plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    UInt64(plaintext.count), data, UInt64(data.count), nil, nonce.bytes, key.start)
                precondition(result == 0)
            }
        }
    }
}
