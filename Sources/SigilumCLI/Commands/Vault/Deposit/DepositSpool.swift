internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// The folder that deposits lie in until they are reviewed. Anybody who can write to it is a stranger: what is there is
/// read with bounds, followed nowhere, and believed only as far as it opens.
struct DepositSpool: Sendable {
    /// In a home: the spool, and the public deposit key for those who have no master key.
    static let folderName = "deposits", keyFile = "deposit-key"
    /// What a file must be called to be looked at.
    static let ending = ".deposit"
    /// How many deposits are read, how many bytes of them, and how many names are looked at.
    static let countLimit = 256, byteLimit: Int64 = 8 << 20, nameLimit = 4096

    /// As it is shown.
    let path: String
    let folder: Folder
    private let owner: FileOwner?

    /// A file of the spool.
    struct File: Sendable {
        let name: String
        /// nil: not read, since it is no plain file, too large, or may not be read.
        let bytes: [UInt8]?
        var handle: String? { bytes.map(Deposit.handle) }
    }

    /// What the spool holds.
    struct Content: Sendable {
        var files: [File] = []
        /// Whether there is more than is read.
        var isMore = false
        /// How many files there are that are no deposits by their name.
        var others = 0
    }

    /// The spool that an option names, else the home's; nil where that is not there.
    ///
    /// - Throws: 66 where the named one is not there, 77 where the home's is a link.
    static func find(_ given: String?, _ home: SigilumHome?, _ surroundings: Surroundings) throws -> DepositSpool? {
        if let given {
            let path = try surroundings.absolute(given)
            return DepositSpool(path: path, folder: try Folder.open(path), owner: nil)
        }
        guard let home, let status = try home.folder.status(folderName) else { return nil }
        let path = home.path(of: folderName)
        guard status.kind == .folder else {
            throw FileError.unsafe(
                path: path, problem: status.kind == .symbolicLink ? .symbolicLink : .notFolder, mend: nil)
        }
        return DepositSpool(
            path: path, folder: try Folder.open(home.folder.path + "/" + folderName), owner: home.owner)
    }

    /// The home's spool, made where it is missing.
    static func make(in home: SigilumHome, _ surroundings: Surroundings) throws -> DepositSpool {
        if let there = try find(nil, home, surroundings) { return there }
        let folder = try Folder.openOrCreate(home.folder.path + "/" + folderName, owner: home.owner).folder
        return DepositSpool(path: home.path(of: folderName), folder: folder, owner: home.owner)
    }

    /// All deposits, as far as the limits go.
    func content() throws(FileError) -> Content {
        var content = Content()
        let names = try folder.names(limit: Self.nameLimit + 1)
        content.isMore = names.count > Self.nameLimit
        var bytes: Int64 = 0
        for name in names.prefix(Self.nameLimit) {
            guard Self.isDeposit(name) else {
                content.others += 1
                continue
            }
            guard content.files.count < Self.countLimit, bytes < Self.byteLimit else {
                content.isMore = true
                break
            }
            let file = File(name: name, bytes: read(name))
            bytes += Int64(file.bytes?.count ?? 0)
            content.files.append(file)
        }
        return content
    }

    /// Puts a deposit into the spool, as a new file that appears as a whole.
    ///
    /// - Throws: 73 where the spool is full.
    func add(_ deposit: [UInt8]) throws -> String {
        var (count, bytes) = (0, Int64(deposit.count))
        for name in try folder.names(limit: Self.nameLimit) where name.hasSuffix(Self.ending) {
            count += 1
            bytes += try folder.status(name)?.size ?? 0
        }
        guard count < Self.countLimit, bytes <= Self.byteLimit else {
            throw Failure(
                .cannotWrite, code: "spool-full", "There are as many deposits as there may be: \(path)",
                hints: ["nothing was deposited; those that are there must be reviewed first"])
        }
        _ = try? folder.removeStaleTemporaries()
        let name = Deposit.handle(deposit) + Self.ending
        try folder.createNew(name, with: SecretBytes(copying: deposit), owner: owner)
        return path + "/" + name
    }

    /// The deposit with that digest, however much lies around it.
    func deposit(_ handle: String) throws(FileError) -> [UInt8]? {
        for name in try folder.names() where Self.isDeposit(name) {
            if let bytes = read(name), Deposit.handle(bytes) == handle { return bytes }
        }
        return nil
    }

    /// Takes every file away that has exactly these bytes.
    func remove(_ deposit: [UInt8]) throws(FileError) {
        for name in try folder.names() where Self.isDeposit(name) && read(name) == deposit {
            _ = try folder.remove(name)
        }
    }

    /// Takes away, by its name, what cannot be read as a deposit: a link, a pipe, something too large.
    ///
    /// - Returns: Whether there was such a file.
    /// - Throws: 73 for a folder.
    func removeUnreadable(_ name: String) throws -> Bool {
        guard Self.isDeposit(name), !name.contains("/"), let status = try folder.status(name), read(name) == nil else {
            return false
        }
        guard status.kind != .folder else {
            throw Failure(
                .cannotWrite, code: "deposit-folder", "That is a folder, and no deposit: \(path)/\(name)",
                hints: [
                    "nothing was removed",
                    "look into it, and remove it yourself:  rm -r \(PathSafety.shellQuoted(path + "/" + name))",
                ])
        }
        return try folder.remove(name)
    }

    private static func isDeposit(_ name: String) -> Bool { name.hasSuffix(ending) && !name.hasPrefix(".") }

    private func read(_ name: String) -> [UInt8]? {
        guard let content = try? folder.readSecret(name, limit: Deposit.sizeLimit) else { return nil }
        return content.withBytes { Array($0) }
    }
}
