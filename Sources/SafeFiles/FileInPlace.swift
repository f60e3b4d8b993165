internal import Glibc

/// A small file of ours, of no secret, that is written over where it is: a write of one sector waits for less of the disk
/// than a new file and a new name do. Whoever writes so has to live with a part that is torn by a power failure.
package struct FileInPlace: ~Copyable {
    private let descriptor: Descriptor
    private let path: String

    /// Opens what has that name; nil where nothing has, and where it is not exactly what ``Folder/replace(_:with:owner:durably:)``
    /// makes: a regular file with this one name, 0600, of `owner` (of this process where that is nil). Then it is for that
    /// function to put another in its place.
    ///
    /// - Throws: ``FileError``; `unsafe` for a symbolic link, which is not followed.
    package static func open(
        _ name: String, in folder: Folder, owner: FileOwner?
    ) throws(FileError) -> FileInPlace? {
        let path = try folder.path(of: name, for: "open")
        do {
            let file = FileInPlace(
                descriptor: try Descriptor(
                    folder: folder.descriptor.number, name: name, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK, path: path),
                path: path)
            let status = try FileStatus(descriptor: file.descriptor.number, path: path)
            let isOurs = status.links == 1 && status.mode == 0o600 && status.uid == owner?.uid ?? geteuid()
            guard status.kind == .regular, isOurs else { return nil }
            return file
        } catch .system(_, _, ENOENT) {
            return nil
        } catch .system(_, _, ELOOP) {
            throw .unsafe(path: path, problem: .symbolicLink, mend: nil)
        }
    }

    private init(descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// All of it; more than `limit` bytes is ``FileError/tooLarge(path:limit:)``.
    package borrowing func read(limit: Int) throws(FileError) -> [UInt8] {
        try readPublicFile(descriptor, limit: limit, path: path)
    }

    /// Writes over what is at `offset`, in bytes from the start; `durably`: on the disk before this returns.
    package borrowing func write(_ bytes: [UInt8], at offset: Int, durably: Bool) throws(FileError) {
        let number = descriptor.number
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { rest in
                uninterrupted { pwrite(number, rest.baseAddress, rest.count, off_t(offset + done)) }
            }
            guard written > 0 else {
                if written == 0 { throw .system(operation: "write", path: path, errno: EIO) }
                throw systemError("write", path)
            }
            done += written
        }
        guard !durably || uninterrupted({ fdatasync(number) }) == 0 else { throw systemError("fsync", path) }
    }
}
