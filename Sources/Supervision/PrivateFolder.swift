internal import CPlatform
internal import Glibc
package import SecureMemory

/// A folder of one run for files with secrets, 0700, in memory rather than on a disk.
///
/// While the run lives it holds a lock on its folder; one whose run was killed is found by the missing lock, and removed by
/// the next run.
package final class PrivateFolder {
    package static let prefix = "sigilum-run-"

    /// The folder's path.
    package let path: String
    private let descriptor: Int32
    private var isRemoved = false

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        remove()
        close(descriptor)
    }

    /// The first of these folders that lies in memory (tmpfs or ramfs) and in which others cannot rename what this user
    /// makes: the user's own, or one with the sticky bit. nil where none is.
    package static func base(of candidates: [String]) -> String? {
        candidates.first { candidate in
            var status = stat()
            guard candidate.hasPrefix("/"), stat(candidate, &status) == 0,
                status.st_mode & S_IFMT == S_IFDIR, access(candidate, W_OK | X_OK) == 0
            else { return false }
            let isPrivate = status.st_uid == geteuid() && status.st_mode & 0o022 == 0
            let isSticky = status.st_mode & S_ISVTX != 0 && status.st_uid == 0
            // Linux, include/uapi/linux/magic.h: TMPFS_MAGIC, RAMFS_MAGIC.
            let kind = UInt32(truncatingIfNeeded: sigilum_file_system(candidate))
            return (isPrivate || isSticky) && (kind == 0x0102_1994 || kind == 0x8584_58F6)
        }
    }

    /// Makes a folder below `base`, and removes those that killed runs left there.
    package static func make(in base: String) throws(CommandError) -> PrivateFolder {
        removeStale(in: base)
        while true {
            let path = base + "/" + prefix + String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
            guard mkdir(path, 0o700) == 0 else {
                if errno == EEXIST { continue }
                throw .system(errno: errno)
            }
            let descriptor = open(path)
            guard descriptor >= 0 else { throw .system(errno: errno) }
            var status = stat()
            // Between making and locking it another run may have taken it for a killed one's: then it is gone.
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink > 0 {
                fchmod(descriptor, 0o700)
                return PrivateFolder(path: path, descriptor: descriptor)
            }
            close(descriptor)
        }
    }

    /// Writes a file, 0600, and returns its path.
    package func write(_ value: borrowing SecretBytes, as name: String) throws(CommandError) -> String {
        let file = sigilum_openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(errno: errno) }
        defer { close(file) }
        fchmod(file, 0o600)
        let failure: Int32 = value.withBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(file, part.baseAddress, part.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = rest.dropFirst(count)
            }
            return 0
        }
        guard failure == 0 else { throw .system(errno: failure) }
        return path + "/" + name
    }

    /// Removes the folder with all that is in it, whoever of the run put it there.
    package func remove() {
        if !isRemoved { Self.removeAll(descriptor, path) }
        isRemoved = true
    }

    private static func open(_ path: String) -> Int32 {
        sigilum_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
    }

    private static func removeStale(in base: String) {
        let folder = open(base)
        guard folder >= 0 else { return }
        defer { close(folder) }
        for name in names(folder) where name.hasPrefix(prefix) {
            let path = base + "/" + name
            let descriptor = open(path)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
                flock(descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            removeAll(descriptor, path)
        }
    }

    private static func removeAll(_ descriptor: Int32, _ path: String) {
        empty(descriptor, depth: 0)
        rmdir(path)
    }

    private static func empty(_ folder: Int32, depth: Int) {
        for name in names(folder) {
            if unlinkat(folder, name, 0) == 0 || depth > 32 { continue }
            let inner = sigilum_openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
            guard inner >= 0 else { continue }
            empty(inner, depth: depth + 1)
            close(inner)
            unlinkat(folder, name, AT_REMOVEDIR)
        }
    }

    private static func names(_ folder: Int32) -> [String] {
        // A second description, because reading moves the position of the one it reads from.
        let again = sigilum_openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard again >= 0, let listing = fdopendir(again) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = String(
                cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
