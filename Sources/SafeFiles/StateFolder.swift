internal import Glibc

/// Folders in the user's state folder, where what is remembered of vaults lies apart from them.
package enum StateFolder {
    /// Opens a folder, and makes it with all that is missing above it: a new user has no `~/.local` either.
    package static func opened(_ folder: String) throws(FileError) -> Folder {
        var missing: [String] = []
        var parts = folder.split(separator: "/").map(String.init)
        let start = folder.hasPrefix("/") ? "/" : "./"
        // From below, because folders further up need not be readable.
        while true {
            if var above = try Self.folder(at: start + parts.joined(separator: "/")) {
                for name in missing.reversed() {
                    parts.append(name)
                    let path = start + parts.joined(separator: "/")
                    above = try Folder.openOrCreate(path, owner: try owner(in: above)).folder
                }
                return above
            }
            guard let last = parts.popLast() else {
                throw FileError.system(operation: "open", path: folder, errno: ENOENT)
            }
            missing.append(last)
        }
    }

    /// Nil where there is none.
    package static func folder(at path: String) throws(FileError) -> Folder? {
        do throws(FileError) {
            return try Folder.open(path)
        } catch .system(_, _, ENOENT) {
            return nil
        }
    }

    /// What root makes in a folder of another user's belongs to that user: else the user could not use it any more.
    package static func owner(in folder: Folder) throws(FileError) -> FileOwner? {
        FileOwner.forHome(try folder.status, user: geteuid())
    }
}
