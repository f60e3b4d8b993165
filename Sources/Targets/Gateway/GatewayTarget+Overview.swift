internal import HTTPTransport
package import VaultCore

extension GatewayTarget {
    /// How the gateway is: its health, how many connections it shows this caller, and whether its key opens what it has
    /// sealed.
    ///
    /// - Parameter connection: One that the vault delivered, to ask about the key; without one that is not asked.
    /// - Returns: What was learnt, and what is wrong first.
    package func overview(connection: Slug?) async -> GatewayOverview {
        var overview = GatewayOverview()
        do throws(DeliveryFailure) {
            try await api.look(connection, into: &overview)
        } catch {
            overview.failure = error
        }
        return overview
    }
}

extension AdminAPI {
    func look(_ connection: Slug?, into overview: inout GatewayOverview) async throws(DeliveryFailure) {
        guard try await isHealthy() else { throw .wrongAnswer(.missingMember) }
        overview.isHealthy = true
        let list = try transport.send(.get, Self.path(nil), body: nil)
        guard list.status == 200 else { throw list.failure }
        let ids = try list.connections().map(\.id)
        overview.connections = ids.count
        guard let connection, ids.contains(connection.text) else { return }
        // A rotation of nothing opens what the gateway has sealed, and changes nothing.
        let rotation = try transport.send(.post, Self.path(connection) + "/rotate", body: Self.nothing.encoded)
        if rotation.failure == .differentMasterKey {
            overview.opensItsData = false
            throw .differentMasterKey
        }
        if rotation.saysNothingToRotate { overview.opensItsData = true }
    }
}
