internal import Glibc

/// Why something could not be done with a file. Carries paths and error numbers, never a file's content.
package enum FileError: Error, Sendable, Equatable {
    /// A system call failed: its name (`open`, `rename`, `fsync`, …), the path it was for, and `errno`.
    case system(operation: String, path: String, errno: Int32)
    /// What is at the path is not safe to use: why, and the command that mends it, where there is one.
    case unsafe(path: String, problem: UnsafePath, mend: String?)
    /// More bytes than the caller takes: the limit in bytes.
    case tooLarge(path: String, limit: Int)

    /// The path that the error is about.
    package var path: String {
        switch self {
        case .system(_, let path, _), .unsafe(let path, _, _), .tooLarge(let path, _): path
        }
    }
}

/// How a file or folder is not safe. The raw value is what users read after the path.
package enum UnsafePath: String, Sendable {
    case othersMayRead = "other users may read it"
    case othersMayWrite = "other users may write it"
    case ownerMayNotRead = "its owner may not read it"
    case foreignOwner = "another user owns it"
    case symbolicLink = "it is a symbolic link"
    case notRegularFile = "it is not a regular file"
    case notFolder = "it is not a folder"
    case hardLinked = "it has more than one name (hard links)"
    /// A folder above, whose group may replace what lies in it.
    case groupWritableParent = "its group may write it"
}

/// Makes the error of a system call that just failed. Reads `errno`, so nothing may come in between.
func systemError(_ operation: String, _ path: String) -> FileError {
    .system(operation: operation, path: path, errno: errno)
}

/// Repeats a call that a signal interrupted. The call answers a negative number and sets `errno` when it fails.
func uninterrupted<Answer: SignedInteger>(_ call: () -> Answer) -> Answer {
    while true {
        let answer = call()
        if answer >= 0 || errno != EINTR { return answer }
    }
}
