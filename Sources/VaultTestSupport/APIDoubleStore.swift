internal import Sealing
internal import SecureMemory

/// The API's data and what it does with each call. A value: no network, no faults but those of the real one.
package struct APIDoubleStore: Sendable {
    /// Token to account.
    var accounts: [String: String]
    var expired: Set<String> = []
    var services: [APIDouble.Service] = []
    /// Every key that was shown.
    var shown: [String] = []

    init(accounts: [String: String]) {
        self.accounts = accounts
    }

    /// Answers a request: who asks, then what.
    mutating func answer(
        _ request: APIDouble.Request, _ behaviour: inout APIDouble.Behaviour
    ) -> APIDoubleReply {
        guard let header = request.header("Authorization"), header.hasPrefix("Bearer ") else {
            return .failure(401, "Missing token", code: "UNAUTHORIZED")
        }
        let token = String(header.dropFirst(7))
        if expired.contains(token) { return .failure(401, "Token expired", code: "TOKEN_EXPIRED") }
        guard let account = accounts[token] else {
            return .failure(401, "Invalid token", code: "UNAUTHORIZED")
        }
        let hasBody = request.method == "POST" || request.method == "PATCH"
        let isJSON = request.header("Content-Type")?.hasPrefix("application/json") ?? request.body.isEmpty
        guard let json = try? DoubleJSON(hasBody && isJSON ? request.body : []), isJSON else {
            return .invalid("body")
        }
        do throws(DoubleJSON.Malformed) {
            return try route(request, json, account, &behaviour)
        } catch {
            return .invalid("body")
        }
    }

    private mutating func route(
        _ request: APIDouble.Request, _ json: DoubleJSON, _ account: String, _ behaviour: inout APIDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> APIDoubleReply {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "v1", parts.count > 1 else { return .unknown }
        switch (request.method, parts[1], parts.count) {
        case ("GET", "auth", 3) where parts[2] == "me":
            return .success(200, ["id": "user_\(account)", "namespace": account, "email": "\(account)@example.org"])
        case ("GET", "services", 2):
            return .success(200, ["services": services.filter { $0.account == account }.map(Self.fields)])
        case ("POST", "services", 2): return try create(json, account, behaviour)
        default: break
        }
        guard parts[1] == "services", parts.count > 2,
            let index = services.firstIndex(where: { $0.id == parts[2] && $0.account == account })
        else { return .unknown }
        switch (request.method, parts.count) {
        case ("PATCH", 3): return try patch(index, json)
        case ("DELETE", 3):
            services.remove(at: index)
            return .done
        case ("GET", 4) where parts[3] == "keys": return listKeys(index, request.query, behaviour)
        case ("POST", 4) where parts[3] == "keys": return try createKey(index, json, &behaviour)
        case ("DELETE", 5) where parts[3] == "keys": return revoke(index, parts[4])
        case ("POST", 6) where parts[3] == "keys" && parts[5] == "mark-gateway": return mark(index, parts[4])
        default: return .unknown
        }
    }

    private mutating func create(
        _ json: DoubleJSON, _ account: String, _ behaviour: APIDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> APIDoubleReply {
        let slug = try json.text("slug")
        for (name, limit) in Self.lengths {
            guard (1...limit).contains(try json.text(name).utf16.count) else { return .invalid(name) }
        }
        let isLabel = slug.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
        guard (3...64).contains(slug.utf8.count), isLabel, !slug.hasPrefix("-"), !slug.hasSuffix("-") else {
            return .invalid("slug")
        }
        let own = services.filter { $0.account == account }
        guard !own.contains(where: { $0.slug == slug }) else {
            return .failure(409, "A service with this slug already exists", code: "CONFLICT")
        }
        guard own.count < behaviour.serviceLimit else {
            return .failure(403, "Service limit reached", code: "SERVICE_LIMIT_REACHED")
        }
        let service = APIDouble.Service(
            account: account, name: try json.text("name"), slug: slug, domain: try json.text("domain"),
            description: try json.text("description"))
        services.append(service)
        return .success(201, Self.fields(of: service))
    }

    private mutating func patch(
        _ index: Int, _ json: DoubleJSON
    ) throws(DoubleJSON.Malformed) -> APIDoubleReply {
        for (name, limit) in Self.lengths where json.has(name) {
            guard (1...limit).contains(try json.text(name).utf16.count) else { return .invalid(name) }
        }
        if json.has("name") { services[index].name = try json.text("name") }
        if json.has("domain") { services[index].domain = try json.text("domain") }
        if json.has("description") { services[index].description = try json.text("description") }
        return .done
    }

    private static let lengths = [("name", 100), ("domain", 255), ("description", 500)]

    private static func fields(of service: APIDouble.Service) -> [String: Any] {
        [
            "id": service.id, "name": service.name, "slug": service.slug, "domain": service.domain ?? DoubleJSON.null,
            "description": service.description ?? DoubleJSON.null, "created_at": service.createdAt,
            "updated_at": DoubleJSON.null, "registration_tx_hash": DoubleJSON.null,
            "active_key_count": service.activeKeys.count,
        ]
    }

    /// A prefix, and 12 characters at random.
    package static func newID(_ prefix: String) -> String { prefix + random("abcdefghijklmnopqrstuvwxyz234567", 12) }

    static func random(_ alphabet: String, _ count: Int) -> String {
        String((0..<count).compactMap { _ in alphabet.randomElement() })
    }

    /// SHA-256 in lower-case hex digits.
    package static func hash(_ key: String) -> String { SHA256.hexDigest(of: SecretBytes(copying: key.utf8)) }
}
