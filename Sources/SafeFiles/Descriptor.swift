internal import CPlatform
internal import Glibc

/// An open file descriptor that is closed when the value dies.
struct Descriptor: ~Copyable {
    let number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    /// `openat(2)`, always close-on-exec. `folder` is a descriptor or `AT_FDCWD`; `path` is what the error names.
    init(folder: Int32, name: String, flags: Int32, mode: mode_t = 0, path: String) throws(FileError) {
        let opened = uninterrupted { sigilum_openat(folder, name, flags | O_CLOEXEC, mode) }
        guard opened >= 0 else { throw systemError("open", path) }
        number = opened
    }

    deinit {
        close(number)
    }

    borrowing func synchronize(path: String) throws(FileError) {
        guard uninterrupted({ fsync(number) }) == 0 else { throw systemError("fsync", path) }
    }

    /// Makes mode and owner what they should be, whatever the umask was.
    borrowing func secure(mode: mode_t, owner: FileOwner?, path: String) throws(FileError) {
        let status = try FileStatus(descriptor: number, path: path)
        if let owner, owner != FileOwner(uid: status.uid, gid: status.gid) {
            guard fchown(number, owner.uid, owner.gid) == 0 else { throw systemError("chown", path) }
        }
        if mode_t(status.mode) != mode {
            guard fchmod(number, mode) == 0 else { throw systemError("chmod", path) }
        }
    }

    /// Whether this description now holds the file's lock; false when another one does.
    borrowing func tryLock(path: String) throws(FileError) -> Bool {
        if uninterrupted({ flock(number, LOCK_EX | LOCK_NB) }) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw systemError("lock", path)
    }

    /// Gives the lock up, for whoever else has the same open file too.
    borrowing func unlock() {
        _ = uninterrupted { flock(number, LOCK_UN) }
    }
}

/// Writes all bytes to a descriptor, however many calls it takes.
func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let written = uninterrupted { Glibc.write(descriptor, part.baseAddress, part.count) }
        guard written > 0 else {
            if written == 0 { throw .system(operation: "write", path: path, errno: EIO) }
            throw systemError("write", path)
        }
        rest = rest.dropFirst(written)
    }
}
