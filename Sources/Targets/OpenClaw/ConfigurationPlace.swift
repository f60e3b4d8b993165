internal import Glibc
internal import SafeFiles
internal import VaultCore

/// Where the configuration really is, with symbolic links resolved and every folder on the way found safe.
struct ConfigurationPlace {
    let folder: Folder
    let name: String
    /// The owner that a new file gets; nil: this process's.
    let owner: FileOwner?

    /// What the file is looked for.
    enum Purpose {
        /// To read it, or to change it where it is.
        case look
        /// To say whether ``make`` would work.
        case rehearse
        /// To change it, and to make it where it is missing.
        case make
    }

    var path: String { folder.path.hasSuffix("/") ? folder.path + name : folder.path + "/" + name }

    /// Finds the file that `path` means, an absolute path. A folder that is missing is made, 0700, to make the
    /// file; otherwise the answer is nil. A link to nothing is a missing file to look at, but none to make: whoever made
    /// the link meant another file than a new one.
    ///
    /// A link may lead only to a file of the user whose configuration this is: of this process's user or, for root, of
    /// the owner of the folder that `path` names. Fails with ``DeliveryFailure/unsafePath(path:reason:)`` where it leads
    /// elsewhere, to nothing or in a circle, and where anybody else could put another file in the place of this one.
    static func find(_ path: String, to purpose: Purpose) throws(DeliveryFailure) -> ConfigurationPlace? {
        var current = path
        var user: UInt32?
        for hop in 0...linkLimit {
            let (folderPath, name) = split(current)
            guard let folder = try openFolder(folderPath, makes: purpose == .make && hop == 0) else {
                if hop > 0, purpose != .look { throw unsafe(path, .symbolicLink) }
                return nil
            }
            let status = try translated { () throws(FileError) in try folder.status }
            let wanted = user ?? (geteuid() == 0 ? status.uid : geteuid())
            user = wanted
            guard status.uid == wanted || status.uid == 0 else {
                throw unsafe(folderPath, .foreignOwner)
            }
            let place = ConfigurationPlace(
                folder: folder, name: name, owner: FileOwner.forHome(status, user: geteuid()))
            let file = try translated { () throws(FileError) in try folder.status(name) }
            guard let file else {
                if hop > 0, purpose != .look { throw unsafe(path, .symbolicLink) }
                return place
            }
            guard file.kind == .symbolicLink else {
                // The link is what is wrong then: a device that it leads to is in nobody's way.
                guard file.kind == .regular else { throw unsafe(path, .notRegularFile) }
                try check(file, at: place.path, user: wanted, isLinked: hop > 0)
                return place
            }
            current = try destination(of: place.path, in: folderPath)
        }
        throw unsafe(path, .symbolicLink)
    }

    private static func check(
        _ file: FileStatus, at path: String, user: UInt32, isLinked: Bool
    ) throws(DeliveryFailure) {
        // Root keeps the owner, whoever it is; others cannot. Through a link it must be the very user.
        let mayBeForeign = geteuid() == 0 && !isLinked
        guard file.uid == user || mayBeForeign else { throw unsafe(path, .foreignOwner) }
        // The other name would go on showing the old content.
        guard file.links == 1 else { throw unsafe(path, .hardLinked) }
    }

    private static func openFolder(_ path: String, makes: Bool) throws(DeliveryFailure) -> Folder? {
        try translated { () throws(FileError) -> Folder? in
            do throws(FileError) {
                let folder = try Folder.open(path)
                try refuseUnsafe(path)
                return folder
            } catch .system(_, _, ENOENT) {
                // For root, what is above says whose folder this will be.
                let above = try existingFolder(above: path)
                try refuseUnsafe(geteuid() == 0 ? above.path : path)
                guard makes else { return nil }
                let owner = FileOwner.forHome(try above.status, user: geteuid())
                let folder = try Folder.openOrCreate(path, owner: owner).folder
                try refuseUnsafe(path)
                return folder
            }
        }
    }

    private static func existingFolder(above path: String) throws(FileError) -> Folder {
        var path = path
        while true {
            path = split(path).folder
            do throws(FileError) {
                return try Folder.open(path)
            } catch .system(_, _, ENOENT) where path != "/" {
                continue
            }
        }
    }

    private static func refuseUnsafe(_ folder: String) throws(FileError) {
        for finding in try PathSafety.inspect(folder: folder, user: geteuid()) where finding.severity == .refuse {
            throw .unsafe(path: finding.path, problem: finding.problem, mend: finding.mend)
        }
    }

    private static func destination(of link: String, in folder: String) throws(DeliveryFailure) -> String {
        // Nobody else may write the folder, so the link is still the one that was looked at.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0, count < buffer.count else {
            throw .cannotWrite(path: link, errno: count < 0 ? errno : ENAMETOOLONG)
        }
        let text = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.hasPrefix("/") ? text : folder + "/" + text
    }

    private static func unsafe(_ path: String, _ problem: UnsafePath) -> DeliveryFailure {
        .unsafePath(path: path, reason: problem.rawValue)
    }

    /// A path's folder and its last part.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}

/// As many as Linux follows.
private let linkLimit = 40

/// Says what went wrong with a file in the words of the core.
func translated<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(DeliveryFailure) -> Result {
    do {
        return try body()
    } catch {
        switch error {
        case .system(_, let path, let number): throw .cannotWrite(path: path, errno: number)
        case .unsafe(let path, let problem, _): throw .unsafePath(path: path, reason: problem.rawValue)
        case .tooLarge(let path, let limit):
            throw .unsafePath(path: path, reason: "it is larger than \(limit) bytes")
        }
    }
}
