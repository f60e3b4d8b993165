internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// A file that a user names for a secret to be written to: looked at before the secret is opened.
struct SecretFile {
    /// Absolute.
    let path: String
    /// The same with the links of its folder resolved: what it is compared by.
    let realPath: String
    /// Whether a file is there already.
    let exists: Bool
    private let folder: Folder
    private let name: String

    /// - Throws: 64 for what names no file, 66 where its folder is not there, 73 where something lies there that is no
    ///   regular file.
    init(_ given: String, _ surroundings: Surroundings) throws(Failure) {
        path = try surroundings.absolute(given)
        guard let slash = path.lastIndex(of: "/"), !given.hasSuffix("/"), given != "-" else {
            throw .usage("Not the name of a file", hints: ["--reveal-secrets prints the value on standard output"])
        }
        name = String(path[path.index(after: slash)...])
        guard !name.isEmpty, name != ".." else { throw .usage("Not the name of a file") }
        let status: FileStatus?
        do throws(FileError) {
            folder = try Folder.open(slash == path.startIndex ? "/" : String(path[..<slash]))
            status = try folder.status(name)
        } catch {
            throw error.failure
        }
        guard status == nil || status?.kind == .regular else {
            throw Failure(
                .cannotWrite, code: "not-a-file", "Not a regular file: \(path)",
                hints: ["nothing was written; a link, a folder or a device is never written through"])
        }
        exists = status != nil
        realPath = Self.resolved(path)
    }

    /// A path with the links of its folders resolved, as far as these are there. The last part is not followed, unless it
    /// is `.`.
    static func resolved(_ path: String) -> String {
        var (folder, rest) = (path[...], "")
        while let slash = folder.lastIndex(of: "/") {
            rest = String(folder[slash...]) + rest
            folder = folder[..<slash]
            guard let real = Glibc.realpath(folder.isEmpty ? "/" : String(folder), nil) else { continue }
            defer { free(real) }
            return Surroundings.tidy(String(cString: real) + rest)
        }
        return path
    }

    /// Refuses a file in the home, where the vault, its key and its own export files are.
    func refuse(inside home: SigilumHome) throws(Failure) {
        guard realPath.hasPrefix(home.folder.path + "/") else { return }
        throw .usage(
            "The file is inside the Sigilum home: \(path)",
            hints: ["nothing was written; the vault's own files are there: give a path elsewhere"])
    }

    /// Makes the file hold exactly these bytes, 0600: the old content or the new one, never a part.
    func write(_ value: borrowing SecretBytes) throws(Failure) {
        do throws(FileError) {
            try folder.replace(name, with: value, owner: nil)
        } catch {
            throw error.failure
        }
    }

    /// Makes a new file of exactly these bytes, 0600; one that is there stays as it is (73).
    func create(_ value: borrowing SecretBytes) throws(Failure) {
        do throws(FileError) {
            try folder.createNew(name, with: value, owner: nil)
        } catch .system(_, _, EEXIST) {
            throw existing
        } catch {
            throw error.failure
        }
    }

    /// As ``create(_:)``, for what is no secret and is written piece by piece.
    func create(piecewise body: (_ write: ([UInt8]) throws -> Void) throws -> Void) throws {
        removeStaleTemporaries()
        do {
            try folder.createNew(name, owner: nil, writing: body)
        } catch FileError.system("rename", _, EEXIST), FileError.system("link", _, EEXIST) {
            throw existing
        }
    }

    /// What is said where a file is there that must not be (73).
    var existing: Failure {
        Failure(
            .cannotWrite, code: "file-exists", "There is a file already: \(path)",
            hints: ["nothing was written; give another path"])
    }

    /// As ``write(_:)``, for what is no secret and is written piece by piece.
    func write(piecewise body: (_ write: ([UInt8]) throws -> Void) throws -> Void) throws {
        removeStaleTemporaries()
        try folder.replace(name, owner: nil, writing: body)
    }

    /// What a killed run left beside the file may be large.
    private func removeStaleTemporaries() { _ = try? folder.removeStaleTemporaries() }
}
