package import HTTPTransport
package import SecureMemory
package import VaultCore

/// The gateway as a place where credentials are delivered: one connection a service, whose id is the slug.
///
/// Goes through the admin API; where nobody answers there, through the gateway's command line tool if one was given.
/// Secrets that people keep there under keys of their own stay. Whether the connection is active, and its path prefix, are
/// put back to what they were when it was delivered or taken over.
///
/// What is there is the vault's where the receipt says so: the same address, the same time of creation. Before a
/// connection can be made its address is noted, so that one whose making had no answer (a crash, a broken line) is known
/// as the vault's own afterwards; a definite refusal takes the note back. In between, one that somebody else makes under
/// that id cannot be told from it.
package struct GatewayTarget: DeliveryTarget, ConnectionDirectory {
    package let kind = TargetKind.gateway
    package let guardsForeignObjects = true

    /// Where the admin API is.
    package let endpoint: HTTPEndpoint

    let api: AdminAPI
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
        api.transport.http.shutdown()
    }

    /// Whether a gateway answers at the URL and says that it is well.
    package func isHealthy() async throws(DeliveryFailure) -> Bool {
        try await api.isHealthy()
    }

    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        // What is only to be taken away is there, or it is not.
        if job.service == nil, let id = try? Slug(job.key) {
            return try await api.read(id) == nil ? .absent : .present(differences: [])
        }
        let wanted = try wanted(job, keys: job.expected.map(\.entry).filter { $0.kind == .upstreamSecret }.map(\.key))
        let receipt = GatewayReceipt(job.receipt)
        let differences = try await through(
            api: { api throws(DeliveryFailure) in
                try await reconciler(api, receipt).differences(wanted)
            },
            commandLine: { tool throws(DeliveryFailure) in
                try await reconciler(tool, receipt).differences(wanted)
            })
        return differences.map { .present(differences: $0) } ?? .absent
    }

    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        let wanted = try wanted(job, keys: job.secrets.map(\.key))
        let receipt = GatewayReceipt(job.receipt)
        return try await through(
            api: { api throws(DeliveryFailure) in
                try await reconciler(api, receipt).apply(
                    wanted, secrets: job.secrets, isApplied: job.isApplied, mayTakeOver: job.mayTakeOver)
            },
            commandLine: { tool throws(DeliveryFailure) in
                try await reconciler(tool, receipt).apply(
                    wanted, secrets: job.secrets, isApplied: job.isApplied, mayTakeOver: job.mayTakeOver)
            })
    }

    package func intent(_ job: DeliveryJob) -> DeliveryReceipt {
        guard !GatewayReceipt(job.receipt).isIntended(at: endpoint.text) else { return [:] }
        return [GatewayReceipt.intendedKey: endpoint.text]
    }

    /// Where nothing was there, an earlier intent came to nothing too; else it may be what is there.
    package func receipt(
        of job: DeliveryJob, after failure: DeliveryFailure, wasAbsent: Bool
    ) -> DeliveryReceipt? {
        guard failure.isDefinite else { return nil }
        var receipt = job.receipt
        if wasAbsent { receipt[GatewayReceipt.intendedKey] = nil }
        return receipt
    }

    private func reconciler<Store: ConnectionStore>(
        _ store: Store, _ receipt: GatewayReceipt
    ) -> ConnectionReconciler<Store> {
        ConnectionReconciler(store: store, endpoint: endpoint.text, receipt: receipt)
    }

    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        guard let id = job.service?.slug ?? (try? Slug(job.key)) else { throw .wrongAnswer(.missingMember) }
        let receipt = GatewayReceipt(job.receipt)
        try await through(
            api: { api throws(DeliveryFailure) in try await reconciler(api, receipt).withdraw(id) },
            commandLine: { tool throws(DeliveryFailure) in try await reconciler(tool, receipt).withdraw(id) })
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
        var wanted = WantedConnection(service: service, connection: connection, keys: Set(keys))
        wanted.masterKey = job.settings[Delivery.gatewayKey]
        return wanted
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

extension DeliveryFailure {
    /// Whether it is sure that the gateway did not do what it was last asked for.
    fileprivate var isDefinite: Bool {
        switch self {
        case .refused(let status, _): (400..<500).contains(status)
        case .adminTokenRequired, .differentMasterKey, .notOurs, .tokenOverPlainHTTP, .unsuitableSecret,
            .ownSecretMissing, .wouldLoseSecrets, .httpLibraryMissing:
            true
        default: false
        }
    }
}

extension EntryName {
    /// The last part: the key of a secret among its connection's.
    fileprivate var key: String { text.split(separator: "/").last.map(String.init) ?? text }
}
