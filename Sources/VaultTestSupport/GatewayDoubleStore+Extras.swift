/// The calls beside those of connections proper.
extension GatewayDoubleStore {
    /// `POST /test`: the upstream is what the behaviour says it is.
    mutating func test(_ id: String, _ behaviour: GatewayDouble.Behaviour) -> GatewayDoubleReply {
        if let status = behaviour.signedCallerStatus { return .failure(status, "signed request required") }
        guard var connection = connections[id] else {
            return .success(502, ["status": "fail", "http_status": 0, "error": "connection not found"])
        }
        connection.lastTestedAt = DoubleClock.now()
        defer { connections[id] = connection }
        guard let status = behaviour.upstreamStatus else {
            connection.lastTestError = "upstream did not answer"
            return .success(502, ["status": "fail", "http_status": 0, "error": connection.lastTestError])
        }
        guard status >= 400 else {
            connection.lastTestError = ""
            return .success(200, ["status": "pass", "http_status": status])
        }
        // Upstreams echo what they got, and the gateway passes it on.
        let secret = connection.secrets[connection.authSecretKey] ?? ""
        connection.lastTestError = "upstream answered \(status): bad key \(secret)"
        return .success(200, ["status": "fail", "http_status": status, "error": connection.lastTestError])
    }

    func serviceKey(_ id: String) -> GatewayDoubleReply {
        let key = serviceKeys[id] ?? ""
        return .success(
            200, ["connection_id": id, "has_key": !key.isEmpty, "key_prefix": String(key.prefix(8))])
    }

    mutating func setServiceKey(
        _ id: String, _ json: DoubleJSON, _ behaviour: GatewayDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> GatewayDoubleReply {
        let key = DoubleJSON.trimmed(try json.text("key"))
        guard !key.isEmpty else { return .failure(400, "key is required") }
        serviceKeys[id] = key
        if let home = behaviour.home { DoubleJSON.writeFile("\(home)/service-api-key-\(id)", key) }
        return serviceKey(id)
    }

    func listVariables() -> GatewayDoubleReply {
        let all = variables.sorted { $0.key < $1.key }.map { Self.fields(of: $0.value, key: $0.key) }
        return .success(200, ["variables": all])
    }

    mutating func setVariable(_ json: DoubleJSON) throws(DoubleJSON.Malformed) -> GatewayDoubleReply {
        let key = try json.text("key")
        let value = try json.text("value")
        guard !key.isEmpty, !value.isEmpty else { return .failure(400, "key and value are required") }
        let now = DoubleClock.now()
        let subject = try json.text("created_by_subject")
        var variable = variables[key] ?? Variable(value: value, createdAt: now, updatedAt: now, subject: subject)
        variable.value = value
        variable.updatedAt = now
        variables[key] = variable
        return .success(200, Self.fields(of: variable, key: key))
    }

    mutating func deleteVariable(_ key: String) -> GatewayDoubleReply {
        guard variables.removeValue(forKey: key) != nil else { return .failure(404, "credential variable not found") }
        return .success(200, ["deleted": true, "key": key])
    }

    private static func fields(of variable: Variable, key: String) -> [String: Any] {
        var fields = ["key": key, "created_at": variable.createdAt, "updated_at": variable.updatedAt]
        if !variable.subject.isEmpty { fields["created_by_subject"] = variable.subject }
        return fields
    }
}
