internal import Glibc

/// A path resolved part by part, as the kernel does it, keeping every folder and link that had a say in it.
struct PathWalk {
    /// A folder in which a part was looked up, or a symbolic link that was followed.
    struct Step {
        let path: String
        let status: FileStatus
        /// Whether the link lies in a folder where everybody may make links.
        let isInSharedFolder: Bool
    }

    /// In the order they were met, each once.
    private(set) var steps: [Step] = []
    /// What is at the path with links followed; nil where nothing is.
    private(set) var target: FileStatus?
    /// Where `target` is, or would be.
    private(set) var targetPath = "/"
    /// The link that is at the path itself, where there is one.
    private(set) var finalLink: String?
    /// The folder that the target is in.
    private(set) var folder: FileStatus?

    init(_ path: String) throws(FileError) {
        var pending = Self.components(try Self.absolute(path))
        var here = "/"
        var hereStatus = try Self.status(here)
        var links = 0
        while !pending.isEmpty {
            let name = pending.removeFirst()
            note(Step(path: here, status: hereStatus, isInSharedFolder: false))
            if name == ".." {
                here = parentPath(of: here)
                hereStatus = try Self.status(here)
                continue
            }
            let next = here == "/" ? "/" + name : here + "/" + name
            guard let status = try FileStatus(path: next) else {
                // Nothing here: what is above the missing part is all there is to judge.
                folder = pending.isEmpty ? hereStatus : nil
                targetPath = pathText([next] + pending)
                return
            }
            guard status.kind == .symbolicLink else {
                if !pending.isEmpty, status.kind != .folder {
                    throw .system(operation: "stat", path: next, errno: ENOTDIR)
                }
                if pending.isEmpty { folder = hereStatus }
                here = next
                hereStatus = status
                continue
            }
            links += 1
            guard links <= 40 else { throw .system(operation: "stat", path: path, errno: ELOOP) }
            note(Step(path: next, status: status, isInSharedFolder: hereStatus.mode & 0o002 != 0))
            if pending.isEmpty, finalLink == nil { finalLink = next }
            let destination = try Self.destination(of: next)
            if destination.hasPrefix("/") {
                here = "/"
                hereStatus = try Self.status(here)
            }
            pending = Self.components(destination) + pending
        }
        target = hereStatus
        targetPath = here
    }

    private mutating func note(_ step: Step) {
        if !steps.contains(where: { $0.path == step.path }) { steps.append(step) }
    }

    private static func components(_ path: String) -> [String] {
        pathComponents(path).filter { $0 != "." }
    }

    private static func absolute(_ path: String) throws(FileError) -> String {
        if path.hasPrefix("/") { return path }
        guard let buffer = getcwd(nil, 0) else { throw systemError("getcwd", path) }
        defer { free(buffer) }
        return String(cString: buffer) + "/" + path
    }

    private static func status(_ path: String) throws(FileError) -> FileStatus {
        guard let status = try FileStatus(path: path) else {
            throw .system(operation: "stat", path: path, errno: ENOENT)
        }
        return status
    }

    private static func destination(of link: String) throws(FileError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink(link, $0, characters.count) } ?? -1
            }
        }
        guard count >= 0 else { throw systemError("readlink", link) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

extension PathWalk.Step {
    /// What is wrong with a folder above, or with a link on the way.
    func finding(trusted: [UInt32], user: UInt32) -> PathFinding? {
        if status.kind == .symbolicLink {
            // Where only trusted users may make links, whose name is on one does not matter.
            guard isInSharedFolder, !trusted.contains(status.uid) else { return nil }
            return PathFinding(path: path, problem: .foreignOwner, severity: .refuse, mend: nil)
        }
        guard trusted.contains(status.uid) else { return PathSafety.foreignOwner(path, user: user) }
        // In a sticky folder nobody may rename or remove what is not theirs.
        if status.mode & 0o1000 != 0 { return nil }
        let quoted = PathSafety.shellQuoted(path)
        if status.mode & 0o002 != 0 {
            let who = status.mode & 0o020 != 0 ? "go" : "o"
            let mend = "chmod \(who)-w \(quoted)"
            return PathFinding(path: path, problem: .othersMayWrite, severity: .refuse, mend: mend)
        }
        guard status.mode & 0o020 != 0 else { return nil }
        return PathFinding(path: path, problem: .groupWritableParent, severity: .warn, mend: "chmod g-w \(quoted)")
    }
}
