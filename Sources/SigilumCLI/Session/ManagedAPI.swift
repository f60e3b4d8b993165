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

    /// The address of the managed API that was last signed in to; nil where none was.
    func rememberedAPI() throws -> String? { try vault.read { try $0.setting(Self.apiSetting) } }

    /// The managed API's address for what is registered there newly: an option or a setting, else what was signed in to,
    /// else the default.
    func managedAddress(_ options: APIOptions) throws -> String {
        if !isNamed(options), let known = try vault.read({ try $0.setting(Self.apiSetting) }) { return known }
        return try DeploymentMode.managed.apiURL(option: options.apiUrl, config: config, surroundings: surroundings)
    }

    /// Whether an option or a setting names the API's address.
    private func isNamed(_ options: APIOptions) -> Bool {
        options.apiUrl != nil || surroundings.setting("SIGILUM_API_URL") != nil || config.value(.apiURL) != nil
    }

    /// The API over HTTP, with the owner token of each service's namespace, at the address that the service was registered
    /// at: a token is sent to another one only where an option says so.
    func managedAPI(_ options: APIOptions) throws -> ManagedAPI {
        let (address, openers) = (try managedAddress(options), context.openers)
        // Where nobody ever named an address, a token is for the one that its service is registered at.
        let isKnown = try isNamed(options) || vault.read { try $0.setting(Self.apiSetting) } != nil
        let expected = isKnown ? address : nil
        let open: ManagedAPI.Open = { (account) throws(DeliveryFailure) in
            do {
                return try openers.sigilumAPI(
                    Openers.SigilumAPIInputs(
                        baseURL: account.address, allowsInsecureHTTP: options.allowInsecureHttp,
                        token: { try self.ownerToken(account, isNamed: options.apiUrl != nil, expected: expected) }))
            } catch let failure as DeliveryFailure {
                throw failure
            } catch {
                throw .unreachable(endpoint: account.address)
            }
        }
        return ManagedAPI(address: address, isNamed: options.apiUrl != nil, open: open)
    }

    /// `SIGILUM_OWNER_TOKEN`, else the vault's. A token goes to the API that it is for, and to no other unless the user
    /// names that one: what it says of its namespace is compared as well.
    ///
    /// - Throws: A `DeliveryFailure` that says why it cannot be used; nothing was sent then.
    private func ownerToken(
        _ account: ManagedAPI.Account, isNamed: Bool, expected: String?
    ) throws -> SharedSecret? {
        let now = context.now()
        if let given = surroundings.environment.takeSecret("SIGILUM_OWNER_TOKEN"), given.bytes.count > 0 {
            do throws(OwnerTokenError) {
                try OwnerToken.parse(given.bytes).check(now: now / 1000, namespace: account.namespace.text)
            } catch .expired {
                throw DeliveryFailure.ownerTokenExpired
            } catch .otherNamespace {
                throw DeliveryFailure.ownerTokenOfOther(account.namespace)
            } catch {
                throw DeliveryFailure.ownerTokenMalformed
            }
            guard isNamed || expected == nil || account.address == expected else {
                throw DeliveryFailure.ownerTokenElsewhere(endpoint: account.address)
            }
            return given
        }
        let name = EntryName.ownerToken(account.namespace)
        let (stored, home) = try vault.read { (try $0.entry(name), try $0.tokenAddress(of: account.namespace)) }
        guard let entry = stored else { return nil }
        let right = home ?? expected
        guard isNamed || right == nil || account.address == right else {
            throw DeliveryFailure.ownerTokenElsewhere(endpoint: account.address)
        }
        guard TokenFacts.end(entry).map({ $0 > now }) ?? true else { throw DeliveryFailure.ownerTokenExpired }
        return try vault.reveal(name, purpose: TargetKind.sigilumAPI.rawValue)
    }

    /// Says that a service was there before the vault, where a run found it so.
    func sayTakenUp(_ slug: Slug) throws {
        let receipt = try vault.read { try $0.delivery(.sigilumAPI(slug))?.receipt } ?? [:]
        guard receipt["service_id"] != nil, receipt["created"] == nil else { return }
        surroundings.say(
            .info(
                "The API had this service already: it keeps its name, domain and description where no option says others"
            ))
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

/// The API over HTTP as the reconciler sees it: every service is its namespace's, at the address it was registered at, and
/// called with that owner's token.
struct ManagedAPI: CredentialIssuer {
    /// Whose services, and where.
    struct Account: Hashable, Sendable {
        let namespace: Namespace
        let address: String
    }

    typealias Target = any CredentialIssuer & AccountDirectory
    typealias Open = @Sendable (Account) throws(DeliveryFailure) -> Target

    let kind = TargetKind.sigilumAPI
    let guardsForeignObjects = false
    private let address: String
    /// Whether an option names the address: then it is taken for every service.
    private let isNamed: Bool
    private let accounts: Accounts

    init(address: String, isNamed: Bool, open: @escaping Open) {
        self.address = address
        self.isNamed = isNamed
        accounts = Accounts(open)
    }

    /// The services of a namespace at the address of this command.
    func directory(_ namespace: Namespace) throws(DeliveryFailure) -> any AccountDirectory {
        try accounts.target(Account(namespace: namespace, address: address))
    }

    private func target(_ job: DeliveryJob) throws(DeliveryFailure) -> Target {
        guard let namespace = job.service?.namespace else { throw .ownerTokenRequired }
        let known = isNamed ? nil : job.settings["api_url"]
        return try accounts.target(Account(namespace: namespace, address: known ?? address))
    }

    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation { try await target(job).observe(job) }

    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt { try await target(job).apply(job) }

    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) { try await target(job).withdraw(job) }

    func issue(_ job: DeliveryJob, operation: String) async throws(DeliveryFailure) -> IssuedCredential {
        try await target(job).issue(job, operation: operation)
    }

    /// The same target for the same account each time, so that its token is opened once.
    private final class Accounts: Sendable {
        private let open: Open
        private let known = Mutex<[Account: Target]>([:])

        init(_ open: @escaping Open) {
            self.open = open
        }

        func target(_ account: Account) throws(DeliveryFailure) -> Target {
            if let target = known.withLock({ $0[account] }) { return target }
            let target = try open(account)
            known.withLock { $0[account] = target }
            return target
        }
    }
}
