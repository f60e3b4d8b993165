package import HTTPTransport
package import SecureMemory
package import VaultCore

/// The API as a place where services are registered: called over HTTP with the owner's token. It makes the services'
/// keys itself, and shows each only once.
package struct SigilumAPITarget: CredentialIssuer, AccountDirectory {
    package let kind = TargetKind.sigilumAPI
    package let guardsForeignObjects = false

    /// Where the API is.
    package let endpoint: HTTPEndpoint

    let client: APIClient

    /// Opens nothing, and asks for nothing: the first call does.
    ///
    /// - Parameters:
    ///   - baseURL: Absolute http or https, without user info, query and fragment.
    ///   - token: The owner's token; nil where there is none. Called once, with the first call that is made. A
    ///     `DeliveryFailure` that it throws is the call's.
    ///   - allowsInsecureHTTP: Whether the token may travel over plain http to another machine.
    ///   - limits: Times and sizes.
    ///   - clock: For waiting as long as the API asks to.
    /// - Throws: Why the URL is none.
    package init(
        baseURL: String, token: @escaping @Sendable () throws -> SharedSecret?, allowsInsecureHTTP: Bool,
        limits: SigilumAPILimits = SigilumAPILimits(), clock: SigilumAPIClock = .live
    ) throws(HTTPURLError) {
        endpoint = try HTTPEndpoint(baseURL)
        client = APIClient(
            http: HTTPCaller(endpoint: endpoint, limits: limits.call), token: OwnerToken(source: token),
            allowsInsecureHTTP: allowsInsecureHTTP, limits: limits, clock: clock)
    }

    /// Closes what the calls before left open. Not needed for correctness; a later call works.
    package func shutdown() async {
        client.http.shutdown()
    }

    package func services() async throws(DeliveryFailure) -> [RegisteredService] {
        try await client.services().map { service in
            RegisteredService(id: service.id, slug: service.slug, name: service.name, createdAt: service.createdAt)
        }
    }

    /// Differences: `name`, `domain`, `description`, `api_key` (the vault's is not among the active ones, or not known
    /// to be) and `retired_key` (one is active whose time is over).
    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        let receipt = APIReceipt(job.receipt)
        let wanted = try wanted(job, isCreated: receipt.isCreated)
        guard let service = try await client.service(wanted.slug, remembered: receipt.service) else { return .absent }
        let active = Set(try await client.keys(service.id).map(\.id))
        var differences = wanted.changes(service.facts).map(\.0)
        if !job.expected.isEmpty, !(receipt.key.map(active.contains) ?? false) { differences.append("api_key") }
        if job.retiresOld, !active.isDisjoint(with: receipt.retiring) { differences.append("retired_key") }
        return .present(differences: differences)
    }

    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        var receipt = APIReceipt(job.receipt)
        let wanted = try wanted(job, isCreated: receipt.isCreated)
        // Its keys went with it: only a new one helps.
        guard let service = try await client.service(wanted.slug, remembered: receipt.service) else {
            throw .credentialRevoked
        }
        let changes = wanted.changes(service.facts)
        if !changes.isEmpty { try await client.change(service.id, changes) }
        receipt.service = service.id
        let active = try await client.keys(service.id)
        if !job.expected.isEmpty { try Self.recognise(job, among: active, &receipt) }
        if let key = receipt.key, job.service?.mode == .gateway, receipt.marked != key {
            try await client.markForGateway(key, of: service.id)
            receipt.marked = key
        }
        if job.retiresOld {
            for key in receipt.retiring where key != receipt.key {
                try await client.revoke(key, of: service.id)
            }
            receipt.retiring = []
        }
        return receipt.fields
    }

    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        let receipt = APIReceipt(job.receipt)
        guard let id = receipt.service else { return try await withdrawUnfinished(job) }
        if receipt.isCreated { return try await client.delete(id) }
        for key in receipt.known { try await client.revoke(key, of: id) }
    }

    /// Finds out which active key the vault's value is: the one that is remembered, unless it ends otherwise, as after
    /// a rollback. The one that was remembered is then one of those to be revoked in time.
    private static func recognise(
        _ job: DeliveryJob, among active: [ActiveKey], _ receipt: inout APIReceipt
    ) throws(DeliveryFailure) {
        let remembered = active.first { $0.id == receipt.key }
        let value = job.secrets.first { $0.entry.kind == .serviceAPIKey }?.value
        if let remembered, value.map(remembered.mayBe) ?? true { return }
        guard let key = key(among: active, of: job) else { throw .credentialRevoked }
        receipt.retiring = (receipt.retiring + (remembered.map { [$0.id] } ?? [])).filter { $0 != key }
        receipt.key = key
    }

    /// The one active key that ends like the value of the job's; nil where none or several do.
    static func key(among active: [ActiveKey], of job: DeliveryJob) -> APIIdentifier? {
        guard let secret = job.secrets.first(where: { $0.entry.kind == .serviceAPIKey }) else { return nil }
        let candidates = active.filter { $0.mayBe(secret.value) }
        return candidates.count == 1 ? candidates.first?.id : nil
    }

    func wanted(_ job: DeliveryJob, isCreated: Bool) throws(DeliveryFailure) -> WantedService {
        guard let service = job.service else { throw .wrongAnswer(.missingMember) }
        return WantedService(service, isCreated: isCreated)
    }
}
