package import SecureMemory
internal import VaultFormat

/// What a slot's passphrase was stretched to: all of the cost of opening a vault. It opens that slot alone, as long as the slot
/// is there, and the passphrase cannot be got from it.
package struct StretchedKey: Sendable {
    /// In bytes.
    package static let width = 32

    /// The slot's number.
    package let slot: UInt8
    /// 32 bytes.
    package let bytes: SharedSecret

    package init(slot: UInt8, bytes: SharedSecret) {
        self.slot = slot
        self.bytes = bytes
    }
}

extension Vault {
    /// The id that a store's slots claim, of 16 bytes; nothing of it is proven. Nil where there are none.
    package static func claimedID(_ storage: any VaultStorage) throws -> [UInt8]? {
        let slots = try storage.snapshot { rows in try rows.rows(.slot, after: nil, limit: 256) }
        return try slots.first.map { try SlotCrypto.decode($0).vaultID }
    }

    /// Whether a master key opens one of the vault's slots. Stretches a passphrase for each that is for one.
    package func isOpened(by masterKey: borrowing SecretBytes) throws -> Bool {
        let slots = try storage.snapshot { rows in try rows.rows(.slot, after: nil, limit: 256) }
        for slot in slots where try SlotCrypto.unwrap(SlotCrypto.decode(slot), with: masterKey) != nil { return true }
        return false
    }

    /// Opens a vault by what its passphrase was stretched to before.
    ///
    /// - Throws: ``VaultError/wrongKey`` where it opens no slot; else what opening with a master key throws.
    package static func open(
        _ storage: any VaultStorage, stretched: StretchedKey, anchors: any AnchorStore, environment: VaultEnvironment
    ) throws -> Vault {
        try open(storage, anchors: anchors, environment: environment) { row in
            guard row.number == stretched.slot, row.kdf == MasterKeyKind.passphrase.rawValue else { return nil }
            return try SlotCrypto.unwrap(row, stretched: stretched.bytes).map { ($0, stretched.bytes) }
        }
    }
}
