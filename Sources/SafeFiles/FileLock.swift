internal import CPlatform
internal import Glibc

/// An exclusive lock between processes and threads: `flock` on a file of its own, which stays when the lock is gone.
package struct FileLock: ~Copyable {
    private let file: Descriptor

    /// Waits for the lock, at most as long as said; 0 tries once. The lock file is made 0600 for `owner` where it is
    /// missing. The lock is released when the value dies; nil when another still held it at the end of the time.
    package static func exclusive(
        _ name: String, in folder: Folder, owner: FileOwner?, timeoutMilliseconds: Int
    ) throws(FileError) -> FileLock? {
        let full = try folder.path(of: name, for: "lock")
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        var pause: UInt32 = 250
        while true {
            let file = try openLockFile(name, in: folder, owner: owner, path: full)
            while true {
                if try file.tryLock(path: full) {
                    let held = try FileStatus(descriptor: file.number, path: full)
                    if let named = try folder.status(name), named.isSameFile(as: held) { return FileLock(file: file) }
                    // Somebody took the file away: the lock on it excludes nobody any more.
                    break
                }
                if ContinuousClock.now >= deadline { return nil }
                // Short pauses, or a busy neighbour that does not pause would always be first.
                usleep(pause)
                pause = min(pause * 2, 4000)
            }
        }
    }

    private init(file: consuming Descriptor) {
        self.file = file
    }

    deinit {
        // Closing alone is not enough: a child between its fork and its exec has the file open too, and the lock with it.
        file.unlock()
    }

    private static func openLockFile(
        _ name: String, in folder: Folder, owner: FileOwner?, path: String
    ) throws(FileError) -> Descriptor {
        let number = folder.descriptor.number
        let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK
        while true {
            do throws(FileError) {
                let file = try Descriptor(folder: number, name: name, flags: flags, path: path)
                guard try FileStatus(descriptor: file.number, path: path).kind == .regular else {
                    throw .unsafe(path: path, problem: .notRegularFile, mend: nil)
                }
                return file
            } catch .system("open", _, ENOENT) {
                // Nobody made it yet.
            } catch .system("open", _, ELOOP) {
                throw .unsafe(path: path, problem: .symbolicLink, mend: nil)
            } catch .system("open", _, EISDIR), .system("open", _, ENXIO) {
                throw .unsafe(path: path, problem: .notRegularFile, mend: nil)
            }
            do {
                let file = try Descriptor(
                    folder: number, name: name, flags: flags | O_CREAT | O_EXCL, mode: 0o600, path: path)
                try file.secure(mode: 0o600, owner: owner, path: path)
                return file
            } catch .system("open", _, EEXIST) {
                // Another made it in between: open that one.
            }
        }
    }
}
