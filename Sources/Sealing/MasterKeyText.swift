internal import CSodium
package import SecureMemory

/// Reading a master key that was written down.
package enum MasterKeyText {
    /// The 32 bytes of a random key: 64 hex digits, or 44 characters of padded base64 (RFC 4648, section 4).
    /// Nil for anything else, which is a passphrase.
    package static func randomKey(_ text: borrowing SecretBytes) -> SharedSecret? {
        switch text.count {
        case 64:
            decode(text) { out, text, written in
                sodium_hex2bin(out, 32, text, 64, nil, written, nil) == 0
            }
        case 44:
            // libsodium 1.0.18 takes bytes from 0x80 on, where `char` has a sign, for the last letter of the alphabet.
            text.withBytes({ $0.reduce(0, |) }) >= 0x80
                ? nil
                : decode(text) { out, text, written in
                    sodium_base642bin(out, 32, text, 44, nil, written, nil, sodium_base64_VARIANT_ORIGINAL) == 0
                }
        default: nil
        }
    }

    private static func decode(
        _ text: borrowing SecretBytes,
        _ read: (UnsafeMutablePointer<UInt8>, UnsafePointer<CChar>, UnsafeMutablePointer<Int>) -> Bool
    ) -> SharedSecret? {
        SodiumLibrary.start()
        let key = text.withBytes { text in
            SecretBytes(capacity: 32) { out in
                var written = 0
                guard let target = out.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    let source = text.baseAddress?.assumingMemoryBound(to: CChar.self),
                    read(target, source, &written), written == 32
                else { return 0 }
                return 32
            }
        }
        return key.count == 32 ? SharedSecret(key) : nil
    }
}
