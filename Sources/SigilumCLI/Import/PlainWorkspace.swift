internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A folder of plain files, as Sigilum's own programs keep credentials: read, never written.
struct PlainWorkspace {
    /// A file that holds a credential.
    struct File: Sendable {
        enum Kind: Sendable {
            case apiKey(Slug)
            case connectionSecret(Slug)
            case ownerToken(Namespace)
        }

        let name: String
        let kind: Kind
    }

    let path: String
    let files: [File]
    private let folder: Folder

    private static let apiKey = "service-api-key-", connection = "gateway-connection-secret-"
    private static let token = "owner-token-", tokenEnd = ".jwt"

    /// Lists the folder.
    ///
    /// - Throws: 66 where there is no such folder; 64 with all names that begin as such files do and name no service and
    ///   no namespace, and all files that are links, pipes or folders.
    init(_ given: String, _ surroundings: Surroundings) throws(Failure) {
        path = try surroundings.absolute(given)
        var (files, problems, open) = ([File](), [ImportProblem](), [String]())
        do throws(FileError) {
            folder = try Folder.open(path)
            for name in try folder.names() {
                guard let kind = Self.kind(name) else { continue }
                guard let kind, let status = try folder.status(name) else {
                    problems.append(ImportProblem(name: name, "what follows in its name is no slug or namespace"))
                    continue
                }
                guard status.kind == .regular else {
                    problems.append(ImportProblem(name: name, "it is a link, or no regular file"))
                    continue
                }
                if status.mode & 0o077 != 0 { open.append(name) }
                files.append(File(name: name, kind: kind))
            }
        } catch {
            throw error.failure
        }
        guard problems.isEmpty else { throw ImportProblem.failure(problems) }
        self.files = files
        ImportFile.warn(open, surroundings)
    }

    /// nil: another file; nil in it: a file that would be one, with a name that is none.
    private static func kind(_ name: String) -> File.Kind?? {
        if name.hasPrefix(apiKey) {
            return .some((try? Slug(String(name.dropFirst(apiKey.count)))).map { .apiKey($0) })
        }
        if name.hasPrefix(connection) {
            return .some((try? Slug(String(name.dropFirst(connection.count)))).map { .connectionSecret($0) })
        }
        if name.hasPrefix(token), name.hasSuffix(tokenEnd) {
            let middle = String(name.dropFirst(token.count).dropLast(tokenEnd.count))
            return .some((try? Namespace(middle)).map { .ownerToken($0) })
        }
        return nil
    }

    /// The values of all files under the names of their entries, without one line end at the end. `secretKey` says under
    /// which key a connection has its secret.
    func values(secretKey: (Slug) -> String) throws(Failure) -> ImportedValues {
        var found: [(name: String, value: SharedSecret)] = []
        for file in files {
            do throws(FileError) {
                // Two more: the line end, which does not count.
                guard let content = try folder.readSecret(file.name, limit: Vault.valueLimit + 2) else { continue }
                let value = SharedSecret(withoutTrailingLineEnd(content))
                switch file.kind {
                case .apiKey(let slug): found.append((EntryName.serviceAPIKey(slug).text, value))
                case .ownerToken(let namespace): found.append((EntryName.ownerToken(namespace).text, value))
                case .connectionSecret(let slug):
                    found.append(("upstream-secret/\(slug.text)/\(secretKey(slug))", value))
                }
            } catch {
                throw error.failure
            }
        }
        var values = ImportedValues()
        values.add(found)
        return values
    }

    /// The services whose connection's secret lies here.
    var connections: Set<Slug> {
        Set(files.compactMap { file in if case .connectionSecret(let slug) = file.kind { slug } else { nil } })
    }

    /// The services whose key lies here.
    var services: Set<Slug> {
        Set(files.compactMap { file in if case .apiKey(let slug) = file.kind { slug } else { nil } })
    }
}
