internal import HTTPTransport
internal import SecureMemory
internal import VaultCore

/// Calls of one gateway, with the admin token where there is one.
struct AdminTransport: Sendable {
    let http: HTTPCaller
    let token: SharedSecret?

    var endpoint: HTTPEndpoint { http.endpoint }

    /// Makes one call, as ``HTTPCaller/send(_:_:authorization:body:answer:)`` does.
    func send(_ method: HTTPMethod, _ path: String, body: SharedSecret?) throws(DeliveryFailure) -> AdminAnswer {
        let authorization = try token.map { token throws(DeliveryFailure) in try bearer(token) }
        return AdminAnswer(try http.send(method, path, authorization: authorization, body: body))
    }

    private func bearer(_ token: SharedSecret) throws(DeliveryFailure) -> SharedSecret {
        guard !endpoint.isExposed else { throw .tokenOverPlainHTTP(endpoint: endpoint.text) }
        do throws(BearerToken.Problem) {
            return try BearerToken.header(token)
        } catch {
            throw .adminTokenRequired
        }
    }
}
