internal import Glibc

extension Folder {
    /// Opens a folder, making it and the one above it, both 0700, where they are missing; anything above those must
    /// exist. What is made belongs to `owner`, or to this process where that is nil.
    package static func openOrCreate(
        _ path: String, owner: FileOwner?
    ) throws(FileError) -> (folder: Folder, created: Bool) {
        do {
            return (try open(path), false)
        } catch .system(_, _, ENOENT) {
            let above = parentPath(of: path)
            if try make(above, owner: owner) == nil, try FileStatus(path: above) == nil {
                throw .system(operation: "mkdir", path: above, errno: ENOENT)
            }
            if let folder = try make(path, owner: owner) { return (folder, true) }
            return (try open(path), false)
        }
    }

    /// Makes one folder and syncs the one it is in; nil where something has that name already.
    private static func make(_ path: String, owner: FileOwner?) throws(FileError) -> Folder? {
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return nil }
            throw systemError("mkdir", path)
        }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        let descriptor = try Descriptor(folder: AT_FDCWD, name: path, flags: flags, path: path)
        let made = Folder(path: path, descriptor: descriptor)
        // Whoever may write the folder above could have put another one in its place: that one is not given away.
        guard try made.status.uid == geteuid() else {
            throw .unsafe(path: path, problem: .foreignOwner, mend: nil)
        }
        try made.descriptor.secure(mode: 0o700, owner: owner, path: path)
        try open(parentPath(of: path)).sync()
        return made
    }
}

/// The folder that a path's last part is in: `/` for `/`, `.` for a single component.
func parentPath(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed.isEmpty ? "/" : "." }
    let parent = trimmingSlashes(String(trimmed[..<slash]))
    return parent.isEmpty ? "/" : parent
}

/// The last part of a path; empty for `/`.
func lastComponent(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed }
    return String(trimmed[trimmed.index(after: slash)...])
}

/// Without slashes at the end; empty for `/`.
private func trimmingSlashes(_ path: String) -> String {
    var rest = path[...]
    while rest.last == "/" { rest = rest.dropLast() }
    return String(rest)
}
