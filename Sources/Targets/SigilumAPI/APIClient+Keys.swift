internal import HTTPTransport
internal import VaultCore

/// Keys of one service.
extension APIClient {
    /// The active keys, of all pages.
    func keys(_ service: APIIdentifier) async throws(DeliveryFailure) -> [ActiveKey] {
        var keys: [ActiveKey] = []
        var seen: Set<APIIdentifier> = []
        var offset = 0
        for _ in 0..<max(limits.pages, 1) {
            let path = "\(Self.path(service))/keys?limit=\(limits.keysAPage)&offset=\(offset)"
            let answer = try await call(.get, path)
            guard answer.status == 200 else { throw answer.failure }
            let page = try answer.decode(RemoteKey.Page.self)
            for key in page.keys {
                let id = try APIIdentifier.received(key.id)
                // A key that was revoked meanwhile moves those behind it.
                if seen.insert(id).inserted { keys.append(ActiveKey(id: id, name: key.name, prefix: key.prefix)) }
            }
            guard page.pagination.hasMore else { return keys }
            guard !page.keys.isEmpty else { throw .wrongAnswer(.missingMember) }
            offset += page.keys.count
        }
        throw .wrongAnswer(.tooLong)
    }

    /// Asks for a new key. Nobody knows whether there is one where this fails, other than by ``keys(_:)``.
    func createKey(_ service: APIIdentifier, name: String) async throws(DeliveryFailure) -> HTTPAnswer {
        try await call(.post, "\(Self.path(service))/keys", body: [("name", name)], .harmful, answer: .secret)
    }

    /// Not being there, or not any more, is success.
    func revoke(_ key: APIIdentifier, of service: APIIdentifier) async throws(DeliveryFailure) {
        let answer = try await call(.delete, "\(Self.path(service))/keys/\(key.text)")
        guard answer.status == 200 || answer.saysNotFound else { throw answer.failure }
        // What else answers 200 to everything has not revoked it.
        guard answer.isJSON else { throw .wrongAnswer(.notJSON) }
    }

    /// Tells the API that the gateway uses the key.
    func markForGateway(_ key: APIIdentifier, of service: APIIdentifier) async throws(DeliveryFailure) {
        let answer = try await call(.post, "\(Self.path(service))/keys/\(key.text)/mark-gateway")
        if answer.saysNotFound { throw .credentialRevoked }
        try answer.confirm()
    }
}
