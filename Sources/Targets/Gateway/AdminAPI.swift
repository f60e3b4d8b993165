internal import HTTPTransport
internal import SecureMemory
internal import VaultCore

/// The gateway's admin API over HTTP.
struct AdminAPI: ConnectionStore {
    private static let connections = "/api/admin/connections"

    let transport: AdminTransport
    let limits: GatewayLimits

    var endpoint: String { transport.endpoint.text }
    var undeliverable: Set<String> { [] }

    /// Whether a gateway answers there. 200 alone says nothing: it answers that to every path it does not know.
    func isHealthy() async throws(DeliveryFailure) -> Bool {
        let answer = try transport.send(.get, "/health", body: nil)
        guard answer.status == 200 else { throw answer.failure }
        return try answer.isHealthy()
    }

    func read(_ id: Slug) async throws(DeliveryFailure) -> RemoteConnection? {
        let answer = try await call(.get, Self.path(id), body: nil)
        if answer.saysNotFound { return nil }
        guard answer.status == 200 else { throw answer.failure }
        return try answer.connection(id)
    }

    func check(_ wanted: WantedConnection, secrets: [NamedSecret]) throws(DeliveryFailure) {
        _ = try creation(wanted, secrets)
    }

    func create(
        _ wanted: WantedConnection, secrets: [NamedSecret]
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        let answer = try await call(.post, Self.connections, body: try creation(wanted, secrets))
        if answer.saysTaken { return nil }
        guard answer.status == 201 || answer.status == 200 else { throw answer.failure }
        return try answer.connection(wanted.id)
    }

    func rotate(_ id: Slug, secrets: [NamedSecret]) async throws(DeliveryFailure) -> RotationOutcome {
        let body = JSONBody([
            ("rotated_by", .text("sigilum-vault")), ("rotation_reason", .text("delivered from the vault")),
            ("secrets", try SecretBody.object(of: secrets)),
        ])
        let answer = try await call(.post, Self.path(id) + "/rotate", body: try bounded(body))
        if answer.saysNotFound { return .gone }
        if answer.saysNothingToRotate { return .alreadyApplied }
        guard answer.status == 200 else { throw answer.failure }
        return .done(try answer.connection(id))
    }

    /// Asks for a rotation of nothing, which opens what the gateway has sealed before it says that there is nothing to do.
    func canOpen(_ id: Slug) async throws(DeliveryFailure) -> Bool {
        let answer = try await call(.post, Self.path(id) + "/rotate", body: Self.nothing.encoded)
        if answer.saysNothingToRotate { return true }
        guard answer.failure == .differentMasterKey else { throw answer.failure }
        return false
    }

    func patch(_ wanted: WantedConnection) async throws(DeliveryFailure) -> RemoteConnection? {
        // Mode, header name and prefix together: a changed mode resets the other two, but not always both.
        var body = JSONBody(texts: [("name", wanted.name)] + credentials(wanted) + kept(wanted))
        body.members.append(("rotation_interval_days", .number(wanted.rotationIntervalDays)))
        let answer = try await call(.patch, Self.path(wanted.id), body: body.encoded)
        if answer.saysNotFound { return nil }
        guard answer.status == 200 else { throw answer.failure }
        return try answer.connection(wanted.id)
    }

    func delete(_ id: Slug) async throws(DeliveryFailure) {
        let answer = try await call(.delete, Self.path(id), body: nil)
        guard answer.status == 204 || answer.saysNotFound else { throw answer.failure }
    }

    private func credentials(_ wanted: WantedConnection) -> [(String, String)] {
        [
            ("auth_mode", wanted.authMode), ("auth_header_name", wanted.header), ("auth_prefix", wanted.prefix),
            ("auth_secret_key", wanted.secretKey),
        ]
    }

    /// Empty texts mean "unchanged" to the gateway.
    private func kept(_ wanted: WantedConnection) -> [(String, String)] {
        [("path_prefix", wanted.pathPrefix), ("status", wanted.status)].filter { !$0.1.isEmpty }
    }

    private func creation(_ wanted: WantedConnection, _ secrets: [NamedSecret]) throws(DeliveryFailure) -> SharedSecret
    {
        var texts = [("id", wanted.id.text), ("name", wanted.name), ("base_url", wanted.baseURL)]
        texts += credentials(wanted)
        texts += kept(wanted)
        var body = JSONBody(texts: texts)
        body.members.append(("rotation_interval_days", .number(wanted.rotationIntervalDays)))
        body.members.append(("secrets", try SecretBody.object(of: secrets)))
        return try bounded(body)
    }

    /// The body as it is sent, where the gateway takes one of its size. Another is not sent: the gateway may close the connection meanwhile,
    /// which looks as if nobody were there.
    private func bounded(_ body: JSONBody) throws(DeliveryFailure) -> SharedSecret {
        let encoded = body.encoded
        guard encoded.bytes.count <= limits.bodyBytes else {
            throw .refused(status: 413, code: "REQUEST_BODY_TOO_LARGE")
        }
        return encoded
    }

    /// A rotation that changes nothing: the gateway passes over empty values.
    static let nothing = JSONBody([
        ("rotated_by", .text("sigilum-vault")), ("rotation_reason", .text("doctor")),
        ("secrets", .object([("sigilum-doctor", .text(""))])),
    ])

    /// The id is made of characters that need no escape; it is escaped all the same, so that no change there can make
    /// a path of it.
    static func path(_ id: Slug?) -> String {
        guard let id else { return connections }
        let escaped = id.text.utf8.reduce(into: "") { path, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "-")
            let digits = String(byte, radix: 16, uppercase: true)
            path += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
        }
        return "\(connections)/\(escaped)"
    }

    /// Calls, again and again while the gateway's writers get in each other's way.
    private func call(
        _ method: HTTPMethod, _ path: String, body: SharedSecret?
    ) async throws(DeliveryFailure) -> AdminAnswer {
        for attempt in 1...max(limits.tries, 1) {
            let answer = try transport.send(method, path, body: body)
            guard answer.saysConflict else { return answer }
            guard attempt < limits.tries else { break }
            // A cancelled wait only makes the next try come sooner.
            try? await Task.sleep(for: limits.backoff(before: attempt))
        }
        throw .busy
    }
}
