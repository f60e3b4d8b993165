internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// A file that a user names for a secret to be written to: looked at before the secret is opened.
struct SecretFile {
    /// Absolute.
    let path: String
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
    }

    /// Makes the file hold exactly these bytes, 0600: the old content or the new one, never a part.
    func write(_ value: borrowing SecretBytes) throws(Failure) {
        do throws(FileError) {
            try folder.replace(name, with: value, owner: nil)
        } catch {
            throw error.failure
        }
    }
}
