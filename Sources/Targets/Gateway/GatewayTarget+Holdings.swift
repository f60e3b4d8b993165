internal import HTTPTransport
package import VaultCore

extension GatewayTarget {
    /// Everything that the gateway has, by name, as its admin API lists it; the command line tool cannot tell all of it.
    package func holdings() async throws(DeliveryFailure) -> GatewayHoldings {
        guard try await api.isHealthy() else { throw .wrongAnswer(.missingMember) }
        let connections = try api.transport.send(.get, AdminAPI.path(nil), body: nil)
        guard connections.status == 200 else { throw connections.failure }
        let variables = try api.transport.send(.get, "/api/admin/credential-variables", body: nil)
        guard variables.status == 200 else { throw variables.failure }
        return GatewayHoldings(
            connections: try connections.connections(), variables: try variables.variables())
    }
}
