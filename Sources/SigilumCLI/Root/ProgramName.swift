/// The name the program was called by: it decides which commands need no prefix, and what hints say.
package enum ProgramName: Sendable, Equatable {
    /// `sigilum`, or any other name.
    case sigilum
    /// `vault`: the launcher at the top of the repository.
    case vault

    /// From the first word of the command line: the part after the last `/` counts.
    package init(argumentZero: String) {
        let base = argumentZero.split(separator: "/").last
        self = base == "vault" ? .vault : .sigilum
    }

    /// How the user started it.
    package var invocation: String {
        switch self {
        case .sigilum: "sigilum"
        case .vault: "./vault"
        }
    }

    /// A command as the user would type it: `sigilum vault sync` or `./vault sync`.
    ///
    /// - Parameter words: The words after `sigilum`.
    /// - Returns: One line that a shell takes as it is.
    package func line(_ words: [String]) -> String {
        let quoted = words.map(Self.quote)
        switch (self, words.first) {
        case (.vault, "vault"): return (["./vault"] + quoted.dropFirst()).joined(separator: " ")
        case (.vault, "service"), (.vault, "auth"), (.vault, "gateway"), (.vault, "login"), (.vault, .some("--help")):
            return (["./vault"] + quoted).joined(separator: " ")
        // Everything else is started by the program of the original, whatever this one is called.
        default: return (["sigilum"] + quoted).joined(separator: " ")
        }
    }

    /// A word as a shell takes it.
    static func quote(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=@%+,<>".utf8.contains(byte)
            }
        }
        if isPlain && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
