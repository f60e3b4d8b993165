internal import Glibc
internal import SecureMemory

/// The command line, with the secrets taken out of it: done first, before anything makes a copy of the arguments.
package struct ArgumentIntake: Sendable {
    /// The first word: what the program was called as.
    package let program: ProgramName
    /// The other words, with a placeholder for each secret.
    package let arguments: [String]
    /// The secrets, by the number in the placeholder.
    package let secrets: ArgumentSecrets
    /// Whether a word is not UTF-8: such a name or path would silently become another one.
    package let isMalformed: Bool

    /// Options whose value is a secret.
    package static let secretOptions = ["--upstream-secret", "--owner-token", "--gateway-master-key"]

    /// Takes secrets out of the memory of the arguments, which the process list shows, and wipes them there.
    ///
    /// - Parameters:
    ///   - argv: What the system gave the process: words ended by a zero byte, the last one followed by a null pointer.
    ///   - isOption: Whether a word is an option that the program has. A secret may begin with `-` as well; it is only
    ///     asked about a value that does.
    package init(
        _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, isOption: (String) -> Bool
    ) {
        var words: [String] = []
        var taken: [ArgumentSecrets.Taken] = []
        var malformed = false
        // What follows `--` belongs to another command: it stays as it is.
        var isOurs = true
        // An empty vector (execve allows one) has no first word to step over.
        var index = argv[0] == nil ? 0 : 1
        while let word = argv[index] {
            index += 1
            if isOurs, let option = Self.secretOptions.first(where: { Self.begins(word, with: $0 + "=") }) {
                words.append("\(option)=\(ArgumentSecret.placeholder(taken.count))")
                taken.append(.init(option: option, secret: Self.take(word + option.utf8.count + 1)))
                continue
            }
            let text = String(validatingCString: word)
            malformed = malformed || text == nil
            words.append(text ?? "")
            if text == "--" { isOurs = false }
            guard isOurs, let option = Self.secretOptions.first(where: { $0 == text }), let value = argv[index],
                !Self.isAnotherOption(value, isOption)
            else { continue }
            index += 1
            words.append(ArgumentSecret.placeholder(taken.count))
            taken.append(.init(option: option, secret: Self.take(value)))
        }
        program = ProgramName(argumentZero: argv[0].map { String(cString: $0) } ?? "")
        arguments = words
        secrets = ArgumentSecrets(taken: taken)
        isMalformed = malformed
    }

    /// Whether `--json` is among the words, asked before (and should parsing fail, instead of) the parser.
    package var wantsJSON: Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }

    private static func begins(_ word: UnsafePointer<CChar>, with prefix: String) -> Bool {
        strncmp(word, prefix, prefix.utf8.count) == 0
    }

    private static func isAnotherOption(_ word: UnsafePointer<CChar>, _ isOption: (String) -> Bool) -> Bool {
        guard word[0] == CChar(bitPattern: UInt8(ascii: "-")) else { return false }
        let name = String(cString: word).prefix { $0 != "=" }
        return name == "--" || isOption(String(name))
    }

    private static func take(_ word: UnsafeMutablePointer<CChar>) -> SharedSecret {
        let length = strlen(word)
        let secret = SecretBytes(capacity: length) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: word, count: length))
            return length
        }
        explicit_bzero(word, length)
        return SharedSecret(secret)
    }
}
