internal import ArgumentParser
internal import VaultCore

/// `sigilum vault generate`
struct VaultGenerate: SigilumCommand {
    /// What random values can look like.
    enum Format: String, ExpressibleByArgument, CaseIterable, Sendable {
        case hex, base64url, passphrase
    }

    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Stores a random value: a new entry, or a new version of one that is there.",
        discussion: """
            Without an option the value has 256 random bits, in base64url.

            Example:
              sigilum vault generate ci/cookie-key --format hex
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many characters, of A-Z, a-z, 0-9, - and _: 8 to 1024.", valueName: "number"))
    var length: Int?
    @Option(help: "What it looks like: 64 hex digits, 43 characters of base64url, or six words.") var format: Format?
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName.new(name)
        let rule = try rule(for: name)
        let session = try Session.open(context, vault, for: .storing)
        try GatewayKeyGuard(session: session).allow(storing: nil, as: name)
        let reconciler = try session.reconciler(for: name, delivery)
        let outcome = try session.vault.put(rule.make(), as: name, origin: .generated, generator: rule)
        return try await EntryChange(
            session: session, done: "Generated: \(name.text)", saved: "Generated, not delivered: \(name.text)",
            outcome: outcome
        ).concluded(delivery, through: reconciler)
    }

    private func rule(for name: EntryName) throws(Failure) -> GeneratorRule {
        guard name.kind != .ownerToken else { throw .ownerTokenIsNotRandom }
        guard length == nil || format == nil else { throw .usage("Use only one of: --length, --format") }
        if let length {
            guard (8...1024).contains(length) else { throw .usage("--length is 8 to 1024 characters") }
            return .characters(length)
        }
        return switch format {
        case .hex: .hex(prefix: "", bytes: 32)
        case .base64url: .base64url(prefix: "", bytes: 32)
        case .passphrase: .passphrase(words: 6)
        case nil: .standard(for: name.kind)
        }
    }
}

extension Failure {
    /// An owner token is a signed statement: random characters are none.
    static var ownerTokenIsNotRandom: Failure {
        .usage(
            "An owner token cannot be generated here: it is signed", hints: ["give it with --from-env or --from-file"])
    }
}
