internal import SecureMemory
internal import VaultCore

/// When the small program becomes the full one although it has begun to open the vault: as long as nothing was said and
/// no anchor was kept, so that the full one finds everything as it was.
struct LateHandOver {
    let isNeeded: (Vault) throws -> Bool
    let handOver: @Sendable () -> Never

    /// Before a key is fetched: a command that answers may ask somebody, or answer once.
    func beforeKey(_ surroundings: Surroundings) {
        if surroundings.setting("GATEWAY_MASTER_KEY_COMMAND") != nil { handOver() }
    }

    /// Before a passphrase is stretched, which takes as long as two hundred other commands.
    ///
    /// - Throws: 78 where the key is not at hand.
    func beforeOpening(_ key: MasterKey) throws(Failure) {
        if MasterKeyKind.classify(try key.secret.bytes) == .passphrase { handOver() }
    }

    /// - Throws: What is wrong with the vault.
    func opened(_ vault: Vault) throws {
        if try isNeeded(vault) { handOver() }
    }
}
