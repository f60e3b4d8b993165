internal import Glibc
package import SafeFiles

extension FileError: FailureConvertible {
    /// What is missing is 66, what cannot be written 73, what is not safe or not allowed 77, what is too large 65.
    package var failure: Failure {
        switch self {
        case .unsafe(let path, let problem, let mend):
            return Failure(
                .unsafe, code: "unsafe-permissions", "Unsafe permissions: \(path): \(problem.rawValue)",
                hints: mend.map { ["mend it:  \($0)"] } ?? [])
        case .tooLarge(let path, let limit):
            return Failure(.damaged, code: "file-too-large", "File too large: \(path): more than \(limit) bytes")
        case .system(let operation, let path, let number):
            return Self.failure(operation, path, number)
        }
    }

    private static func failure(_ operation: String, _ path: String, _ number: Int32) -> Failure {
        let reason = String(cString: strerror(number))
        let isReading = ["open", "read", "stat", "readlink", "getcwd", "readdir"].contains(operation)
        switch (number, isReading) {
        case (ENOENT, true), (ENOTDIR, true):
            return Failure(.missing, code: "file-not-found", "File not found: \(path)")
        case (ENOSPC, _), (EROFS, _), (EDQUOT, _), (_, false):
            return Failure(.cannotWrite, code: "cannot-write", "Cannot write \(path): \(reason)")
        case (EACCES, true), (EPERM, true):
            return Failure(.unsafe, code: "file-not-readable", "Cannot read \(path): \(reason)")
        case (_, true):
            return Failure(.missing, code: "file-not-readable", "Cannot read \(path): \(reason)")
        }
    }
}
