/// What one check of `doctor` found.
struct Diagnosis: Sendable {
    enum Verdict: String, Sendable {
        case ok
        /// Something could be better, or will bite.
        case warn
        /// Something does not work, or is not safe.
        case error
        /// It could not be looked at.
        case unknown

        var isFinding: Bool { self == .warn || self == .error }
    }

    /// The name of the check; never changes. Several findings of one check have the same.
    let check: String
    let verdict: Verdict
    let text: Message
    /// What to type, or to do.
    let mends: [Message]
    /// What `--fix` does about it.
    let repairs: [Repair]

    init(_ check: String, _ verdict: Verdict, _ text: Message, mends: [Message] = [], repairs: [Repair] = []) {
        self.check = check
        self.verdict = verdict
        self.text = text
        self.mends = mends
        self.repairs = repairs
    }

    /// A failure that another command would end with.
    init(_ check: String, _ failure: Failure) { self.init(check, .error, failure) }

    /// The same, where it is not the worst.
    init(_ check: String, _ verdict: Verdict, _ failure: Failure) {
        self.init(check, verdict, failure.message, mends: failure.hints)
    }
}
