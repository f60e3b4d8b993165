internal import HTTPTransport
internal import VaultCore

/// Services of the owner.
extension APIClient {
    private static let services = "/v1/services"

    static func path(_ service: APIIdentifier) -> String { "\(services)/\(service.text)" }

    /// All services in the order they were made; those without a time last.
    func services() async throws(DeliveryFailure) -> [RemoteService] {
        let answer = try await call(.get, Self.services)
        guard answer.status == 200 else { throw answer.failure }
        let all = try answer.decode(RemoteService.List.self).services
        for service in all { _ = try APIIdentifier.received(service.id) }
        let order = all.indices.sorted { left, right in
            switch (all[left].createdAt, all[right].createdAt) {
            case (let one?, let other?) where one != other: one < other
            case (nil, _?): false
            case (_?, nil): true
            default: left < right
            }
        }
        return order.map { all[$0] }
    }

    /// The service of a slug; nil where the owner has none. Where the API has several, against its own rule, the one
    /// that is remembered, else the first.
    func service(_ slug: Slug, remembered: APIIdentifier?) async throws(DeliveryFailure) -> KnownService? {
        let candidates = try await services().filter { $0.slug == slug.text }
        guard let found = candidates.first(where: { $0.id == remembered?.text }) ?? candidates.first else {
            return nil
        }
        return KnownService(id: try .received(found.id), facts: found)
    }

    /// Makes the service, or finds the one that another process, or a call whose answer was lost, made.
    func create(_ wanted: WantedService) async throws(DeliveryFailure) -> APIIdentifier {
        let members = [
            ("name", wanted.name), ("slug", wanted.slug.text), ("domain", wanted.domain),
            ("description", wanted.description),
        ]
        let answer = try await call(.post, Self.services, body: members, .harmful)
        guard answer.status != 201 else {
            let made = try answer.decode(RemoteService.self)
            guard made.slug == wanted.slug.text else { throw .wrongAnswer(.missingMember) }
            return try .received(made.id)
        }
        let failure = refusal(answer)
        guard answer.status == 409 || answer.status >= 500 else { throw failure }
        guard let there = try await service(wanted.slug, remembered: nil) else { throw failure }
        return there.id
    }

    func change(_ service: APIIdentifier, _ members: [(String, String)]) async throws(DeliveryFailure) {
        try await call(.patch, Self.path(service), body: members).confirm()
    }

    /// Not being there is success.
    func delete(_ service: APIIdentifier) async throws(DeliveryFailure) {
        let answer = try await call(.delete, Self.path(service))
        guard !answer.saysNotFound else { return }
        try answer.confirm()
    }

    /// The failure that the answer to a harmful call is: one that says when to come back is told as that.
    func refusal(_ answer: HTTPAnswer) -> DeliveryFailure {
        guard answer.status == 503, answer.retryAfter != nil else { return answer.failure }
        return .tryLater(seconds: wait(answer))
    }
}

/// A service that the API has, with an id that can be used.
struct KnownService: Sendable {
    let id: APIIdentifier
    let facts: RemoteService
}
