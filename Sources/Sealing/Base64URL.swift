internal import CSodium
package import SecureMemory

/// base64url without padding (RFC 4648, section 5; RFC 7515, section 2), from and to guarded memory, by libsodium's
/// codec: its time does not depend on the characters.
package enum Base64URL {
    /// How many characters `count` bytes become.
    package static func encodedCount(_ count: Int) -> Int { (count * 4 + 2) / 3 }

    /// Writes the characters of `bytes`, and a NUL that does not count.
    ///
    /// - Parameters:
    ///   - bytes: What to encode.
    ///   - target: At least ``encodedCount(_:)`` bytes and one more; less is a defect of the program.
    /// - Returns: How many characters were written.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        SodiumLibrary.start()
        let count = encodedCount(bytes.count)
        precondition(target.count > count)
        guard let source = bytes.baseAddress, let out = target.baseAddress else { return 0 }
        sodium_bin2base64(
            out.assumingMemoryBound(to: CChar.self), count + 1, source.assumingMemoryBound(to: UInt8.self),
            bytes.count, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
        return count
    }

    /// The bytes of a canonical text; nil for any other: padding, white space, a character of another alphabet, a
    /// length that no bytes have, unused bits that are not zero.
    package static func decode(_ text: UnsafeRawBufferPointer) -> SecretBytes? {
        SodiumLibrary.start()
        guard let source = text.baseAddress, !text.isEmpty else { return SecretBytes(capacity: 0) { _ in 0 } }
        // libsodium 1.0.18 takes bytes from 0x80 on, where `char` has a sign, for the last letter of the alphabet.
        guard text.reduce(0, |) < 0x80 else { return nil }
        do {
            return try SecretBytes(capacity: text.count / 4 * 3 + 3) { out throws(Malformed) in
                var count = 0
                let result = sodium_base642bin(
                    out.start, out.count, source.assumingMemoryBound(to: CChar.self), text.count, nil, &count, nil,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING)
                guard result == 0 else { throw Malformed() }
                return count
            }
        } catch {
            return nil
        }
    }

    private struct Malformed: Error {}
}
