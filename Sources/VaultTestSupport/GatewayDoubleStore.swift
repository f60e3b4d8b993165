/// The gateway's data and what it does with each call. A value: no network, no faults but those of the real one.
struct GatewayDoubleStore: Sendable {
    var connections: [String: GatewayDouble.Connection] = [:]
    var variables: [String: Variable] = [:]
    var serviceKeys: [String: String] = [:]

    struct Variable: Sendable {
        var value: String
        let createdAt: String
        var updatedAt: String
        var subject: String
    }

    /// Routes a request under `/api/admin/` and answers it.
    mutating func answer(
        _ request: GatewayDouble.Request, _ behaviour: GatewayDouble.Behaviour
    ) -> GatewayDoubleReply {
        let path = DoubleJSON.percentDecoded(request.path)
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropFirst(2).map(String.init)
        guard let json = try? DoubleJSON(request.method == "GET" ? [] : request.body) else {
            return .failure(400, "invalid JSON")
        }
        do throws(DoubleJSON.Malformed) {
            switch (request.method, parts.first, parts.count) {
            case ("GET", "connections", 1): return list()
            case ("POST", "connections", 1): return try create(json, behaviour)
            case ("GET", "connections", 2): return read(parts[1])
            case ("PATCH", "connections", 2): return try patch(parts[1], json)
            case ("DELETE", "connections", 2): return delete(parts[1])
            case ("POST", "connections", 3) where parts[2] == "rotate":
                return try rotate(parts[1], json, behaviour)
            case ("POST", "connections", 3) where parts[2] == "test": return test(parts[1], behaviour)
            case ("GET", "service-api-keys", 2): return serviceKey(parts[1])
            case ("PUT", "service-api-keys", 2): return try setServiceKey(parts[1], json, behaviour)
            case ("GET", "credential-variables", 1): return listVariables()
            case ("POST", "credential-variables", 1): return try setVariable(json)
            case ("DELETE", "credential-variables", 2): return deleteVariable(parts[1])
            default: return .unknownPath(request.method)
            }
        } catch {
            return .failure(400, "invalid JSON")
        }
    }

    private func list() -> GatewayDoubleReply {
        let all = connections.values.sorted { $0.id < $1.id }.map(GatewayDoubleReply.fields)
        return .success(200, ["connections": all])
    }

    private func read(_ id: String) -> GatewayDoubleReply {
        guard let connection = connections[id] else { return .unknownConnection }
        return .success(200, GatewayDoubleReply.fields(of: connection))
    }

    private mutating func delete(_ id: String) -> GatewayDoubleReply {
        guard connections.removeValue(forKey: id) != nil else { return .unknownConnection }
        return .empty(204)
    }

    private mutating func create(
        _ json: DoubleJSON, _ behaviour: GatewayDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> GatewayDoubleReply {
        let id = try json.text("id")
        guard !id.isEmpty else { return .failure(400, "id is required") }
        guard connections[id] == nil else { return .failure(409, "connection already exists") }
        var baseURL = try json.text("base_url")
        guard !baseURL.isEmpty else { return .failure(400, "base_url is required") }
        if baseURL.hasSuffix("/") { baseURL.removeLast() }
        let name = try json.text("name")
        var new = GatewayDouble.Connection(id: id, name: name.isEmpty ? id : name, baseURL: baseURL)
        let mode = try json.text("auth_mode")
        new.authMode = mode.isEmpty ? "bearer" : mode
        guard let defaults = AuthDefaults(mode: new.authMode) else {
            return .failure(400, "invalid auth_mode: \(mode)")
        }
        new.authHeaderName = try json.text("auth_header_name").or(defaults.header)
        new.authPrefix = try json.text("auth_prefix").or(defaults.prefix)
        new.authSecretKey = try json.text("auth_secret_key")
        new.secrets = Self.usable(try json.texts("secrets"))
        guard new.authSecretKey.isEmpty || new.secrets[new.authSecretKey] != nil else {
            return .failure(400, "no secret for auth_secret_key")
        }
        new.pathPrefix = try json.text("path_prefix")
        new.masterKey = behaviour.masterKey
        new.status = try json.text("status").or("active")
        new.rotationIntervalDays = max(0, try json.number("rotation_interval_days"))
        connections[id] = new
        return .success(201, GatewayDoubleReply.fields(of: new))
    }

    private mutating func rotate(
        _ id: String, _ json: DoubleJSON, _ behaviour: GatewayDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> GatewayDoubleReply {
        guard var connection = connections[id] else { return .unknownConnection }
        let given = Self.usable(try json.texts("secrets"))
        if behaviour.hasOtherMasterKey || connection.masterKey != behaviour.masterKey {
            return .failure(400, "chacha20poly1305: message authentication failed")
        }
        let merged = connection.secrets.merging(given) { _, new in new }
        guard merged != connection.secrets else { return .failure(400, "secrets are required") }
        connection.secrets = merged
        connection.secretVersion += 1
        connection.lastRotatedAt = DoubleClock.now()
        connection.updatedAt = connection.lastRotatedAt
        connections[id] = connection
        return .success(200, GatewayDoubleReply.fields(of: connection))
    }

    private mutating func patch(
        _ id: String, _ json: DoubleJSON
    ) throws(DoubleJSON.Malformed) -> GatewayDoubleReply {
        guard var connection = connections[id] else { return .unknownConnection }
        let mode = try json.text("auth_mode").or(connection.authMode)
        guard let defaults = AuthDefaults(mode: mode) else { return .failure(400, "invalid auth_mode: \(mode)") }
        if mode != connection.authMode {
            connection.authMode = mode
            connection.authPrefix = defaults.prefix
            if mode == "query_param" { connection.authHeaderName = defaults.header }
        }
        let key = try json.text("auth_secret_key").or(connection.authSecretKey)
        guard key.isEmpty || connection.secrets[key] != nil else {
            return .failure(400, "auth_secret_key has no secret")
        }
        let status = try json.text("status").or(connection.status)
        guard ["active", "disabled"].contains(status) else { return .failure(400, "invalid status: \(status)") }
        connection.authSecretKey = key
        connection.status = status
        connection.name = try json.text("name").or(connection.name)
        connection.pathPrefix = try json.text("path_prefix").or(connection.pathPrefix)
        connection.authHeaderName = try json.text("auth_header_name").or(connection.authHeaderName)
        connection.authPrefix = try json.text("auth_prefix").or(connection.authPrefix)
        let days = try json.number("rotation_interval_days")
        if days > 0 { connection.rotationIntervalDays = days }
        connection.updatedAt = DoubleClock.now()
        connections[id] = connection
        return .success(200, GatewayDoubleReply.fields(of: connection))
    }

    /// Values trimmed, empty ones skipped.
    private static func usable(_ secrets: [String: String]) -> [String: String] {
        secrets.mapValues(DoubleJSON.trimmed).filter { !$0.value.isEmpty }
    }

    /// What a mode sets where nothing else is said.
    private struct AuthDefaults {
        let header: String
        let prefix: String

        init?(mode: String) {
            switch mode {
            case "bearer": (header, prefix) = ("Authorization", "Bearer ")
            case "header_key": (header, prefix) = ("Authorization", "")
            case "query_param": (header, prefix) = ("api_key", "")
            default: return nil
            }
        }
    }
}

extension String {
    /// The text, or another where it is empty: what an absent member and an empty one mean alike.
    fileprivate func or(_ other: String) -> String { isEmpty ? other : self }
}
