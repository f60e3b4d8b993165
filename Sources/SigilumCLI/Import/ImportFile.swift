internal import CPlatform
internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// The file, the pipe or the standard input that values are imported from.
enum ImportFile {
    /// In bytes: a hundred thousand values and more.
    static let limit = 32 << 20

    /// Reads all of it into guarded memory. A link is followed: the user named the file.
    ///
    /// - Throws: 66 for what is not there, 64 for what is no file, 65 for what is too large.
    static func read(_ given: String, _ surroundings: Surroundings) throws(Failure) -> SecretBytes {
        guard given != "-" else { return try readAll(0, "standard input") }
        let path = try surroundings.absolute(given)
        let shown = MisplacedSecret.shown(given)
        var status = stat()
        guard stat(path, &status) == 0 else { throw missing(shown, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFIFO:
            let descriptor = sigilum_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0)
            guard descriptor >= 0 else { throw missing(shown, errno) }
            defer { close(descriptor) }
            return try readAll(descriptor, shown)
        case S_IFREG: break
        default: throw Failure(.usage, code: "not-a-file", "Not a file or a pipe: \(shown)")
        }
        do throws(FileError) {
            guard let content = try readSecretThroughLinks(path, limit: limit) else { throw missing(path) }
            if status.st_mode & 0o077 != 0 { warn([given], surroundings) }
            return content
        } catch {
            throw error.failure
        }
    }

    /// Says which files others may read: what was in them may be known.
    static func warn(_ names: [String], _ surroundings: Surroundings) {
        guard !names.isEmpty else { return }
        surroundings.say(
            .warn("Others may read what is imported: \(names.joined(separator: ", ")); better rotate these values"))
    }

    private static func missing(_ path: String) -> FileError { .system(operation: "open", path: path, errno: ENOENT) }

    private static func missing(_ shown: Message, _ number: Int32) -> Failure {
        if number == ENOENT || number == ENOTDIR {
            return Failure(.missing, code: "file-not-found", "File not found: \(shown)")
        }
        return Failure(
            .missing, code: "file-not-readable", "Cannot read \(shown): \(String(cString: strerror(number)))")
    }

    /// To the end, in a piece of memory that doubles: how much there is nobody says before.
    private static func readAll(_ descriptor: Int32, _ shown: Message) throws(Failure) -> SecretBytes {
        var content = SecretBytes(capacity: 0) { _ in 0 }
        var capacity = 64 << 10
        while true {
            let (size, used) = (capacity, content.count)
            let more = try content.withBytes { old throws(Failure) in
                try SecretBytes(capacity: size) { target throws(Failure) in
                    target.copyMemory(from: old)
                    var count = old.count
                    while count < size {
                        let got = Glibc.read(descriptor, target.baseAddress?.advanced(by: count), size - count)
                        if got == 0 { break }
                        if got > 0 { count += got } else if errno != EINTR { throw missing(shown, errno) }
                    }
                    return count
                }
            }
            let isWhole = more.count < size
            content = more
            if isWhole { return content }
            guard used < limit else {
                throw Failure(.damaged, code: "file-too-large", "Too large: \(shown): more than \(limit) bytes")
            }
            capacity *= 2
        }
    }
}
