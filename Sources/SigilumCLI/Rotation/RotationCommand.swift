internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// The command of an entry whose output is the entry's next value. It is started without a shell.
struct RotationCommand {
    /// The word that takes a command away.
    static let none = "none"
    /// The variable in which it finds the entry's name.
    static let nameVariable = "SIGILUM_ENTRY"
    /// In bytes: of the command's text.
    private static let textLimit = 4096

    let text: String
    private let words: [String]

    /// - Throws: 64 for what cannot be split into words.
    init(_ text: String) throws(Failure) {
        guard text.utf8.count <= Self.textLimit, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw .usage(
                "A command for the next value has at most \(Self.textLimit) bytes, and no control characters")
        }
        self.text = text
        do throws(CommandWordsError) {
            words = try CommandWords.split(text)
        } catch {
            let reason: Message =
                switch error {
                case .openQuote: "a quote is not closed"
                case .endsWithBackslash: "it ends with a backslash"
                case .empty: "it names no program"
                }
            throw .usage(
                "Not a command for the next value: \(reason)",
                hints: ["it is split into words without a shell", "nothing was changed"])
        }
    }

    /// What reports show of a stored command: its program alone, since its arguments may have a password among them.
    static func shown(_ text: String) -> Value {
        guard let words = try? CommandWords.split(text), let program = words.first else { return .plain("yes") }
        return .untrusted(words.count > 1 ? program + " …" : program)
    }

    /// The value that the command prints, without one line end at the end, checked as one that is given is.
    ///
    /// - Parameters:
    ///   - name: The entry, which the command finds in `SIGILUM_ENTRY`.
    ///   - allowsVariableReference: Whether a value may have the form `{{NAME}}`.
    ///   - now: Seconds since 1970.
    ///   - milliseconds: How long it may take.
    ///   - say: Takes warnings.
    /// - Returns: The value.
    /// - Throws: 76 for a command that fails, prints nothing, or prints what cannot be a value. Nothing that it wrote is in
    ///   the message.
    func run(
        for name: EntryName, allowsVariableReference: Bool, now: Int64, milliseconds: Int = 120_000,
        say: (Remark) -> Void
    ) throws(Failure) -> SharedSecret {
        let value = SharedSecret(try output(for: name, milliseconds))
        guard value.bytes.count > 0 else { throw Self.failure(name, "it printed nothing") }
        do {
            try EntryValueOptions.check(
                value, for: name, allowsVariableReference: allowsVariableReference, now: now, say)
        } catch {
            throw Self.failure(name, Failure(describing: error).message)
        }
        return value
    }

    private func output(for name: EntryName, _ milliseconds: Int) throws(Failure) -> SecretBytes {
        let entry = SharedSecret(SecretBytes(copying: name.text.utf8))
        let result: ChildResult
        do throws(ChildProcessError) {
            // Two more: the line end, which does not count. What it says on standard error can quote a secret.
            result = try ChildProcess.run(
                words, environment: [(name: Self.nameVariable, value: entry)], errors: .discarded,
                outputLimit: Vault.valueLimit + 2, timeoutMilliseconds: milliseconds)
        } catch {
            switch error {
            case .notFound: throw Self.failure(name, "there is no such program")
            case .cannotStart(_, let number):
                throw Self.failure(name, "it cannot be started: \(String(cString: strerror(number)))")
            case .timedOut: throw Self.failure(name, "it was not done in time")
            case .outputTooLarge: throw Self.failure(name, Self.tooLong)
            case .malformedCall: throw Self.failure(name, "it has a word that no program can be given")
            }
        }
        guard result.status == 0 else { throw Self.failure(name, "it ended with status \(result.status)") }
        let value = withoutTrailingLineEnd(result.output.duplicate())
        guard value.count <= Vault.valueLimit else { throw Self.failure(name, Self.tooLong) }
        return value
    }

    private static var tooLong: Message { "it printed more than \(Vault.valueLimit) bytes" }

    private static func failure(_ name: EntryName, _ reason: Message) -> Failure {
        Failure(
            .refused, code: "rotation-command", "The command for the next value of \(name.text) failed: \(reason)",
            hints: ["nothing was changed", "what it says is not shown: run it by hand"])
    }
}
