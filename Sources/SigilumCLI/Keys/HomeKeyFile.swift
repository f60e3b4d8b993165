internal import Glibc
internal import SafeFiles
internal import Sealing
internal import SecureMemory
internal import VaultCore

/// The key file of a home, and the two that lie beside it while the master key is changed. Every step leaves a file on disk
/// whose key opens the vault.
struct HomeKeyFile {
    /// The one that is to take the key file's place, and the one before it.
    static let newName = MasterKeyResolution.fileName + ".new"
    static let previousName = MasterKeyResolution.fileName + ".previous"

    private static let name = MasterKeyResolution.fileName

    let home: SigilumHome
    let surroundings: Surroundings

    /// Keeps others from changing the master key meanwhile.
    ///
    /// - Returns: nil where somebody has it for longer than that.
    func lock(milliseconds: Int) throws -> HeldLock? {
        let lock = try FileLock.exclusive(
            "rekey.lock", in: home.folder, owner: home.owner, timeoutMilliseconds: milliseconds)
        guard let lock else { return nil }
        return HeldLock(lock)
    }

    /// The key that a run left that was killed; nil where there is none that is whole.
    func candidate() throws -> MasterKey? {
        guard try home.folder.status(Self.newName) != nil else { return nil }
        try SafetyCheck(surroundings).secretFile(home.path(of: Self.newName), .strict)
        guard let content = try home.folder.readSecret(Self.newName, limit: MasterKey.lengthLimit),
            MasterKeyKind.classify(content) == .random
        else { return nil }
        return try MasterKey(content, source: .new)
    }

    /// Makes a new random key, on disk when this returns.
    func makeCandidate() throws -> MasterKey {
        let digits = RandomSecret.make(byteCount: 32, in: .hex)
        try home.folder.replace(Self.newName, with: digits, owner: home.owner)
        return try MasterKey(digits, source: .new)
    }

    /// The new key takes the key file's place; the one that was there is kept beside it.
    func install(keeping old: MasterKey) throws {
        try home.folder.replace(Self.previousName, with: old.secret.bytes, owner: home.owner)
        try home.folder.rename(Self.newName, to: Self.name)
    }

    /// Takes the key file away from where every command finds it: kept beside it, or removed.
    func retire(keeping: Bool) throws {
        _ = try home.folder.remove(Self.newName)
        guard try home.folder.status(Self.name) != nil else { return }
        if keeping {
            try home.folder.rename(Self.name, to: Self.previousName)
        } else {
            _ = try home.folder.remove(Self.name)
        }
    }

    /// The slot that the key in the file opens; nil where there is no such file, or it opens none, or is a link.
    func slot(in vault: Vault) throws -> UInt8? {
        guard try home.folder.status(Self.name)?.kind == .regular,
            let content = try home.folder.readSecret(Self.name, limit: MasterKey.lengthLimit),
            MasterKeyKind.classify(content) == .random
        else { return nil }
        return try vault.slot(openedBy: MasterKey(content, source: .new).secret.bytes)
    }
}
