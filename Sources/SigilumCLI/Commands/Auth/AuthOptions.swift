internal import ArgumentParser
internal import OwnerToken
internal import VaultCore

/// Which OpenClaw, and which files of it.
struct OpenClawHomeOption: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("OpenClaw's folder.", valueName: "path"))
    var openclawHome: String?

    /// The folder, absolute.
    func folder(_ surroundings: Surroundings) throws(Failure) -> String {
        if let folder = try OpenClawHome.locate(option: openclawHome, surroundings) { return folder }
        return try surroundings.requireUserHome() + "/.openclaw"
    }

    /// The file of a namespace's token, where no other is named.
    func tokenFile(of namespace: Namespace, _ surroundings: Surroundings) throws(Failure) -> String {
        Self.tokenFile(of: namespace, in: try folder(surroundings))
    }

    static func tokenFile(of namespace: Namespace, in folder: String) -> String {
        folder + "/.sigilum/owner-token-\(namespace.text).jwt"
    }
}

/// The options of `auth login` and `auth refresh`.
struct AuthOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("managed or oss-local.", valueName: "mode"))
    var mode: String?
    @Option(help: ArgumentHelp("Whose token.", valueName: "namespace"))
    var namespace: String?
    @Option(help: ArgumentHelp("The owner's e-mail.", valueName: "address"))
    var email: String?
    @Option(help: ArgumentHelp("The API's base address.", valueName: "url"))
    var apiUrl: String?
    @Flag(help: "Let the owner token travel to another machine over plain http.")
    var allowInsecureHttp = false
    @Option(help: ArgumentHelp("The local API's database.", valueName: "path"))
    var apiDb: String?
    @Option(help: ArgumentHelp("The token. Other users can read it in the process list.", valueName: "token"))
    var ownerToken: ArgumentSecret?
    @Flag(help: "Read the token from standard input.")
    var ownerTokenStdin = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long a token that is made here is good; a week where it is not said.", valueName: "seconds"))
    var ttlSeconds: String?
    @Flag(help: "Let a token that is made here be good for more than a year.")
    var allowLongTtl = false
    @OptionGroup var openClaw: OpenClawHomeOption
    @Option(help: ArgumentHelp("OpenClaw's configuration; openclaw.json in its folder.", valueName: "path"))
    var config: String?
    @Option(help: ArgumentHelp("The token's file.", valueName: "path"))
    var tokenFile: String?
    @Option(help: ArgumentHelp("Whether OpenClaw's configuration is edited: true or false.", valueName: "choice"))
    var writeOpenclaw: TrueOrFalse = .true
    @Option(help: ArgumentHelp("Whether OpenClaw's hook runs: true, false or preserve.", valueName: "choice"))
    var enableAuthzNotify: NotifyChoice = .preserve
    @Option(help: ArgumentHelp("Whether the token is printed: true or false.", valueName: "choice"))
    var printToken: TrueOrFalse = .true
    @Flag(help: "Print the token and nothing else.")
    var tokenOnly = false

    /// How long a new token is good, in seconds. A token that is given says so itself: the variable is then not looked at.
    func lifetime(_ mode: DeploymentMode, _ surroundings: Surroundings) throws(Failure) -> Int64 {
        let variable = "SIGILUM_OWNER_TOKEN_TTL_SECONDS"
        let source: Message = ttlSeconds == nil ? "\(plain: variable)" : "--ttl-seconds"
        let setting = mode == .ossLocal ? surroundings.setting(variable) : nil
        guard let text = ttlSeconds ?? setting else { return TokenLifetime.standard }
        do throws(TokenLifetimeError) {
            return try TokenLifetime.parse(text, allowLong: allowLongTtl)
        } catch {
            let problem: Message =
                switch error {
                case .notWholeSeconds: "not a whole number of seconds"
                case .zero: "a token must be good for a second at least"
                case .moreThanAYear: "more than a year; say --allow-long-ttl if that is meant"
                case .moreThanACentury: "more than a hundred years"
                }
            throw Failure(
                ttlSeconds == nil ? .configuration : .usage, code: ttlSeconds == nil ? "ttl" : "usage",
                "\(source): \(problem)", hints: ["nothing was changed"])
        }
    }
}

/// `true` or `false`, spelled out.
enum TrueOrFalse: String, ExpressibleByArgument, CaseIterable, Sendable {
    case `true`
    case `false`
}

/// What becomes of OpenClaw's hook.
enum NotifyChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case `true`
    case `false`
    case preserve
}
