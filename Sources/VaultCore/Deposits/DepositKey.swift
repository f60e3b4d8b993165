internal import Sealing
internal import VaultFormat

/// What a value is deposited for: a vault, and its public deposit key.
package struct DepositKey: Hashable, Sendable {
    /// 16 bytes.
    package let vaultID: [UInt8]
    let key: RecipientKey

    /// Before 104 hexadecimal digits: the vault's id, the public key, and four bytes that tell a slip of the pen.
    private static let prefix = "deposit-"
    private static let checkWidth = 4

    init(vaultID: [UInt8], key: RecipientKey) {
        self.vaultID = vaultID
        self.key = key
    }

    /// `deposit-` and 104 hexadecimal digits.
    package var text: String { Self.prefix + hexadecimal(vaultID + key.bytes + Self.check(vaultID + key.bytes)) }

    /// Nil for any other text, and for one that was not copied letter by letter.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = hexadecimal(text.dropFirst(Self.prefix.count)),
            bytes.count == 16 + RecipientKey.width + Self.checkWidth
        else { return nil }
        let content = Array(bytes.dropLast(Self.checkWidth))
        guard Array(bytes.suffix(Self.checkWidth)) == Self.check(content), let key = RecipientKey(content.dropFirst(16))
        else { return nil }
        self.init(vaultID: Array(content.prefix(16)), key: key)
    }

    private static func check(_ content: [UInt8]) -> [UInt8] {
        Array(Checksum.digest(Array(prefix.utf8) + content).bytes.prefix(checkWidth))
    }
}

extension KeyRing {
    /// The pair that deposits are sealed for: another data key has another.
    func depositPair() throws(VaultError) -> RecipientKeyPair {
        guard let pair = RecipientKeyPair(secret: subkey(Purpose("sigilum1.deposit"))) else { throw .wrongKey }
        return pair
    }
}

extension Vault {
    /// What values are deposited for.
    package func depositKey() throws -> DepositKey {
        DepositKey(vaultID: keys.vaultID, key: try keys.depositPair().publicKey)
    }
}
