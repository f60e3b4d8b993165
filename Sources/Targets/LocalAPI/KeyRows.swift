internal import VaultCore

/// The keys of a service in the API's database.
extension Rows {
    /// Whether the API accepts the key of this hash for the service.
    func isActive(hash: Text, of service: Text) throws -> Bool {
        let found = try select(
            ["id"], from: schema.keys,
            where: "service_id = \(Text.place) AND key_hash = \(Text.place) AND revoked_at IS NULL", [service, hash])
        return !found.isEmpty
    }

    /// The id of the key's row, which is made, or made active again.
    func ensureKey(_ key: KeyMaterial, of service: Text, now: Text) throws -> Text {
        let hash = Text(key.hash)
        let known = try select(
            ["id", "revoked_at"], from: schema.keys,
            where: "service_id = \(Text.place) AND key_hash = \(Text.place) ORDER BY revoked_at IS NOT NULL, id",
            [service, hash])
        if let row = known.first {
            guard let id = row[0] else { throw Unsuitable(names: ["service_api_keys.id"]) }
            if row[1] != nil {
                try update(schema.keys, [("revoked_at", nil)], where: "id = \(Text.place)", [id])
            }
            return id
        }
        let id = Text(key.id)
        try removeOrphan(id)
        try insert(
            into: schema.keys,
            [
                ("id", id), ("service_id", service), ("name", Text(key.name)), ("key_prefix", Text(key.prefix)),
                ("key_hash", hash), ("created_at", now),
            ])
        return id
    }

    /// Ends the API's acceptance of a key; one that is revoked already keeps the time of it.
    func revoke(_ id: Text, now: Text) throws {
        try update(
            schema.keys, [("revoked_at", now)], where: "id = \(Text.place) AND revoked_at IS NULL", [id])
    }

    /// The same for the key of a hash, whatever its row's id is.
    func revoke(hash: Text, of service: Text, now: Text) throws {
        try update(
            schema.keys, [("revoked_at", now)],
            where: "service_id = \(Text.place) AND key_hash = \(Text.place) AND revoked_at IS NULL", [service, hash])
    }

    /// An older file without foreign keys keeps our key's row when its service is deleted, under the id that the key
    /// needs again.
    private func removeOrphan(_ id: Text) throws {
        try delete(
            from: schema.keys, where: "id = \(Text.place) AND service_id NOT IN (SELECT id FROM services)", [id])
    }
}
