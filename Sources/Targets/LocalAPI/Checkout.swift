internal import Glibc

/// Finds the local D1 file of a Sigilum checkout.
enum Checkout {
    private static let folderName = "miniflare-D1DatabaseObject"
    private static let folder = "apps/api/.wrangler/state/v3/d1/" + folderName

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// Whether a file lies where wrangler keeps its databases.
    static func isDatabaseFolder(of path: String) -> Bool {
        path.split(separator: "/").dropLast().last == folderName[...]
    }

    /// The database of the nearest checkout from a folder upward.
    static func database(around start: String, owners: Set<UInt32>?) -> String? {
        var parts = start.split(separator: "/")
        while true {
            if let found = database(in: "/" + parts.joined(separator: "/"), owners: owners) { return found }
            guard parts.popLast() != nil else { return nil }
        }
    }

    /// The database of one checkout: the D1 file with a `users` table, and where several have one (wrangler names the
    /// file after a hash of its configuration and leaves older ones behind), the one last written to. A file that is
    /// locked just now may be the one; it is taken only where no other has such a table, since going past it would
    /// register services where no API looks. `owners` are the users whose files may be opened; nil for all.
    static func database(in checkout: String, owners: Set<UInt32>?) -> String? {
        let folder = join(checkout, Self.folder)
        var candidates: [(path: String, modified: Int64)] = []
        for name in names(in: folder) where name.hasSuffix(".sqlite") {
            let path = join(folder, name)
            guard let status = FileFacts.of(path), status.isRegular,
                owners?.contains(status.owner) ?? true
            else { continue }
            // In WAL mode the file itself is written to at checkpoints only.
            let log = FileFacts.of(path + "-wal")?.modified ?? 0
            candidates.append((path, max(status.modified, log)))
        }
        candidates.sort { ($1.modified, $0.path) < ($0.modified, $1.path) }
        var locked: String?
        for candidate in candidates {
            switch DatabaseProbe.contents(of: candidate.path) {
            case .users, .ours: return candidate.path
            case .unknown: locked = locked ?? candidate.path
            case .empty, .other: continue
            }
        }
        return locked
    }

    /// The names in a folder; none where it cannot be read.
    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
                })
        }
        return names
    }
}
