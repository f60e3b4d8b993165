internal import Glibc

/// What the system knows of a file or folder (`lstat`, `fstat`).
package struct FileStatus: Sendable, Equatable {
    /// What it is.
    package enum Kind: Sendable, Equatable {
        case regular
        case folder
        case symbolicLink
        /// A pipe, a socket, a device.
        case other
    }

    package let kind: Kind
    /// The permission bits, `07777` of them.
    package let mode: UInt16
    package let uid: UInt32
    package let gid: UInt32
    /// In bytes.
    package let size: Int64
    /// How many names it has.
    package let links: UInt64
    /// When its content last changed, in milliseconds since 1970 UTC.
    package let modified: Int64
    package let inode: UInt64
    package let device: UInt64

    init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .symbolicLink
            default: .other
            }
        mode = UInt16(truncatingIfNeeded: raw.st_mode & 0o7777)
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        links = UInt64(raw.st_nlink)
        modified = Int64(raw.st_mtim.tv_sec) * 1000 + Int64(raw.st_mtim.tv_nsec) / 1_000_000
        inode = UInt64(raw.st_ino)
        device = UInt64(raw.st_dev)
    }

    /// Of an open descriptor; `path` is for the error.
    init(descriptor: Int32, path: String) throws(FileError) {
        var raw = stat()
        guard fstat(descriptor, &raw) == 0 else { throw systemError("stat", path) }
        self.init(raw)
    }

    /// Of a path, not following a link in its last part; nil where nothing is there.
    init?(path: String) throws(FileError) {
        var raw = stat()
        guard lstat(path, &raw) == 0 else {
            if errno == ENOENT { return nil }
            throw systemError("stat", path)
        }
        self.init(raw)
    }

    /// Whether both are of the very same file.
    package func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }
}

/// Who should own files that are made: given when root works on another user's home.
package struct FileOwner: Sendable, Equatable {
    package let uid: UInt32
    package let gid: UInt32

    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    /// The owner of the home with that status, when `user` (the effective one of this process) is root and the home is
    /// someone else's; nil where files stay with whoever makes them.
    package static func forHome(_ status: FileStatus, user: UInt32) -> FileOwner? {
        guard user == 0, status.uid != 0 else { return nil }
        return FileOwner(uid: status.uid, gid: status.gid)
    }
}
