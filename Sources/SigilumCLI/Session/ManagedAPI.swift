internal import OwnerToken
internal import SecureMemory
internal import Synchronization
internal import VaultCore

extension Session {
    /// The setting that has the address of the managed API that was last signed in to.
    private static let apiSetting = "api-url"

    /// Keeps the address of the managed API, for the commands that deliver to it later.
    func rememberAPI(_ address: String) throws {
        guard try vault.read({ try $0.setting(Self.apiSetting) }) != address else { return }
        try vault.write { try $0.set(Self.apiSetting, to: address) }
    }

    /// The managed API's address: an option or a setting, else what was signed in to, else the default.
    func managedAddress(_ options: APIOptions) throws -> String {
        let isNamed =
            options.apiUrl != nil || surroundings.setting("SIGILUM_API_URL") != nil || config.value(.apiURL) != nil
        if !isNamed, let known = try vault.read({ try $0.setting(Self.apiSetting) }) { return known }
        return try DeploymentMode.managed.apiURL(option: options.apiUrl, config: config, surroundings: surroundings)
    }

    /// The API over HTTP, with the owner token of each service's namespace.
    func managedAPI(_ options: APIOptions) throws -> ManagedAPI {
        let (address, inputs) = (try managedAddress(options), context.openers)
        return ManagedAPI { (namespace) throws(DeliveryFailure) in
            do {
                return try inputs.sigilumAPI(
                    Openers.SigilumAPIInputs(
                        baseURL: address, allowsInsecureHTTP: options.allowInsecureHttp,
                        token: { try self.ownerToken(namespace) }))
            } catch let failure as DeliveryFailure {
                throw failure
            } catch {
                throw .unreachable(endpoint: address)
            }
        }
    }

    /// `SIGILUM_OWNER_TOKEN`, else the vault's.
    ///
    /// - Throws: `ownerTokenExpired` where the token itself says so.
    func ownerToken(_ namespace: Namespace) throws -> SharedSecret? {
        let now = context.now()
        if let given = surroundings.environment.takeSecret("SIGILUM_OWNER_TOKEN"), given.bytes.count > 0 {
            let end = (try? OwnerToken.parse(given.bytes))?.claims.expiresAt
            guard end.map({ $0 * 1000 > now }) ?? true else { throw DeliveryFailure.ownerTokenExpired }
            return given
        }
        let name = EntryName.ownerToken(namespace)
        guard let entry = try vault.read({ try $0.entry(name) }) else { return nil }
        guard TokenFacts.end(entry).map({ $0 > now }) ?? true else { throw DeliveryFailure.ownerTokenExpired }
        return try vault.reveal(name, purpose: TargetKind.sigilumAPI.rawValue)
    }

    /// Whether there is an owner token to call the managed API with; nothing is opened.
    static func hasOwnerToken(
        _ namespace: Namespace, _ session: Session?, _ surroundings: Surroundings
    ) throws -> Bool {
        if let given = surroundings.environment.takeSecret("SIGILUM_OWNER_TOKEN"), given.bytes.count > 0 { return true }
        return try session?.vault.read { try $0.entry(.ownerToken(namespace)) } != nil
    }

    /// The secret that local tokens are signed with, as the vault has it.
    func localSecret() throws -> SharedSecret? {
        let name = try EntryName("local-jwt-secret")
        guard try vault.read({ try $0.entry(name) }) != nil else { return nil }
        return try vault.reveal(name, purpose: "auth login")
    }
}

/// The API over HTTP as the reconciler sees it: every service is its namespace's, and called with that owner's token.
struct ManagedAPI: CredentialIssuer {
    let kind = TargetKind.sigilumAPI
    let guardsForeignObjects = false
    private let accounts: Accounts

    init(_ open: @escaping @Sendable (Namespace) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory) {
        accounts = Accounts(open)
    }

    /// The account of a namespace; the same one each time, so that its token is opened once.
    func account(_ namespace: Namespace) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory {
        try accounts.account(namespace)
    }

    private func account(_ job: DeliveryJob) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory {
        guard let namespace = job.service?.namespace else { throw .ownerTokenRequired }
        return try accounts.account(namespace)
    }

    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        try await account(job).observe(job)
    }

    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        try await account(job).apply(job)
    }

    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) { try await account(job).withdraw(job) }

    func issue(_ job: DeliveryJob, operation: String) async throws(DeliveryFailure) -> IssuedCredential {
        try await account(job).issue(job, operation: operation)
    }

    private final class Accounts: Sendable {
        private let open: @Sendable (Namespace) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory
        private let known = Mutex<[Namespace: any CredentialIssuer & AccountDirectory]>([:])

        init(_ open: @escaping @Sendable (Namespace) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory)
        {
            self.open = open
        }

        func account(_ namespace: Namespace) throws(DeliveryFailure) -> any CredentialIssuer & AccountDirectory {
            if let account = known.withLock({ $0[namespace] }) { return account }
            let account = try open(namespace)
            known.withLock { $0[namespace] = account }
            return account
        }
    }
}
