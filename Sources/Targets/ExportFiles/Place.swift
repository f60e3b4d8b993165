internal import Glibc
internal import SafeFiles
internal import VaultCore

/// What a value may have at most, in bytes.
let valueLimit = 16 * 1024

/// Where an export file is: the folder it is in and its name there.
struct Place {
    /// The folder's path.
    let folder: String
    let name: String

    /// An absolute key is the file's path; any other is a name in the home.
    init(_ key: String, home: String) {
        guard key.hasPrefix("/"), let slash = key.lastIndex(of: "/") else {
            folder = home
            name = key
            return
        }
        folder = slash == key.startIndex ? "/" : String(key[..<slash])
        name = String(key[key.index(after: slash)...])
    }

    var path: String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }

    /// The folder, made 0700 with the folder above it where they are missing.
    func makeFolder(owner: FileOwner?) throws(FileError) -> Folder {
        try Folder.openOrCreate(folder, owner: owner).folder
    }

    /// nil where the folder is not there.
    func openFolder() throws(FileError) -> Folder? {
        do {
            return try Folder.open(folder)
        } catch .system(_, _, ENOENT) {
            return nil
        }
    }
}

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
