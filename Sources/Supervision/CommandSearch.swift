internal import Glibc

/// Finds the program of a command before anything else is done for it.
package enum CommandSearch {
    /// The path of a program: itself where it has a slash, else the first file in the folders of `PATH` that may be run.
    ///
    /// - Parameters:
    ///   - name: The command's first word.
    ///   - path: The value of `PATH`; nil where it is not set.
    /// - Returns: A path that exec takes.
    /// - Throws: ``CommandError/notFound``; ``CommandError/notExecutable(errno:)`` where a file of that name is there and
    ///   none may be run.
    package static func find(_ name: String, path: String?) throws(CommandError) -> String {
        guard !name.isEmpty else { throw .notFound }
        guard !name.contains("/") else {
            let problem = problem(of: name)
            if problem == ENOENT || problem == ENOTDIR { throw .notFound }
            guard problem == 0 else { throw .notExecutable(errno: problem) }
            return name
        }
        var isThere = false
        for folder in (path ?? "/usr/bin:/bin").split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = folder.isEmpty ? "./" + name : folder + "/" + name
            let problem = problem(of: candidate)
            if problem == 0 { return candidate }
            // A folder that may not be searched hides nothing that is known to be there.
            if problem == EACCES, access(candidate, F_OK) == 0 { isThere = true }
        }
        throw isThere ? .notExecutable(errno: EACCES) : .notFound
    }

    /// Why a file cannot be run; 0 where nothing is known against it.
    private static func problem(of path: String) -> Int32 {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno }
        guard status.st_mode & S_IFMT != S_IFDIR else { return EISDIR }
        guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
        return access(path, X_OK) == 0 ? 0 : errno
    }
}
