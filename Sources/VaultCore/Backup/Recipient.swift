package import Sealing
package import SecureMemory

/// Who can open backups of a vault besides its master key, by their public key.
package struct Recipient: Hashable, Sendable {
    /// How many a backup may have.
    package static let limit = 16

    package let key: RecipientKey

    package init(key: RecipientKey) {
        self.key = key
    }

    /// Before the 64 hexadecimal digits of a public key.
    private static let prefix = "recipient-"

    /// `recipient-` and 64 hexadecimal digits.
    package var text: String { Self.prefix + hexadecimal(key.bytes) }

    /// Nil for any other text.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = hexadecimal(text.dropFirst(Self.prefix.count)),
            let key = RecipientKey(bytes)
        else { return nil }
        self.key = key
    }
}

/// A recipient's own key, as it is kept in a file.
package enum RecipientKeyText {
    /// Before the 64 hexadecimal digits of a secret key.
    package static let prefix = "recipient-secret-"

    /// What the file holds: one line.
    package static func encode(_ pair: RecipientKeyPair) -> SecretBytes {
        KeyPairText.encode(pair, prefix: prefix)
    }

    /// The key pair of a file's content; nil where that is none.
    package static func decode(_ text: borrowing SecretBytes) -> RecipientKeyPair? {
        KeyPairText.decode(text, prefix: prefix)
    }
}
