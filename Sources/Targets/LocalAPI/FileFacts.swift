internal import Glibc

/// What lstat(2) says of a file. Database files are only ever looked at, never opened: closing any descriptor of a file
/// takes away the locks that SQLite holds on it in this process.
struct FileFacts {
    let mode: UInt32
    let owner: UInt32
    let group: UInt32
    let links: UInt64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// The device, and the file's number on it: no other file has both while somebody has it open.
    let device, number: UInt64

    /// Nil where nothing is there, or what is there cannot be reached.
    static func of(_ path: String) -> FileFacts? {
        try? look(at: path).get()
    }

    /// The status, nil where nothing is there, or why it cannot be told.
    static func look(at path: String) -> Result<FileFacts?, SystemError> {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let reason = errno
            return reason == ENOENT ? .success(nil) : .failure(SystemError(errno: reason))
        }
        return .success(
            FileFacts(
                mode: status.st_mode, owner: status.st_uid, group: status.st_gid, links: UInt64(status.st_nlink),
                modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
                device: UInt64(status.st_dev), number: UInt64(status.st_ino)))
    }

    /// Whether both are of one file, whatever else changed.
    func isSame(as other: FileFacts) -> Bool { device == other.device && number == other.number }

    var isRegular: Bool { mode & S_IFMT == S_IFREG }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }
    var permissions: UInt32 { mode & 0o7777 }
}

/// The errno of a call.
struct SystemError: Error {
    let errno: Int32
}
