internal import HTTPTransport
package import SecureMemory
package import VaultCore

extension GatewayTarget {
    /// Every connection of the gateway, by the admin API alone.
    package func listedConnections() async throws(DeliveryFailure) -> [ListedConnection] {
        try await api.list().map { ListedConnection(id: $0.id, secretKey: $0.secretKey) }
    }
}

extension GatewayTarget: SecretTrials {
    package func attempt(
        _ id: Slug, like service: ServiceRecord, value: SharedSecret, call: TrialCall
    ) async throws(DeliveryFailure) -> TrialOutcome {
        guard let connection = service.connection else { throw .wrongAnswer(.missingMember) }
        // People set a path prefix at the gateway, and a trial without it would call another place.
        let live = try await api.read(service.slug)
        var wanted = WantedConnection(trial: id, like: service, connection: connection)
        wanted.pathPrefix = live.map { GatewayReceipt.pathPrefix(of: $0) } ?? ""
        let name = try Self.entry(service.slug, connection.secretKey)
        let secret = NamedSecret(entry: name, key: connection.secretKey, value: value)
        guard try await api.create(wanted, secrets: [secret]) != nil else { throw .notOurs }
        return try await api.test(id, call)
    }

    private static func entry(_ slug: Slug, _ key: String) throws(DeliveryFailure) -> EntryName {
        do throws(NameError) {
            return try EntryName.upstreamSecret(slug, key: key)
        } catch {
            throw .wrongAnswer(.missingMember)
        }
    }
}

extension AdminAPI {
    /// All connections, in the gateway's order.
    func list() async throws(DeliveryFailure) -> [RemoteConnection] {
        let answer = try transport.send(.get, Self.path(nil), body: nil)
        guard answer.status == 200 else { throw answer.failure }
        return try answer.listedConnections()
    }

    /// Has the gateway call the upstream once. Of its answer the status is read alone: the rest can quote the secret.
    func test(_ id: Slug, _ call: TrialCall) async throws(DeliveryFailure) -> TrialOutcome {
        let body = JSONBody(texts: [("method", call.method), ("test_path", call.path)]).encoded
        let answer = try transport.send(.post, Self.path(id) + "/test", body: body)
        switch answer.status {
        case 200, 502:
            let (passed, status) = try answer.testResult()
            guard status > 0 else { return .noAnswer }
            return passed && (200...399).contains(status) ? .passed(status: status) : .failed(status: status)
        case 401, 403:
            guard answer.failure != .adminTokenRequired else { throw .adminTokenRequired }
            return .signedCallersOnly
        default: throw answer.failure
        }
    }
}
