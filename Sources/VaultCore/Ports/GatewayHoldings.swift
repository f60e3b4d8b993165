/// What a gateway keeps, by name. All of it is sealed under the gateway's master key, and cannot be read back.
package struct GatewayHoldings: Sendable {
    /// The ids of connections, and the keys of their secrets. Not to be trusted: anything can stand there.
    package let connections: [(id: String, keys: Set<String>)]
    /// The keys of credential variables; not to be trusted either.
    package let variables: [String]

    package init(connections: [(id: String, keys: Set<String>)], variables: [String]) {
        self.connections = connections
        self.variables = variables
    }
}

extension VaultSnapshot {
    /// What of it the vault could not deliver again: variables and connections that it did not make, and of those that it
    /// did the secrets that it does not have.
    package func lacking(of holdings: GatewayHoldings) throws -> GatewayHoldings {
        var lost: [(id: String, keys: Set<String>)] = []
        for connection in holdings.connections {
            guard let slug = try? Slug(connection.id),
                let delivery = try delivery(DeliveryID(target: .gateway, key: slug.text)),
                delivery.isOwned, !delivery.isWithdrawn, !delivery.isReleased
            else {
                lost.append((connection.id, []))
                continue
            }
            let known = delivery.entries.filter { $0.kind == .upstreamSecret }.compactMap {
                $0.text.split(separator: "/").last.map(String.init)
            }
            let unknown = connection.keys.subtracting(known)
            if !unknown.isEmpty { lost.append((connection.id, unknown)) }
        }
        return GatewayHoldings(connections: lost, variables: holdings.variables)
    }
}
