internal import Glibc
internal import SafeFiles
internal import SecureMemory
package import VaultCore

/// The anchor of one vault, in a file of the user's state folder: apart from the vault, so that a vault that was put
/// back is noticed against it.
///
/// The file is named after the vault's real path, which is also in it: a vault that moves has no anchor at its new place.
/// It is read without a lock: of the two anchors in it, the earlier is written over by the next, so one is always whole.
package struct FileAnchorStore: AnchorStore {
    /// More than this is no anchor: the longest path of Linux, escaped, and the other lines.
    private static let sizeLimit = 16 * 1024
    /// How long to wait for others that raise the same anchor, in milliseconds.
    private static let patience = 5000

    private let folder: String
    private let name: String
    /// The line with the vault's path.
    private let path: [UInt8]

    /// - Parameters:
    ///   - folder: Where anchors are kept: `$XDG_STATE_HOME/sigilum/anchors`. Made, 0700, when the first is written.
    ///   - vault: The path of the vault's file. Neither it nor its home need exist (any more).
    package init(folder: String, vault: String) {
        self.folder = folder
        let vault = realPath(ofFile: vault)
        name = StateFolder.fileName(ofVault: vault)
        path = AnchorText.line(ofPath: vault)
    }

    // MARK: Reading

    package func read() throws(AnchorError) -> Anchor? {
        do {
            let folder = try Folder.open(folder)
            // Two that write while this one reads could each tear a slot for it. The next look is at what they wrote.
            do {
                return try anchor(in: folder)
            } catch AnchorError.unreadable {
                return try anchor(in: folder)
            }
        } catch let error as FileError {
            if error.isAbsence { return nil }
            throw error.isExhaustion ? .exhausted : .unreadable
        } catch {
            throw .unreadable
        }
    }

    private func anchor(in folder: Folder) throws -> Anchor? {
        guard let bytes = try folder.readPublic(name, limit: Self.sizeLimit) else { return nil }
        return try text(in: bytes)?.anchor
    }

    private func text(in bytes: [UInt8]) throws -> AnchorText? {
        // A machine that lost power while the file was replaced without waiting for the disk leaves nothing in it.
        // Whoever could empty it on purpose could as well remove it.
        if bytes.allSatisfy({ $0 == 0 }) { return nil }
        guard let text = AnchorText(decoding: bytes, path: path) else { throw AnchorError.unreadable }
        return text
    }

    // MARK: Writing

    package func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping {
        keeping {
            try locked { folder in
                let owner = try StateFolder.owner(in: folder)
                guard let file = try FileInPlace.open(name, in: folder, owner: owner) else {
                    // What is there in another way is read as ever, and replaced.
                    if let there = try self.anchor(in: folder), !there.isBelow(anchor) { return }
                    return try write(anchor, to: folder, durably: durably)
                }
                guard let there = try text(in: try file.read(limit: Self.sizeLimit)) else {
                    return try write(anchor, to: folder, durably: durably)
                }
                guard there.anchor.isBelow(anchor) else { return }
                guard let next = there.next else { return try write(anchor, to: folder, durably: durably) }
                try file.write(AnchorText.slot(anchor, path: path), at: next, durably: durably)
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
            guard try StateFolder.folder(at: folder) != nil else { return }
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

    private func locked(_ body: (Folder) throws -> Void) throws {
        let folder = try StateFolder.opened(folder)
        let lock = try FileLock.exclusive(
            name + ".lock", in: folder, owner: try StateFolder.owner(in: folder), timeoutMilliseconds: Self.patience)
        guard let lock else { throw StorageError.busy }
        try withExtendedLifetime(lock) { try body(folder) }
    }

    private func write(_ anchor: Anchor, to folder: Folder, durably: Bool) throws {
        // What killed runs left; a read does not look for it.
        if try durably || folder.status(name) == nil { _ = try? folder.removeStaleTemporaries() }
        let owner = try StateFolder.owner(in: folder)
        try folder.replace(
            name, with: SecretBytes(copying: AnchorText.file(anchor, path: path)), owner: owner, durably: durably)
    }
}

extension FileError {
    /// Whether it says that nothing is there, or that it is not for this user to know.
    fileprivate var isAbsence: Bool {
        guard case .system(_, _, let code) = self else { return false }
        return [ENOENT, ENOTDIR, EACCES, EPERM].contains(code)
    }

    /// Whether the system had no means to look.
    fileprivate var isExhaustion: Bool {
        guard case .system(_, _, let code) = self else { return false }
        return [EMFILE, ENFILE, ENOMEM].contains(code)
    }
}
