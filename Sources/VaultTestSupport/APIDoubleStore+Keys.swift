/// The calls of keys.
extension APIDoubleStore {
    func listKeys(_ index: Int, _ query: String, _ behaviour: APIDouble.Behaviour) -> APIDoubleReply {
        var numbers = ["limit": 50, "offset": 0]
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, numbers[parts[0]] != nil, let value = Int(parts[1]), value >= 0 else {
                return .invalid("query")
            }
            numbers[parts[0]] = value
        }
        let limit = min(max(numbers["limit"] ?? 0, 1), behaviour.keysAPage)
        let offset = numbers["offset"] ?? 0
        let active = services[index].activeKeys
        let page = active.dropFirst(offset).prefix(limit)
        let pagination: [String: Any] = [
            "limit": limit, "offset": offset, "total": active.count, "has_more": offset + page.count < active.count,
        ]
        return .success(200, ["keys": page.map(Self.fields), "pagination": pagination])
    }

    mutating func createKey(
        _ index: Int, _ json: DoubleJSON, _ behaviour: inout APIDouble.Behaviour
    ) throws(DoubleJSON.Malformed) -> APIDoubleReply {
        let name = try json.text("name")
        guard (1...100).contains(name.utf16.count) else { return .invalid("name") }
        guard services[index].activeKeys.count < behaviour.keyLimit else {
            return .failure(400, "Key limit reached", code: "KEY_LIMIT_REACHED")
        }
        let isPlanned = !behaviour.nextKeys.isEmpty
        let value = isPlanned ? behaviour.nextKeys.removeFirst() : "sk_live_" + Self.random("0123456789abcdef", 48)
        let key = APIDouble.Key(name: name, value: value)
        services[index].keys.append(key)
        shown.append(value)
        return .success(
            201,
            [
                "id": key.id, "name": key.name, "key": value, "key_prefix": key.prefix,
                "message": "Store this key now: it is not shown again.",
            ])
    }

    mutating func revoke(_ index: Int, _ id: String) -> APIDoubleReply {
        guard let key = activeKey(index, id) else { return .unknown }
        services[index].keys[key].revokedAt = DoubleClock.milliseconds()
        return .done
    }

    mutating func mark(_ index: Int, _ id: String) -> APIDoubleReply {
        guard let key = activeKey(index, id) else { return .unknown }
        services[index].keys[key].gatewayRegisteredAt = DoubleClock.milliseconds()
        return .success(200, ["success": true, "key_id": id])
    }

    private func activeKey(_ index: Int, _ id: String) -> Int? {
        services[index].keys.firstIndex { $0.id == id && $0.revokedAt == nil }
    }

    private static func fields(of key: APIDouble.Key) -> [String: Any] {
        [
            "id": key.id, "name": key.name, "key_prefix": key.prefix, "created_at": key.createdAt,
            "last_used_at": DoubleJSON.null, "gateway_registered_at": key.gatewayRegisteredAt ?? DoubleJSON.null,
        ]
    }
}
