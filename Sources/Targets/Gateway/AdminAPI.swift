internal import HTTPTransport
internal import NIOCore
internal import NIOHTTP1
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
        let answer = try await transport.send(.GET, "/health", body: nil)
        guard answer.status == 200 else { throw answer.failure }
        return try answer.isHealthy()
    }

    func read(_ id: Slug) async throws(DeliveryFailure) -> RemoteConnection? {
        let answer = try await call(.GET, Self.path(id)) { () throws(DeliveryFailure) in nil }
        if answer.saysNotFound { return nil }
        guard answer.status == 200 else { throw answer.failure }
        return try answer.connection(id)
    }

    func check(_ wanted: WantedConnection, secrets: [NamedSecret]) throws(DeliveryFailure) {
        JSONBody.wipe(try creation(wanted, secrets))
    }

    func create(
        _ wanted: WantedConnection, secrets: [NamedSecret]
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        let answer = try await call(.POST, Self.connections) { () throws(DeliveryFailure) in
            try creation(wanted, secrets)
        }
        if answer.saysTaken { return nil }
        guard answer.status == 201 || answer.status == 200 else { throw answer.failure }
        return try answer.connection(wanted.id)
    }

    func rotate(_ id: Slug, secrets: [NamedSecret]) async throws(DeliveryFailure) -> RotationOutcome {
        let answer = try await call(.POST, Self.path(id) + "/rotate") { () throws(DeliveryFailure) in
            var body = JSONBody.openObject(
                [("rotated_by", "sigilum-vault"), ("rotation_reason", "delivered from the vault")], [])
            body.writeString(",\"secrets\":")
            return try closed(body, with: secrets)
        }
        if answer.saysNotFound { return .gone }
        if answer.saysNothingToRotate { return .alreadyApplied }
        guard answer.status == 200 else { throw answer.failure }
        return .done(try answer.connection(id))
    }

    /// Asks for a rotation of nothing, which opens what the gateway has sealed before it says that there is nothing to do.
    func canOpen(_ id: Slug) async throws(DeliveryFailure) -> Bool {
        let answer = try await call(.POST, Self.path(id) + "/rotate") { () throws(DeliveryFailure) in Self.nothing() }
        if answer.saysNothingToRotate { return true }
        guard answer.failure == .differentMasterKey else { throw answer.failure }
        return false
    }

    func patch(_ wanted: WantedConnection) async throws(DeliveryFailure) -> RemoteConnection? {
        let answer = try await call(.PATCH, Self.path(wanted.id)) { () throws(DeliveryFailure) in
            // Mode, header name and prefix together: a changed mode resets the other two, but not always both.
            var body = JSONBody.openObject(
                [("name", wanted.name)] + credentials(wanted) + kept(wanted),
                [("rotation_interval_days", wanted.rotationIntervalDays)])
            body.writeString("}")
            return body
        }
        if answer.saysNotFound { return nil }
        guard answer.status == 200 else { throw answer.failure }
        return try answer.connection(wanted.id)
    }

    func delete(_ id: Slug) async throws(DeliveryFailure) {
        let answer = try await call(.DELETE, Self.path(id)) { () throws(DeliveryFailure) in nil }
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

    private func creation(_ wanted: WantedConnection, _ secrets: [NamedSecret]) throws(DeliveryFailure) -> ByteBuffer {
        var texts = [("id", wanted.id.text), ("name", wanted.name), ("base_url", wanted.baseURL)]
        texts += credentials(wanted)
        texts += kept(wanted)
        var body = JSONBody.openObject(texts, [("rotation_interval_days", wanted.rotationIntervalDays)])
        body.writeString(",\"secrets\":")
        return try closed(body, with: secrets)
    }

    /// The body with its last member and its closing brace. One that the gateway would refuse by its size is not sent:
    /// it may close the connection meanwhile, which looks as if nobody were there.
    private func closed(_ start: ByteBuffer, with secrets: [NamedSecret]) throws(DeliveryFailure) -> ByteBuffer {
        var body = start
        try SecretBody.appendSecrets(secrets, to: &body)
        body.writeString("}")
        guard body.readableBytes <= limits.bodyBytes else {
            JSONBody.wipe(body)
            throw .refused(status: 413, code: "REQUEST_BODY_TOO_LARGE")
        }
        return body
    }

    /// A rotation that changes nothing: the gateway passes over empty values.
    static func nothing() -> ByteBuffer {
        var body = JSONBody.openObject([("rotated_by", "sigilum-vault"), ("rotation_reason", "doctor")], [])
        body.writeString(#","secrets":{"sigilum-doctor":""}}"#)
        return body
    }

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

    /// Calls, again and again while the gateway's writers get in each other's way. The body is made for each try,
    /// since it is wiped after each.
    private func call(
        _ method: HTTPMethod, _ path: String, body: () throws(DeliveryFailure) -> ByteBuffer?
    ) async throws(DeliveryFailure) -> AdminAnswer {
        for attempt in 1...max(limits.tries, 1) {
            let answer = try await transport.send(method, path, body: try body())
            guard answer.saysConflict else { return answer }
            guard attempt < limits.tries else { break }
            // A cancelled wait only makes the next try come sooner.
            try? await Task.sleep(for: limits.backoff(before: attempt))
        }
        throw .busy
    }
}
