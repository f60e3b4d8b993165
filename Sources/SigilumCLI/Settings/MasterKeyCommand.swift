internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// `GATEWAY_MASTER_KEY_COMMAND`: a program, a password manager's say, that prints the master key. It is started without
/// a shell.
enum MasterKeyCommand {
    /// How long it may take: somebody may have to touch a device or type a password.
    private static let milliseconds = 120_000

    /// The key that the command prints. Its standard error is the user's, so that it can say what it wants.
    static func run(_ command: String) throws(Failure) -> MasterKey {
        let words: [String]
        do throws(CommandWordsError) {
            words = try CommandWords.split(command)
        } catch {
            let reason: Message =
                switch error {
                case .openQuote: "a quote is not closed"
                case .endsWithBackslash: "it ends with a backslash"
                case .empty: "it names no program"
                }
            throw failure(reason, hints: ["it is split into words without a shell"])
        }
        let result: ChildResult
        do throws(ChildProcessError) {
            result = try ChildProcess.run(
                words, errors: .inherited, outputLimit: MasterKey.lengthLimit, timeoutMilliseconds: milliseconds)
        } catch {
            throw failure(describe(error))
        }
        guard result.status == 0 else { throw failure("it ended with status \(result.status)") }
        return try MasterKey(result.output, source: .command)
    }

    private static func describe(_ error: ChildProcessError) -> Message {
        switch error {
        case .notFound: "there is no such program"
        case .cannotStart(_, let number): "it cannot be started: \(String(cString: strerror(number)))"
        case .timedOut: "it was not done after \(milliseconds / 1000) seconds"
        case .outputTooLarge(_, let limit): "it wrote more than \(limit) bytes"
        case .malformedCall: "it has a word that no program can be given"
        }
    }

    /// Names no word of the command: some have a password among them.
    private static func failure(_ reason: Message, hints: [Message] = []) -> Failure {
        Failure(.configuration, code: "master-key", "GATEWAY_MASTER_KEY_COMMAND failed: \(reason)", hints: hints)
    }
}
