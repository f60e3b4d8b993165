internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// The Sigilum home, checked and open.
///
/// A home may be a symbolic link: every folder that leads to the link and from it to the real folder is checked, and
/// work is done in the real one. So a link that another user could turn elsewhere is refused, and one's own is not.
struct SigilumHome: Sendable {
    let location: HomeLocation
    /// The real folder, links resolved: what the vault's place in the world is known by.
    let folder: Folder
    /// Who gets the files that are made: the home's owner where root works on it, else nil.
    let owner: FileOwner?
    /// Whether it was made just now.
    let isNew: Bool

    /// A path in the home as users know it: below the home as it was named.
    func path(of name: String) -> String { location.path + "/" + name }

    /// Opens the home for a command that reads.
    ///
    /// - Throws: 66 where there is none, 77 where it is not safe.
    static func openForReading(_ location: HomeLocation, _ surroundings: Surroundings) throws(Failure) -> SigilumHome {
        guard try exists(location) else { throw location.notFound }
        try SafetyCheck(surroundings).folder(location.path)
        return try open(location, isNew: false, surroundings)
    }

    /// Opens the home where there is one.
    ///
    /// - Throws: 77 where it is not safe.
    static func openIfThere(_ location: HomeLocation, _ surroundings: Surroundings) throws(Failure) -> SigilumHome? {
        guard try exists(location) else { return nil }
        return try openForReading(location, surroundings)
    }

    /// Opens the home for a command that stores, and makes it first where it is missing: 0700, with a `.gitignore` of
    /// `*`. What was made is said.
    ///
    /// - Throws: 73 where it cannot be made, 77 where it or what is above it is not safe.
    static func openForStoring(_ location: HomeLocation, _ surroundings: Surroundings) throws(Failure) -> SigilumHome {
        let isThere = try exists(location)
        try SafetyCheck(surroundings).folder(location.path)
        let isNew: Bool
        if isThere {
            isNew = false
        } else {
            do throws(FileError) {
                isNew = try Folder.openOrCreate(location.path, owner: nil).created
            } catch {
                throw Self.cannotMake(error)
            }
        }
        let home = try open(location, isNew: isNew, surroundings)
        try home.hideFromGit()
        if isNew { surroundings.say(.info("Made the Sigilum home: \(location.path)")) }
        return home
    }

    private static func open(
        _ location: HomeLocation, isNew: Bool, _ surroundings: Surroundings
    ) throws(Failure) -> SigilumHome {
        do throws(FileError) {
            let folder = try Folder.open(try realPath(location.path))
            let owner = FileOwner.forHome(try folder.status, user: surroundings.user)
            return SigilumHome(location: location, folder: folder, owner: owner, isNew: isNew)
        } catch {
            throw error.failure
        }
    }

    /// Whether a folder is at the place.
    private static func exists(_ location: HomeLocation) throws(Failure) -> Bool {
        var status = stat()
        if stat(location.path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw Failure(
                    .configuration, code: "home-not-folder", "The Sigilum home is not a folder: \(location.path)")
            }
            return true
        }
        let problem = errno
        if problem == ENOENT, lstat(location.path, &status) == 0 {
            // What is no link was made since by another process.
            if status.st_mode & S_IFMT == S_IFDIR { return true }
            throw Failure(
                .configuration, code: "home-not-folder",
                "The Sigilum home is a symbolic link that leads nowhere: \(location.path)")
        }
        if problem == ENOENT { return false }
        throw FileError.system(operation: "stat", path: location.path, errno: problem).failure
    }

    /// A home that is not a vault's yet gets its `.gitignore`; one that is keeps what its user made of it.
    private func hideFromGit() throws(Failure) {
        do throws(FileError) {
            guard try folder.status("vault.db") == nil, try folder.status(".gitignore") == nil else { return }
            try folder.createNew(".gitignore", with: SecretBytes(copying: "*\n".utf8), owner: owner)
        } catch .system(_, _, EEXIST) {
            // Another process made it meanwhile.
        } catch {
            throw error.failure
        }
    }

    /// A folder above that is not there is named as it is; everything else is a folder that cannot be made.
    private static func cannotMake(_ error: FileError) -> Failure {
        guard case .system(_, let path, let number) = error else { return error.failure }
        return FileError.system(operation: "mkdir", path: path, errno: number).failure
    }

    private static func realPath(_ path: String) throws(FileError) -> String {
        guard let buffer = realpath(path, nil) else {
            throw .system(operation: "stat", path: path, errno: errno)
        }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
