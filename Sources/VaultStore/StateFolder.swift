internal import Glibc
internal import SafeFiles
internal import Sealing
internal import VaultCore

/// Folders in the user's state folder, where what is remembered of vaults lies apart from them.
enum StateFolder {
    /// The name of a vault's file in such a folder: the checksum of the vault's real path, in hexadecimal.
    static func fileName(ofVault path: String) -> String {
        AnchorText.hex(Checksum.digest(Array(path.utf8)).bytes)
    }

    /// Opens a folder, and makes it with all that is missing above it: a new user has no `~/.local` either.
    static func opened(_ folder: String) throws -> Folder {
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
            guard let last = parts.popLast() else { throw AnchorError.unreadable }
            missing.append(last)
        }
    }

    /// Nil where there is none.
    static func folder(at path: String) throws -> Folder? {
        do {
            return try Folder.open(path)
        } catch .system(_, _, ENOENT) {
            return nil
        }
    }

    /// What root makes in a folder of another user's belongs to that user: else the user could not use it any more.
    static func owner(in folder: Folder) throws -> FileOwner? {
        FileOwner.forHome(try folder.status, user: geteuid())
    }
}
