package import Sealing
package import SecureMemory

/// Who may check the log without the vault's master key, by their public key.
package struct Auditor: Hashable, Sendable {
    package let key: RecipientKey

    package init(key: RecipientKey) {
        self.key = key
    }

    /// Before the 64 hexadecimal digits of a public key.
    private static let prefix = "auditor-"

    /// `auditor-` and 64 hexadecimal digits.
    package var text: String { Self.prefix + hexadecimal(key.bytes) }

    /// Nil for any other text.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = hexadecimal(text.dropFirst(Self.prefix.count)),
            let key = RecipientKey(bytes)
        else { return nil }
        self.key = key
    }
}

/// The auditor's own key, as it is kept in a file.
package enum AuditorKeyText {
    /// Before the 64 hexadecimal digits of a secret key: so that neither key is taken for the other.
    package static let prefix = "auditor-secret-"

    /// What the file holds: one line.
    package static func encode(_ pair: RecipientKeyPair) -> SecretBytes {
        KeyPairText.encode(pair, prefix: prefix)
    }

    /// The key pair of a file's content; nil where that is none.
    package static func decode(_ text: borrowing SecretBytes) -> RecipientKeyPair? {
        KeyPairText.decode(text, prefix: prefix)
    }
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// The bytes that hexadecimal digits, small or capital, stand for; nil for any other text.
func hexadecimal(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    let values = digits.compactMap(value)
    guard digits.count.isMultiple(of: 2), values.count == digits.count else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}

private func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46, 0x61...0x66: (digit | 0x20) - 0x61 + 10
    default: nil
    }
}
