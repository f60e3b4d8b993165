internal import Glibc
package import SecureMemory

/// The terminal and standard input, as values: the live ones, or a test's.
package struct Terminal: Sendable {
    /// Whether somebody can be asked: there is a terminal, and `--no-input` was not given.
    package var canAsk: @Sendable () -> Bool
    /// Whether standard input is a terminal rather than a file or a pipe.
    package var inputIsTerminal: @Sendable () -> Bool
    /// Asks for a secret without echo; the argument is the question.
    package var askSecret: @Sendable (Message) throws(TerminalError) -> SecretBytes
    /// Asks for a line of text.
    package var askLine: @Sendable (Message) throws(TerminalError) -> String
    /// Reads standard input to its end: at most ``SecretInput/limit`` bytes and one line end, which is taken off.
    package var readInput: @Sendable () throws(TerminalError) -> SecretBytes
    /// Whether standard error is a terminal that a line can be written on again and again.
    package var showsProgress: @Sendable () -> Bool

    package init(
        canAsk: @escaping @Sendable () -> Bool, inputIsTerminal: @escaping @Sendable () -> Bool,
        askSecret: @escaping @Sendable (Message) throws(TerminalError) -> SecretBytes,
        askLine: @escaping @Sendable (Message) throws(TerminalError) -> String,
        readInput: @escaping @Sendable () throws(TerminalError) -> SecretBytes,
        showsProgress: @escaping @Sendable () -> Bool = { false }
    ) {
        self.canAsk = canAsk
        self.inputIsTerminal = inputIsTerminal
        self.askSecret = askSecret
        self.askLine = askLine
        self.readInput = readInput
        self.showsProgress = showsProgress
    }

    /// Asks a question that is answered `yes` or not. False for every other answer.
    package func confirm(_ question: Message) throws(TerminalError) -> Bool {
        let answer = try askLine("\(question) Type yes to go on: ")
        return answer == "yes"
    }

    /// The same terminal, asking nothing: what `--no-input` makes of it.
    package var silent: Terminal {
        var silent = self
        silent.canAsk = { false }
        silent.showsProgress = { false }
        silent.askSecret = { (_) throws(TerminalError) in throw .mayNotAsk }
        silent.askLine = { (_) throws(TerminalError) in throw .mayNotAsk }
        return silent
    }
}

/// Why nothing was read.
package enum TerminalError: Error, Sendable, Equatable {
    /// There is no terminal, or `--no-input` forbids to ask.
    case mayNotAsk
    /// The input ended before an answer.
    case ended
    /// More than ``SecretInput/limit`` bytes.
    case tooLong
    /// A line of text that is not UTF-8.
    case notText
    /// The system refused: `errno`.
    case system(Int32)
}

extension TerminalError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .mayNotAsk:
            .usage(
                "There is no terminal to ask on",
                hints: ["give the value with an option, a variable or on standard input; see --help"])
        case .ended: .usage("The input ended before an answer")
        case .tooLong: .usage("The value is longer than 16 KiB; nothing was stored")
        case .notText: .usage("The answer is not UTF-8")
        case .system(let code):
            Failure(.missing, code: "input-not-readable", "Cannot read the input: \(String(cString: strerror(code)))")
        }
    }
}
