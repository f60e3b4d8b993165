internal import Sealing
internal import SecureMemory

/// A secret key as it is kept in a file: a prefix that says what it is for, 64 hexadecimal digits, one line end at most.
enum KeyPairText {
    static func encode(_ pair: RecipientKeyPair, prefix: String) -> SecretBytes {
        HexKey.encode(pair.secret.bytes, prefix: prefix, suffix: "\n")
    }

    /// The key pair of a file's content; nil where that is none of this kind.
    static func decode(_ text: borrowing SecretBytes, prefix: String) -> RecipientKeyPair? {
        let prefix = Array(prefix.utf8)
        return text.withBytes { text in
            let line = text.last == 0x0a ? UnsafeRawBufferPointer(rebasing: text.dropLast()) : text
            guard line.count == prefix.count + 2 * RecipientKey.width, line.prefix(prefix.count).elementsEqual(prefix)
            else { return nil }
            return HexKey.decode(UnsafeRawBufferPointer(rebasing: line[prefix.count...]))
                .flatMap { RecipientKeyPair(secret: $0) }
        }
    }
}
