internal import SecureMemory
internal import Synchronization
internal import VaultCore

extension Session {
    /// The master key itself, for what has to hand it on. Where the vault is open by `vault unlock`, the passphrase is asked for
    /// again: it is kept nowhere.
    ///
    /// - Throws: 78 where nobody can be asked, 77 where it is not the vault's passphrase.
    func masterKey() throws -> MasterKey {
        if let givenKey { return givenKey }
        guard context.terminal.canAsk() else {
            throw Failure(
                .configuration, code: MasterKeyResolution.lockedCode,
                "The vault is unlocked, and this needs its passphrase itself",
                hints: [
                    "vault unlock keeps no passphrase: set GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or GATEWAY_MASTER_KEY",
                    "or run it on a terminal, which asks for it",
                ])
        }
        let key = try MasterKey(context.terminal.askSecret("Passphrase of the vault: "), source: .terminal)
        guard try vault.isOpened(by: key.secret.bytes) else { throw VaultError.wrongKey }
        return key
    }
}

/// A secret that is released when it is first asked for, and once.
final class OnceReleased: Sendable {
    private let known = Mutex<SharedSecret?>(nil)
    private let release: @Sendable () throws -> SharedSecret

    init(_ release: @escaping @Sendable () throws -> SharedSecret) {
        self.release = release
    }

    func value() throws -> SharedSecret {
        try known.withLock { known in
            if let known { return known }
            let secret = try release()
            known = secret
            return secret
        }
    }
}
