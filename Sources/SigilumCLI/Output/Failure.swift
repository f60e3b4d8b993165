/// Why a command did not do what it was asked: what the user reads, and does next.
package struct Failure: Error, Sendable {
    package let status: ExitStatus
    /// A short name that programs compare: `wrong-key`. Lower case, with hyphens; never changed.
    package let code: String
    /// `[ERROR] …`
    package let message: Message
    /// What to do next, one line each.
    package let hints: [Message]
    /// Facts that are still printed on standard output: what was saved though it was not delivered.
    package var report: Report?

    package init(
        _ status: ExitStatus, code: String, _ message: Message, hints: [Message] = [], report: Report? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.hints = hints
        self.report = report
    }

    /// The command line is wrong: 64.
    package static func usage(_ message: Message, hints: [Message] = []) -> Failure {
        Failure(.usage, code: "usage", message, hints: hints)
    }

    /// What any error becomes at the top of the program. One that says itself what the user should read does; of any
    /// other its type is named and nothing else, since its text can quote a secret.
    package init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let known as any FailureConvertible: self = known.failure
        default:
            self.init(
                .defect, code: "defect", "Unexpected error: \(String(describing: type(of: error)))",
                hints: ["this is a defect of the program; please report it"])
        }
    }
}

/// An error of a module below that says here what the user reads. Conformances stand in this module.
package protocol FailureConvertible: Error {
    /// What the user reads. Never quotes input, an answer, or a secret.
    var failure: Failure { get }
}
