internal import Glibc
package import SafeFiles
internal import SecureMemory
internal import VaultCore

/// The files of a vault in its home.
package enum VaultFiles {
    /// SQLite's file.
    package static let database = "vault.db"
    /// Locked by whoever writes. A file of its own, because closing any descriptor of the database would drop SQLite's
    /// locks on it.
    package static let lock = "vault.lock"
    /// What SQLite has not yet copied into its file: as much a part of the vault as the file itself.
    package static let log = "vault.db-wal"
    /// What SQLite makes beside its file. It gives them the mode, and where it runs as root the owner, of the file.
    static let beside = [log, "vault.db-shm", "vault.db-journal"]

    /// What is wrong with the files that are there: a link or no file, another user's, for others to write. Looks at
    /// them without opening any.
    ///
    /// - Parameters:
    ///   - home: The folder that they are in.
    ///   - owner: Whose files they are besides this process's user: given where root works on another's home.
    /// - Returns: What is wrong, each with what mends it; all are reasons to refuse.
    /// - Throws: ``FileError/system(operation:path:errno:)`` where a file cannot be looked at.
    package static func inspect(home: Folder, owner: FileOwner?) throws(FileError) -> [PathFinding] {
        let trusted = Set([geteuid(), owner?.uid].compactMap { $0 })
        var findings: [PathFinding] = []
        for name in [database, lock] + beside {
            guard let status = try home.status(name) else { continue }
            let path = path(of: name, in: home)
            let quoted = PathSafety.shellQuoted(path)
            func refuse(_ problem: UnsafePath, mend: String?) {
                findings.append(PathFinding(path: path, problem: problem, severity: .refuse, mend: mend))
            }
            switch status.kind {
            case .regular: break
            case .symbolicLink:
                refuse(.symbolicLink, mend: nil)
                continue
            case .folder, .other:
                refuse(.notRegularFile, mend: nil)
                continue
            }
            if !trusted.contains(status.uid) {
                refuse(.foreignOwner, mend: "chown \(owner?.uid ?? geteuid()) \(quoted)")
            }
            if status.mode & 0o400 == 0 { refuse(.ownerMayNotRead, mend: "chmod 600 \(quoted)") }
            if status.mode & 0o022 != 0 { refuse(.othersMayWrite, mend: "chmod 600 \(quoted)") }
        }
        return findings
    }

    static func path(of name: String, in home: Folder) -> String {
        home.path.hasSuffix("/") ? home.path + name : home.path + "/" + name
    }

    /// Makes the empty file, 0600, or leaves the one that is there. The caller holds the lock: an empty file is opened
    /// under it alone, so that the descriptor that made it is closed before SQLite has any.
    static func create(in home: Folder, owner: FileOwner?) throws(FileError) {
        do {
            try home.createNew(database, with: SecretBytes(copying: []), owner: owner)
        } catch .system(_, _, EEXIST) {
            // Left by a process that died before it wrote anything.
        }
    }

    /// Waits for the writers' lock.
    static func exclusive(
        in home: Folder, owner: FileOwner?, timeoutMilliseconds: Int
    ) throws(StorageError) -> FileLock {
        let held: FileLock?
        do {
            held = try FileLock.exclusive(lock, in: home, owner: owner, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            throw StorageError(error)
        }
        guard let held else { throw .busy }
        return held
    }
}

/// How long to wait for others, in milliseconds.
package struct Patience: Sendable, Equatable {
    /// For the writers before this one.
    package let writers: Int
    /// For whoever holds SQLite's own locks: a reader while deleted bytes are wiped, or another program.
    package let database: Int

    /// 10 s and 5 s.
    package static let standard = Patience(writers: 10_000, database: 5000)

    package init(writers: Int, database: Int) {
        self.writers = writers
        self.database = database
    }
}
