internal import HTTPTransport
package import VaultCore

extension GatewayTarget {
    /// Whether a gateway answers at the URL, lets this caller in, and does not say that it runs with another master key.
    ///
    /// - Parameter connection: One that the vault delivered, to ask about; without one the key is not asked about.
    /// - Returns: The first thing that is wrong, and what the gateway's clock says.
    package func checkUp(connection: Slug?) async -> EndpointCheckup {
        var time: Int64?
        do throws(DeliveryFailure) {
            try await api.checkUp(connection) { time = $0 ?? time }
            return EndpointCheckup(failure: nil, time: time)
        } catch {
            return EndpointCheckup(failure: error, time: time)
        }
    }
}

extension AdminAPI {
    /// Asks for the health, for a connection, and for a rotation of nothing, which opens what the gateway has sealed and
    /// changes nothing.
    func checkUp(_ connection: Slug?, heard: (Int64?) -> Void) async throws(DeliveryFailure) {
        let health = try transport.send(.get, "/health", body: nil)
        heard(health.date)
        guard health.status == 200 else { throw health.failure }
        guard try health.isHealthy() else { throw .wrongAnswer(.missingMember) }
        let list = try transport.send(.get, Self.path(connection), body: nil)
        guard list.status == 200 || list.saysNotFound else { throw list.failure }
        guard let connection, list.status == 200 else { return }
        let rotation = try transport.send(.post, Self.path(connection) + "/rotate", body: Self.nothing.encoded)
        if rotation.failure == .differentMasterKey { throw .differentMasterKey }
    }
}
