internal import ArgumentParser
internal import OwnerToken
internal import SecureMemory
internal import VaultCore

/// Where the value of an entry comes from.
struct EntryValueOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The environment variable that has the value.", valueName: "name"))
    var fromEnv: String?

    @Option(help: ArgumentHelp("The file that has the value; - is standard input.", valueName: "path"))
    var fromFile: String?

    @Flag(help: "Let a value of the form {{NAME}} through, which the gateway takes for one of its variables.")
    var allowVariableReference = false

    /// Whether an option names a source.
    var isNamed: Bool { fromEnv != nil || fromFile != nil }

    var choice: EntryValueChoice {
        EntryValueChoice(variable: fromEnv, file: fromFile, allowsVariableReference: allowVariableReference)
    }

    /// As ``EntryValueChoice/read(for:_:)``.
    func read(for name: EntryName, _ context: Context) throws -> SharedSecret { try choice.read(for: name, context) }

    /// Checks that a value fits where its entry is used. `now` is in seconds since 1970.
    static func check(
        _ value: SharedSecret, for name: EntryName, allowsVariableReference: Bool, now: Int64, _ say: (Remark) -> Void
    ) throws {
        switch name.kind {
        case .upstreamSecret, .serviceAPIKey:
            try HTTPValueRule.check(value.bytes, allowsVariableReference: allowsVariableReference)
        case .ownerToken: try check(token: value, for: name, now: now, say)
        case .localJWTSecret, .userSecret: break
        }
    }

    /// Checks a value that comes from elsewhere: that it fits where the entry is used.
    static func check(_ value: borrowing SecretBytes, for name: EntryName) throws {
        guard name.kind == .upstreamSecret || name.kind == .serviceAPIKey else { return }
        try HTTPValueRule.check(value, allowsVariableReference: false)
    }

    /// As `auth login` does, except that a token that has ended may be stored.
    private static func check(
        token: SharedSecret, for name: EntryName, now: Int64, _ say: (Remark) -> Void
    ) throws(OwnerTokenError) {
        let namespace = name.text.split(separator: "/").last.map(String.init)
        do throws(OwnerTokenError) {
            try OwnerToken.parse(token.bytes).check(now: now, namespace: namespace)
        } catch {
            guard case .expired(let end) = error else { throw error }
            say(.warn("The token expired at \(plain: Timestamp.text(end * 1000))"))
        }
    }
}

/// What ``EntryValueOptions`` say.
struct EntryValueChoice: Sendable, Equatable {
    var variable: String?
    var file: String?
    var allowsVariableReference = false

    /// Reads the value, by default from standard input or a prompt, and checks that it fits where the entry is used.
    ///
    /// - Throws: 64, 66 or 69 where there is none; what does not fit.
    func read(for name: EntryName, _ context: Context) throws -> SharedSecret {
        let source = try SecretSource.entry(
            variable: variable, file: file, terminal: context.terminal, question: "Value: ")
        let surroundings = Surroundings(context)
        let value = try source.read(surroundings, context.terminal)
        try EntryValueOptions.check(
            value, for: name, allowsVariableReference: allowsVariableReference, now: context.now() / 1000,
            surroundings.say)
        return value
    }
}

extension EntryName {
    /// A name for something new. One that looks like a secret is refused: names are shown, and stay in the log.
    static func new(_ text: String) throws -> EntryName {
        let name = try EntryName(text)
        let isSecret = MisplacedSecret.isLong(text) && !Redaction.prefix(of: SecretBytes(copying: text.utf8)).isEmpty
        guard !isSecret else {
            throw Failure.usage(
                "The name looks like a secret (not shown); nothing was stored",
                hints: ["a name is shown in lists and stays in the log; the value goes to standard input"])
        }
        return name
    }
}
