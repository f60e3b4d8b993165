internal import CPlatform
internal import Glibc
package import SecureMemory

/// An open folder. Every name is one path component and is looked up in this very folder, whatever happens to the path
/// meanwhile; a name that is not one component fails with `EINVAL`.
package final class Folder: Sendable {
    /// As it was given.
    package let path: String
    let descriptor: Descriptor

    init(path: String, descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens a folder, through symbolic links: whether the path is safe is for ``PathSafety`` to say.
    package static func open(_ path: String) throws(FileError) -> Folder {
        Folder(
            path: path,
            descriptor: try Descriptor(folder: AT_FDCWD, name: path, flags: O_RDONLY | O_DIRECTORY, path: path))
    }

    /// Of the folder itself.
    package var status: FileStatus {
        get throws(FileError) { try FileStatus(descriptor: descriptor.number, path: path) }
    }

    /// Makes the folder 0700, whoever owns it.
    package func makePrivate() throws(FileError) { try descriptor.secure(mode: 0o700, owner: nil, path: path) }

    /// Of what has that name, not following a link; nil where nothing has.
    package func status(_ name: String) throws(FileError) -> FileStatus? {
        let full = try path(of: name, for: "stat")
        var raw = stat()
        guard fstatat(descriptor.number, name, &raw, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw systemError("stat", full)
        }
        return FileStatus(raw)
    }

    /// Reads a regular file into secret memory; nil where nothing has that name. A symbolic link is not followed and a
    /// pipe is not waited for: both are ``FileError/unsafe(path:problem:mend:)``. More than `limit` bytes is
    /// ``FileError/tooLarge(path:limit:)``.
    package func readSecret(_ name: String, limit: Int) throws(FileError) -> SecretBytes? {
        try reading(name) { file, path throws(FileError) in try readRegularFile(file, limit: limit, path: path) }
    }

    /// As ``readSecret(_:limit:)``, of what is no secret, into ordinary memory.
    package func readPublic(_ name: String, limit: Int) throws(FileError) -> [UInt8]? {
        try reading(name) { file, path throws(FileError) in try readPublicFile(file, limit: limit, path: path) }
    }

    private func reading<Content: ~Copyable>(
        _ name: String, _ read: (borrowing Descriptor, String) throws(FileError) -> Content
    ) throws(FileError) -> Content? {
        let full = try path(of: name, for: "open")
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        do {
            let file = try Descriptor(folder: descriptor.number, name: name, flags: flags, path: full)
            return try read(file, full)
        } catch .system(_, _, ENOENT) {
            return nil
        } catch .system(_, _, ELOOP) {
            throw .unsafe(path: full, problem: .symbolicLink, mend: nil)
        } catch .system(_, _, ENXIO) {
            throw .unsafe(path: full, problem: .notRegularFile, mend: nil)
        }
    }

    /// Takes a file away and syncs the folder; false where nothing had that name.
    package func remove(_ name: String) throws(FileError) -> Bool {
        let full = try path(of: name, for: "unlink")
        guard unlinkat(descriptor.number, name, 0) == 0 else {
            if errno == ENOENT { return false }
            throw systemError("unlink", full)
        }
        try sync()
        return true
    }

    /// Renames within the folder, replacing what has the new name, and syncs the folder.
    package func rename(_ old: String, to new: String) throws(FileError) {
        _ = try path(of: old, for: "rename")
        let full = try path(of: new, for: "rename")
        guard renameat(descriptor.number, old, descriptor.number, new) == 0 else { throw systemError("rename", full) }
        try sync()
    }

    /// What is in the folder, by name in the order of their bytes, without `.` and `..`. Of more than `limit` names the
    /// rest is not looked at, and which these are is left to the file system.
    package func names(limit: Int = .max) throws(FileError) -> [String] {
        // A second description, because reading moves the position of the one it reads from.
        let again = uninterrupted { sigilum_openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard again >= 0 else { throw systemError("open", path) }
        guard let listing = fdopendir(again) else {
            let error = systemError("open", path)
            close(again)
            throw error
        }
        defer { closedir(listing) }
        var names: [String] = []
        while names.count < limit {
            errno = 0
            guard let entry = readdir(listing) else {
                if errno == 0 { break }
                throw systemError("readdir", path)
            }
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            // Through the pointer, not the tuple: the record is shorter than the type says.
            let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            let name = String(cString: start)
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Waits until the folder's entries are on disk.
    package func sync() throws(FileError) {
        do {
            try descriptor.synchronize(path: path)
        } catch .system(_, _, EINVAL) {
            // A file system that has nothing to sync for a folder says so with EINVAL.
        }
    }

    /// The path of a name, for errors; refuses what is not one component.
    func path(of name: String, for operation: String) throws(FileError) -> String {
        let full = path.hasSuffix("/") ? path + name : path + "/" + name
        let isComponent = !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == 0x2f || $0 == 0 }
        guard isComponent else { throw .system(operation: operation, path: full, errno: EINVAL) }
        return full
    }
}
