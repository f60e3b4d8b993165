internal import SafeFiles

/// A path in a command that is to be typed.
enum ShellWord {
    /// One word of a POSIX shell, whatever is in the path.
    static func quoted(_ path: String) -> String { PathSafety.shellQuoted(path) }
}
