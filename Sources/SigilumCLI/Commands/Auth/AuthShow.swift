internal import ArgumentParser
internal import Glibc
internal import SecureMemory
internal import VaultCore

/// `sigilum auth show`
struct AuthShow: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints the stored owner token alone, or what it says.",
        discussion: """
            Example:
              sigilum auth show --namespace johndee
              sigilum auth show --claims
            """)

    @Option(help: ArgumentHelp("Whose token.", valueName: "namespace"))
    var namespace: String?
    @OptionGroup var openClaw: OpenClawHomeOption
    @Option(help: ArgumentHelp("Print the token of this file instead.", valueName: "path"))
    var tokenFile: String?
    @Flag(help: "Print the claims, the age and the time left instead of the token.")
    var claims = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let surroundings = Surroundings(context)
        let finder = StoredToken(context: context, surroundings: surroundings, vault: vault, openClaw: openClaw)
        let token: SharedSecret
        var owner: Namespace?
        if let tokenFile {
            guard !tokenFile.isEmpty else { throw Failure.usage("--token-file is empty") }
            token = try finder.file(surroundings.absolute(tokenFile))
            owner = try namespace.map { try Namespace($0) }
        } else {
            (token, owner) = try await finder.find(namespace)
        }
        return try TokenReport(token: token, now: context.now(), namespace: owner).report(
            claims: claims, json: output.json, say: surroundings.say)
    }
}

/// Where `auth show` looks: the vault, else the token's file.
struct StoredToken {
    let context: Context
    let surroundings: Surroundings
    let vault: VaultOptions
    let openClaw: OpenClawHomeOption

    /// The token of a namespace: the vault's; the file's where there is no vault, or where it is locked.
    func find(_ option: String?) async throws -> (token: SharedSecret, owner: Namespace?) {
        let session: Session?
        do {
            session = try Session.openIfThere(context, vault)
        } catch let failure as Failure where failure.code == MasterKeyResolution.lockedCode {
            let namespace = try namespace(option, nil)
            let token = try file(openClaw.tokenFile(of: namespace, surroundings), instead: failure)
            surroundings.say(.warn("The vault is locked (\(failure.message)): this is what the token's file holds"))
            return (token, namespace)
        }
        let namespace = try namespace(option, session)
        let path = try openClaw.tokenFile(of: namespace, surroundings)
        guard let session else { return (try file(path, of: namespace), namespace) }
        let name = EntryName.ownerToken(namespace)
        guard let entry = try session.vault.read({ try $0.entry(name) }) else {
            throw access(path, F_OK) == 0 ? Self.unknown(path, namespace) : Self.missing(path, namespace)
        }
        let files = Set(entry.deliveries.filter { $0.target == .exportFile })
        for seen in try await session.reconciler(targets: [session.exportFiles()]).compare(files) {
            guard let problem = Self.problem(seen) else { continue }
            surroundings.say(.warn("\(plain: problem): \(seen.id.key); mend it: \(command: ["vault", "sync"])"))
        }
        return (try session.vault.reveal(name, purpose: claimsPurpose), namespace)
    }

    /// What is wrong with a file of the vault's token; nil where it holds that token.
    private static func problem(_ seen: DeliveryComparison) -> String? {
        switch seen.observation {
        case .absent: "The token's file is missing"
        case .present(let differences) where differences.contains("kind"): "Not a regular file"
        case .present(let differences) where differences.contains("content"): "Not the vault's token"
        case .present: nil
        case nil: "The token's file cannot be read"
        }
    }

    private var claimsPurpose: String { "auth show" }

    /// The token that a file holds, without the line end.
    func file(_ path: String, of namespace: Namespace? = nil, instead: Failure? = nil) throws -> SharedSecret {
        do throws(Failure) {
            return try SecretSource.file(path).read(surroundings, context.terminal)
        } catch {
            guard error.status == .missing else { throw error }
            throw instead ?? Self.missing(path, namespace)
        }
    }

    private func namespace(_ option: String?, _ session: Session?) throws -> Namespace {
        try Session.namespace(
            context, surroundings, option: option, openClawHome: openClaw.openclawHome, session: session)
    }

    private static func missing(_ path: String, _ namespace: Namespace?) -> Failure {
        let words = ["auth", "login"] + (namespace.map { ["--namespace", $0.text] } ?? [])
        return Failure(
            .missing, code: "no-token", "Token file not found: \(path)", hints: ["make one:  \(command: words)"])
    }

    /// The vault has none, and yet there is a file: it is not said to be missing.
    private static func unknown(_ path: String, _ namespace: Namespace) -> Failure {
        Failure(
            .missing, code: "no-token", "No owner token is stored for namespace: \(namespace.text)",
            hints: [
                "there is a file that the vault did not write; show it:  \(command: ["auth", "show", "--token-file", path])",
                "or make a token:  \(command: ["auth", "login", "--namespace", namespace.text])",
            ])
    }
}
