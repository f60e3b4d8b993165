internal import OwnerToken
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A file that a user names for a token: looked at before anything is stored. What lies there and is no token (a key,
/// a database) is not replaced by one.
enum TokenFile {
    /// The absolute path.
    ///
    /// - Throws: 64 for what names no file, or another entry's; 73 where something lies there that is no token.
    static func named(
        _ given: String, for namespace: Namespace, _ session: Session?, _ surroundings: Surroundings
    ) throws -> String {
        guard !given.isEmpty else { throw Failure.usage("--token-file is empty") }
        let path = try surroundings.absolute(given)
        guard let slash = path.lastIndex(of: "/"), !given.hasSuffix("/"), !path.hasSuffix("/.."), path.utf8.count > 1
        else { throw Failure.usage("--token-file is not the name of a file") }
        let id = DeliveryID(target: .exportFile, key: path)
        if let known = try session?.vault.read({ try $0.delivery(id) }), !known.isWithdrawn {
            guard known.entries == [.ownerToken(namespace)] else {
                throw Failure.usage(
                    "--token-file is the file of another entry: \(known.entries.map(\.text).joined(separator: ", "))",
                    hints: ["nothing was changed; give another path"])
            }
            return path
        }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        guard try isFree(String(path[path.index(after: slash)...]), in: folder) else {
            throw Failure(
                .cannotWrite, code: "file-exists", "There is something else already: \(path)",
                hints: ["nothing was changed; move it away, or give another path"])
        }
        return path
    }

    /// Whether nothing is there, an empty file, or a token. What cannot be looked at shows when it is written.
    private static func isFree(_ name: String, in path: String) throws -> Bool {
        guard let folder = try? Folder.open(path), let status = try? folder.status(name) else { return true }
        guard status.kind == .regular else { return false }
        do throws(FileError) {
            guard let content = try folder.readSecret(name, limit: OwnerToken.lengthLimit + 2) else { return true }
            let token = withoutTrailingLineEnd(content)
            return token.count == 0 || (try? OwnerToken.parse(token)) != nil
        } catch {
            return false
        }
    }
}
