internal import Glibc

/// The commands that reach for nothing but the vault and files, and `--version`: the small program performs them itself, and
/// becomes the full one for every other (docs/adr/0013-two-programs.md).
package enum LocalCommands {
    /// The words after `vault`. `put` is among them for entries that are delivered nowhere; see ``EntryStoring``.
    static let names = ["get", "put", "list", "find", "history", "inject", "run", "verify", "log"]

    /// Whether the words are one of them. They are looked at where they lie, and not copied: a secret may be among them,
    /// and such a line is the full program's too.
    ///
    /// - Parameter argv: What the system gave the process, ended by a null pointer.
    /// - Returns: False for everything else, no words at all among it.
    package static func contain(_ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Bool {
        guard let program = argv[0] else { return false }
        var index = 1
        if let word = argv[1], strcmp(word, "--version") == 0, argv[2] == nil { return true }
        if ProgramName(argumentZero: String(cString: program)) != .vault {
            guard let group = argv[index], strcmp(group, "vault") == 0 else { return false }
            index += 1
        }
        guard let command = argv[index], names.contains(where: { strcmp(command, $0) == 0 }) else { return false }
        while let word = argv[index] {
            index += 1
            if strcmp(word, "--") == 0 { break }
            for option in ArgumentIntake.secretOptions where strncmp(word, option, option.utf8.count) == 0 {
                return false
            }
        }
        return true
    }
}
