internal import SecureMemory
internal import VaultCore

/// What `vault unlock` keeps of a vault: a version, the slot, when it ends, and what the slot's passphrase was stretched to.
/// The passphrase cannot be got from it, and it opens nothing once the slot is gone.
struct UnlockedKey {
    static let prefix = "sigilum-vault:"
    private static let version: UInt8 = 1
    private static let width = 2 + 8 + StretchedKey.width

    let key: StretchedKey
    /// Milliseconds since 1970 UTC.
    let end: Int64

    static func name(of vault: [UInt8]) -> String { prefix + Hexadecimal.text(vault) }

    init(_ key: StretchedKey, until end: Int64) {
        self.key = key
        self.end = end
    }

    /// Nil where it is nothing of the kind.
    init?(decoding kept: SharedSecret) {
        let parts = kept.bytes.withBytes { bytes -> (slot: UInt8, end: UInt64, key: SharedSecret)? in
            guard bytes.count == Self.width, bytes[0] == Self.version else { return nil }
            let end = bytes[2..<10].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return (bytes[1], end, SharedSecret(SecretBytes(copying: bytes[10...])))
        }
        guard let parts, let end = Int64(exactly: parts.end) else { return nil }
        self.init(StretchedKey(slot: parts.slot, bytes: parts.key), until: end)
    }

    var encoded: SharedSecret {
        SharedSecret(
            key.bytes.bytes.withBytes { key in
                SecretBytes(capacity: Self.width) { target in
                    target[0] = Self.version
                    target[1] = self.key.slot
                    for index in 0..<8 { target[2 + index] = UInt8(truncatingIfNeeded: end >> (8 * index)) }
                    UnsafeMutableRawBufferPointer(rebasing: target[10...]).copyMemory(from: key)
                    return Self.width
                }
            })
    }
}

/// The vaults of this user that are unlocked now.
struct Unlocking {
    let store: KeyringStore
    /// Milliseconds since 1970 UTC.
    let now: Int64

    init(_ context: Context) {
        store = context.openers.keyring
        now = context.now()
    }

    /// What is kept of a vault, by the id that its slots claim; nil where nothing is, or nothing can be.
    func find(_ id: [UInt8]) -> UnlockedKey? {
        guard let kept = try? store.read(UnlockedKey.name(of: id)), let key = UnlockedKey(decoding: kept),
            key.end > now
        else { return nil }
        return key
    }

    /// Opens a vault by what is kept of it. What opens it no more is forgotten: its passphrase was changed.
    ///
    /// - Returns: nil where nothing that opens it is kept.
    /// - Throws: What opening a vault throws, a wrong key apart.
    func open(
        _ storage: any VaultStorage, _ body: (StretchedKey) throws -> Vault
    ) throws -> (vault: Vault, until: Int64)? {
        guard let id = try Vault.claimedID(storage), let kept = find(id) else { return nil }
        do {
            return (try body(kept.key), kept.end)
        } catch VaultError.wrongKey {
            _ = try? store.remove(UnlockedKey.name(of: id))
            return nil
        }
    }
}
