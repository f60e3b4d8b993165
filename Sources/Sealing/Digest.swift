internal import CSodium
package import SecureMemory

/// 32 bytes of BLAKE2b. Compare secrets' digests with ``matches(_:)``; `==` is for public ones.
package struct Digest: Hashable, Sendable {
    /// How many bytes a digest has.
    package static let width = 32
    /// 32 zero bytes: the start of a chain, and the top of a tree without entries.
    package static let zero = Digest(unchecked: [UInt8](repeating: 0, count: width))

    package let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.width else { return nil }
        self.bytes = bytes
    }

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: ArraySlice<UInt8>) {
        self.init(Array(bytes))
    }

    fileprivate init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Equality in constant time (`sodium_memcmp`).
    package func matches(_ other: Digest) -> Bool {
        sodium_memcmp(bytes, other.bytes, Self.width) == 0
    }
}

/// What a hash is for: BLAKE2b's personal string, 16 bytes, padded with zeros. Two purposes never give the same hash.
package struct Purpose: Sendable {
    private let bytes: SIMD16<UInt8>

    /// Takes up to 16 bytes of ASCII; more is a defect of the program.
    package init(_ text: StaticString) {
        precondition(text.utf8CodeUnitCount <= 16 && text.isASCII)
        var bytes = SIMD16<UInt8>(repeating: 0)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            text.withUTF8Buffer { bytes.copyMemory(from: UnsafeRawBufferPointer($0)) }
        }
        self.bytes = bytes
    }

    /// The 16 bytes while `body` runs.
    fileprivate func withBytes<Result: ~Copyable>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeBytes(of: bytes) { body($0.start) }
    }
}

/// BLAKE2b with a key and a purpose (RFC 7693; libsodium's `crypto_generichash_blake2b_salt_personal`).
package enum KeyedHash {
    private static let noSalt = [UInt8](repeating: 0, count: 16)

    /// The 32-byte hash of a public message.
    package static func digest(_ purpose: Purpose, key: borrowing SecretBytes, _ message: [UInt8]) -> Digest {
        Digest(unchecked: key.withBytes { key in hash(purpose, key: key, message, message.count) })
    }

    /// The 32-byte hash of a secret.
    package static func digest(_ purpose: Purpose, key: borrowing SecretBytes, of secret: borrowing SecretBytes)
        -> Digest
    {
        Digest(
            unchecked: key.withBytes { key in
                secret.withBytes { message in hash(purpose, key: key, message.start, message.count) }
            })
    }

    /// A secret of `count` bytes (16 to 64) derived from `key`, `salt` (16 bytes) and a public message.
    package static func derive(
        _ purpose: Purpose, key: borrowing SecretBytes, salt: [UInt8]? = nil, message: [UInt8], count: Int = 32
    ) -> SecretBytes {
        SodiumLibrary.start()
        let salt = salt ?? noSalt
        precondition(salt.count == 16 && (16...64).contains(count))
        return key.withBytes { key in
            SecretBytes(capacity: count) { out in
                let result = purpose.withBytes { purpose in
                    crypto_generichash_blake2b_salt_personal(
                        out.start, count, message, UInt64(message.count), key.start, key.count, salt, purpose)
                }
                precondition(result == 0)
                return count
            }
        }
    }

    /// The 32-byte secrets derived from `key` and a public message, one a purpose, in one allocation.
    package static func derive(
        _ purposes: [Purpose], key: borrowing SecretBytes, message: [UInt8]
    ) -> [SharedSecret] {
        SodiumLibrary.start()
        return key.withBytes { key in
            SecretBytes.group(of: purposes.count, width: 32) { number, out in
                let result = purposes[number].withBytes { purpose in
                    crypto_generichash_blake2b_salt_personal(
                        out.start, out.count, message, UInt64(message.count), key.start, key.count, noSalt, purpose)
                }
                precondition(result == 0)
            }
        }
    }

    private static func hash(
        _ purpose: Purpose, key: UnsafeRawBufferPointer, _ message: UnsafePointer<UInt8>, _ count: Int
    ) -> [UInt8] {
        bytes(Digest.width) { out in
            let result = purpose.withBytes { purpose in
                crypto_generichash_blake2b_salt_personal(
                    out, Digest.width, message, UInt64(count), key.start, key.count, noSalt, purpose)
            }
            precondition(result == 0)
        }
    }
}

/// BLAKE2b-256 without a key: tells damage from change, never an attacker.
package enum Checksum {
    package static func digest(_ message: [UInt8]) -> Digest {
        SodiumLibrary.start()
        var out = [UInt8](repeating: 0, count: Digest.width)
        precondition(crypto_generichash_blake2b(&out, out.count, message, UInt64(message.count), nil, 0) == 0)
        return Digest(unchecked: out)
    }
}
