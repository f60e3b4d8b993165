package import HTTPTransport
package import SecureMemory
package import VaultCore

/// The gateway as a place where credentials are delivered: one connection a service, whose id is the slug.
///
/// Goes through the admin API; where nobody answers there, through the gateway's command line tool if one was given.
/// What people set at the gateway and the vault has no opinion on (whether the connection is active, its path prefix,
/// secrets under keys of their own) is kept, and a status that changed since the last delivery is told as a difference
/// once.
package struct GatewayTarget: DeliveryTarget, ConnectionDirectory {
    package let kind = TargetKind.gateway
    package let guardsForeignObjects = true

    /// Where the admin API is.
    package let endpoint: HTTPEndpoint

    private let api: AdminAPI
    private let commandLine: GatewayCommandLine?

    /// Opens nothing: the first call does.
    ///
    /// - Parameters:
    ///   - adminURL: Absolute http or https, without user info, query and fragment.
    ///   - adminToken: Sent as a bearer token; never over plain http to another machine.
    ///   - commandLineFallback: The way for when nobody answers at the URL.
    ///   - limits: Times and sizes.
    /// - Throws: Why the URL is none.
    package init(
        adminURL: String, adminToken: SharedSecret?, commandLineFallback: GatewayCommandLine?,
        limits: GatewayLimits = GatewayLimits()
    ) throws(HTTPURLError) {
        endpoint = try HTTPEndpoint(adminURL)
        let transport = AdminTransport(
            http: HTTPCaller(endpoint: endpoint, limits: limits.call), token: adminToken)
        api = AdminAPI(transport: transport, limits: limits)
        commandLine = commandLineFallback
    }

    /// Closes what the calls before left open. Not needed for correctness; a later call works.
    package func shutdown() async {
        await api.transport.http.shutdown()
    }

    /// Whether a gateway answers at the URL and says that it is well.
    package func isHealthy() async throws(DeliveryFailure) -> Bool {
        try await api.isHealthy()
    }

    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        let wanted = try wanted(job, keys: job.expected.map(\.entry).filter { $0.kind == .upstreamSecret }.map(\.key))
        let receipt = GatewayReceipt(job.receipt)
        let differences = try await through(
            api: { api throws(DeliveryFailure) in
                try await ConnectionReconciler(store: api).differences(wanted, receipt: receipt)
            },
            commandLine: { tool throws(DeliveryFailure) in
                try await ConnectionReconciler(store: tool).differences(wanted, receipt: receipt)
            })
        return differences.map { .present(differences: $0) } ?? .absent
    }

    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        let wanted = try wanted(job, keys: job.secrets.map(\.key))
        let receipt = GatewayReceipt(job.receipt)
        return try await through(
            api: { api throws(DeliveryFailure) in
                try await ConnectionReconciler(store: api).apply(
                    wanted, secrets: job.secrets, isApplied: job.isApplied, receipt: receipt)
            },
            commandLine: { tool throws(DeliveryFailure) in
                try await ConnectionReconciler(store: tool).apply(
                    wanted, secrets: job.secrets, isApplied: job.isApplied, receipt: receipt)
            })
    }

    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        guard let id = job.service?.slug ?? (try? Slug(job.key)) else { throw .wrongAnswer(.missingMember) }
        try await through(
            api: { api throws(DeliveryFailure) in try await api.delete(id) },
            commandLine: { tool throws(DeliveryFailure) in try await tool.delete(id) })
    }

    package func connection(_ slug: Slug) async throws(DeliveryFailure) -> (name: String, record: ConnectionRecord)? {
        let remote = try await through(
            api: { api throws(DeliveryFailure) in try await api.read(slug) },
            commandLine: { tool throws(DeliveryFailure) in try await tool.read(slug) })
        guard let remote else { return nil }
        guard let mode = AuthMode(rawValue: remote.authMode) else { throw .wrongAnswer(.missingMember) }
        let record = ConnectionRecord(
            baseURL: remote.baseURL, authMode: mode, header: remote.header, prefix: remote.prefix,
            secretKey: remote.secretKey,
            rotationIntervalDays: remote.rotationIntervalDays > 0 ? UInt32(clamping: remote.rotationIntervalDays) : nil)
        return (remote.name, record)
    }

    private func wanted(_ job: DeliveryJob, keys: [String]) throws(DeliveryFailure) -> WantedConnection {
        guard let service = job.service, let connection = service.connection else {
            throw .wrongAnswer(.missingMember)
        }
        return WantedConnection(service: service, connection: connection, keys: Set(keys))
    }

    /// The admin API, or the tool where nobody answers there. What the tool cannot do either is the API's failure.
    private func through<Result>(
        api way: (AdminAPI) async throws(DeliveryFailure) -> Result,
        commandLine otherWay: (GatewayCommandLine) async throws(DeliveryFailure) -> Result
    ) async throws(DeliveryFailure) -> Result {
        do throws(DeliveryFailure) {
            return try await way(api)
        } catch .unreachable(let endpoint) {
            guard let commandLine else { throw .unreachable(endpoint: endpoint) }
            do throws(DeliveryFailure) {
                return try await otherWay(commandLine)
            } catch .unreachable {
                throw .unreachable(endpoint: endpoint)
            }
        }
    }
}

extension EntryName {
    /// The last part: the key of a secret among its connection's.
    fileprivate var key: String { text.split(separator: "/").last.map(String.init) ?? text }
}
