internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A file of `NAME=value` lines for a command's environment; see ``ConfigFileParser`` for the lines.
enum EnvironmentFile {
    /// One line: a value as it stands there, or the entry that it refers to.
    struct Setting {
        let name: String
        let value: String
        let entry: EntryName?
    }

    /// What refers to an entry.
    static let scheme = "sigilum://"
    /// In bytes.
    static let limit = 256 * 1024

    /// - Throws: 66 where there is no such file; 64 for a line that is none, or a reference that names no entry. Nothing
    ///   of the content is in the message.
    static func read(_ given: String, _ surroundings: Surroundings) throws -> [Setting] {
        let path = try surroundings.absolute(given)
        guard let content = try readSecretThroughLinks(path, limit: limit) else {
            throw Failure(.missing, code: "file-not-found", "File not found: \(MisplacedSecret.shown(given))")
        }
        let lines: [(name: String, value: String)]
        do {
            lines = try content.withBytes { bytes throws(ConfigFileError) in try ConfigFileParser.all(bytes) }
        } catch {
            throw Failure.usage(
                "Not an environment file: \(path): line \(error.line): \(plain: error.reason.rawValue)",
                hints: ["nothing was run"])
        }
        return try lines.map { name, value in
            guard value.hasPrefix(scheme) else { return Setting(name: name, value: value, entry: nil) }
            guard let entry = try? EntryName(String(value.dropFirst(scheme.count))) else {
                throw Failure.usage(
                    "Not the name of an entry behind \(plain: scheme): \(path): \(name)", hints: ["nothing was run"])
            }
            return Setting(name: name, value: value, entry: entry)
        }
    }
}
