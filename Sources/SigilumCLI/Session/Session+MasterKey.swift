internal import SecureMemory
internal import Synchronization
internal import VaultCore

extension Session {
    /// The master key itself, for what has to hand it on. Where the vault is open by `vault unlock`, a terminal asks for the
    /// passphrase again: it is kept nowhere.
    ///
    /// - Throws: 78 where nobody can be asked, 77 where it is not the vault's passphrase.
    func askedMasterKey() throws -> MasterKey {
        guard case .unlocked = masterKey.source, context.terminal.canAsk() else {
            _ = try masterKey.secret
            return masterKey
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
