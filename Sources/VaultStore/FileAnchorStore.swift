internal import Glibc
package import SafeFiles
internal import Sealing
internal import SecureMemory
package import VaultCore

/// The anchor of one vault, in a file of the user's state folder: apart from the vault, so that a vault that was put
/// back is noticed against it.
///
/// The file is named after the vault's real path, which is also in it: a vault that moves has no anchor at its new place.
/// It is replaced as a whole, so it is read without a lock.
package struct FileAnchorStore: AnchorStore {
    /// More than this is no anchor: the longest path of Linux, escaped, and the other lines.
    private static let sizeLimit = 16 * 1024
    /// How long to wait for others that raise the same anchor, in milliseconds.
    private static let patience = 5000

    private let folder: String
    private let vault: String
    private let name: String
    private let owner: FileOwner?

    /// - Parameters:
    ///   - folder: Where anchors are kept, as ``folder(stateHome:home:)`` says. Made when the first is written.
    ///   - home: The path of the vault's home, which need not exist (any more).
    ///   - owner: Whom new files belong to: given where root works for another user.
    /// - Throws: Where links on the way to the home cannot be followed.
    package init(folder: String, home: String, owner: FileOwner?) throws(FileError) {
        let real = try realPath(of: home)
        self.folder = folder
        self.vault = real.hasSuffix("/") ? real + VaultFiles.database : real + "/" + VaultFiles.database
        self.name = AnchorText.hex(Checksum.digest(Array(vault.utf8)).bytes)
        self.owner = owner
    }

    /// `$XDG_STATE_HOME/sigilum/anchors`, or the same below `~/.local/state`. A relative value does not count, as the
    /// base directory specification says.
    package static func folder(stateHome: String?, home: String) -> String {
        let base: String
        if let stateHome, stateHome.hasPrefix("/") { base = stateHome } else { base = home + "/.local/state" }
        return base + "/sigilum/anchors"
    }

    // MARK: Reading

    package func read() throws(AnchorError) -> Anchor? {
        do {
            return try anchor(in: try Folder.open(folder))
        } catch let error as FileError {
            if error.isAbsence { return nil }
            throw .unreadable
        } catch {
            throw .unreadable
        }
    }

    private func anchor(in folder: Folder) throws -> Anchor? {
        guard let content = try folder.readSecret(name, limit: Self.sizeLimit) else { return nil }
        let bytes = content.withBytes { Array($0) }
        // A machine that lost power while the file was replaced without waiting for the disk leaves nothing in it.
        // Whoever could empty it on purpose could as well remove it.
        if bytes.allSatisfy({ $0 == 0 }) { return nil }
        guard let text = AnchorText(decoding: bytes, path: vault) else { throw AnchorError.unreadable }
        return text.anchor
    }

    // MARK: Writing

    package func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping {
        keeping {
            // Most often there is nothing to do, and no lock to take.
            if let folder = try existingFolder(), let there = try self.anchor(in: folder), !there.isBelow(anchor) {
                return
            }
            try locked { folder in
                if let there = try self.anchor(in: folder), !there.isBelow(anchor) { return }
                try write(anchor, to: folder, durably: durably)
            }
        }
    }

    package func replace(with anchor: Anchor) -> AnchorKeeping {
        keeping {
            try locked { folder in
                // What is there may be anything, and is not worth an error.
                if let there = try? self.anchor(in: folder), there == anchor { return }
                try write(anchor, to: folder, durably: true)
            }
        }
    }

    package func remove() -> AnchorKeeping {
        keeping {
            guard try existingFolder() != nil else { return }
            try locked { folder in _ = try folder.remove(name) }
        }
    }

    private func keeping(_ body: () throws -> Void) -> AnchorKeeping {
        do {
            try body()
            return .kept
        } catch {
            return .unavailable
        }
    }

    private func existingFolder() throws -> Folder? {
        do {
            return try Folder.open(folder)
        } catch .system(_, _, ENOENT) {
            return nil
        }
    }

    private func locked(_ body: (Folder) throws -> Void) throws {
        let folder = try openedFolder()
        let lock = try FileLock.exclusive(
            name + ".lock", in: folder, owner: owner, timeoutMilliseconds: Self.patience)
        guard let lock else { throw StorageError.busy }
        try withExtendedLifetime(lock) { try body(folder) }
    }

    private func openedFolder() throws -> Folder {
        if let folder = try existingFolder() { return folder }
        // Two of four folders at a time: a new user has no `~/.local` either.
        let parts = folder.split(separator: "/")
        let base = "/" + parts.dropLast(2).joined(separator: "/")
        if folder.hasPrefix("/"), parts.count > 2 { _ = try Folder.openOrCreate(base, owner: owner) }
        return try Folder.openOrCreate(folder, owner: owner).folder
    }

    private func write(_ anchor: Anchor, to folder: Folder, durably: Bool) throws {
        let text = AnchorText(path: vault, anchor: anchor)
        if try folder.status(name) == nil { try folder.removeStaleTemporaries() }
        try folder.replace(name, with: SecretBytes(copying: text.encoded), owner: owner, durably: durably)
    }
}

extension Anchor {
    /// Whether `other` is a later state of the same vault. An anchor is never lowered in any of its numbers: what is
    /// higher in one and lower in the other did not come of it.
    fileprivate func isBelow(_ other: Anchor) -> Bool {
        vaultID == other.vaultID && auditSequence < other.auditSequence && generation <= other.generation
    }
}

extension FileError {
    /// Whether it says that nothing is there, or that it is not for this user to know.
    fileprivate var isAbsence: Bool {
        guard case .system(_, _, let code) = self else { return false }
        return [ENOENT, ENOTDIR, EACCES, EPERM].contains(code)
    }
}
