internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// Something that `doctor --fix` does: it cannot lose anything, changes no link, and touches nothing of another user's.
enum Repair: Sendable, Hashable {
    /// Takes a file or folder away from everybody but its owner.
    case tighten(path: String)
    /// Takes away a file that a killed run left half written in a folder.
    case removeTemporary(folder: String, name: String)
    /// Keeps a home out of git.
    case hideFromGit(home: String)
    /// Makes a folder, 0700, with what is missing above it.
    case makeFolder(path: String)

    /// What it does, as one would type it.
    var command: Message {
        switch self {
        case .tighten(let path): "chmod u+rw,go-rwx \(ShellWord.quoted(path))"
        case .removeTemporary(let folder, let name): "rm \(ShellWord.quoted(folder + "/" + name))"
        case .hideFromGit(let home): "printf '\\n*\\n' >> \(ShellWord.quoted(home + "/.gitignore"))"
        case .makeFolder(let path): "mkdir -m 700 -p \(ShellWord.quoted(path))"
        }
    }

    /// Does it.
    func perform() throws(FileError) {
        switch self {
        case .tighten(let path):
            let (folder, name) = Self.split(path)
            try Folder.open(folder).tighten(name)
        case .removeTemporary(let path, let name):
            let folder = try Folder.open(path)
            guard try folder.staleTemporaries(of: geteuid()).contains(name) else {
                throw .system(operation: "unlink", path: path + "/" + name, errno: EBUSY)
            }
            _ = try folder.remove(name)
        case .hideFromGit(let home):
            try Folder.open(home).createNew(".gitignore", with: SecretBytes(copying: "*\n".utf8), owner: nil)
        case .makeFolder(let path): try Self.makeFolder(path)
        }
    }

    private static func makeFolder(_ path: String) throws(FileError) {
        do {
            _ = try Folder.openOrCreate(path, owner: nil)
        } catch .system("mkdir", let above, ENOENT) where above != path && path != "/" {
            try makeFolder(above)
            _ = try Folder.openOrCreate(path, owner: nil)
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}
