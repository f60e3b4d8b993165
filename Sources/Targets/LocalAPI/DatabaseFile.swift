internal import Glibc
internal import VaultCore

/// The database as a file: whether it is there, whether it may be used, and made 0600 from its first byte.
struct DatabaseFile {
    let location: LocalAPILocation
    /// Whose the file shall be when root works on another user's home.
    let owner: (uid: UInt32, gid: UInt32)?

    private var path: String { location.path }

    /// Whether there is a file; throws where it is not one to open.
    func isThere() throws(DeliveryFailure) -> Bool { try facts() != nil }

    /// What is there; nil where nothing is. Throws where it is not one to open.
    func facts() throws(DeliveryFailure) -> FileFacts? {
        guard let status = try status() else { return nil }
        try check(status)
        return status
    }

    /// Makes an embedded file where there is none, and what is there private. SQLite gives `-journal`, `-wal` and
    /// `-shm` the mode and, as root, the owner of the file.
    func prepare() throws(DeliveryFailure) {
        guard case .embedded = location else {
            guard try isThere() else { throw .cannotWrite(path: path, errno: ENOENT) }
            return
        }
        // mknod(2) makes the file without a descriptor that would have to be closed again; like O_EXCL it follows no
        // link and takes over nothing. That another process was first is fine. The mode is set below: a umask may
        // have taken the owner's own bits.
        let isNew = mknod(path, S_IFREG | 0o600, 0) == 0
        if !isNew, errno != EEXIST { throw .cannotWrite(path: path, errno: errno) }
        guard let status = try status() else { throw .cannotWrite(path: path, errno: ENOENT) }
        try check(status)
        try giveAway(status)
        let mode = isNew ? 0o600 : status.permissions & 0o700
        // Somebody else's file cannot be changed, and is refused or read as it is.
        guard mode != status.permissions, status.owner == geteuid() || geteuid() == 0 else { return }
        guard fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .cannotWrite(path: path, errno: errno)
        }
    }

    private func status() throws(DeliveryFailure) -> FileFacts? {
        switch FileFacts.look(at: path) {
        case .success(let status): return status
        case .failure(let error): throw .cannotWrite(path: path, errno: error.errno)
        }
    }

    private func check(_ status: FileFacts) throws(DeliveryFailure) {
        if status.isLink { throw .unsafePath(path: path, reason: "it is a symbolic link") }
        guard status.isRegular else { throw .unsafePath(path: path, reason: "it is not a regular file") }
        guard case .embedded = location else { return }
        // SQLite finds the journal by the file's name: with two names a crash leaves a broken database.
        guard status.links <= 1 else { throw .unsafePath(path: path, reason: "it has more than one name (hard links)") }
        let expected: Set<UInt32> = [geteuid(), owner?.uid ?? geteuid(), 0]
        guard expected.contains(status.owner) else {
            throw .unsafePath(path: path, reason: "another user owns it")
        }
    }

    /// A file that root made, or left behind unfinished, in another user's home becomes that user's.
    private func giveAway(_ status: FileFacts) throws(DeliveryFailure) {
        guard let owner, geteuid() == 0, status.owner == 0, owner.uid != 0 else { return }
        guard lchown(path, owner.uid, owner.gid) == 0 else { throw .cannotWrite(path: path, errno: errno) }
    }
}
