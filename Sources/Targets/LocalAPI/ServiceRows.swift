internal import VaultCore

/// A service of the API's database.
extension Rows {
    struct Service {
        let id: Text
        let owner: Text?
        let createdAt: Text?
        let name: Text?
        let domain: Text?
        let description: Text?
    }

    func service(_ slug: Slug, of owner: Text) throws -> Service? {
        try service(where: "owner_user_id = \(Text.place) AND slug = \(Text.place)", [owner, Text(slug.text)])
    }

    /// The service of an id, if it has that slug.
    func service(_ slug: Slug, id: Text) throws -> Service? {
        try service(where: "id = \(Text.place) AND slug = \(Text.place)", [id, Text(slug.text)])
    }

    private func service(where condition: String, _ values: [Text]) throws -> Service? {
        let found = try select(
            ["id", "owner_user_id", "created_at", "name", "domain", "description"], from: schema.services,
            where: condition, values)
        guard let row = found.first else { return nil }
        guard let id = row[0] else { throw Unsuitable(names: ["services.id"]) }
        return Service(
            id: id, owner: row[1], createdAt: row[2], name: row[3], domain: row[4], description: row[5])
    }

    /// All services of a user in the order they were made.
    func services(of owner: Text) throws -> [RegisteredService] {
        let order = schema.services.has("created_at") ? "created_at, rowid" : "rowid"
        let found = try select(
            ["id", "slug", "name"], from: schema.services, where: "owner_user_id = \(Text.place) ORDER BY \(order)",
            [owner])
        return found.map { row in
            RegisteredService(id: row[0]?.string ?? "", slug: row[1]?.string ?? "", name: row[2]?.string ?? "")
        }
    }

    /// The fields of a service that are not as they should be, among the columns that are there.
    func differences(_ service: Service, from record: ServiceRecord) -> [Change] {
        let fields: [(column: String, is: Text?, should: Text)] = [
            ("name", service.name, Text(record.name)), ("domain", service.domain, Text(record.domain)),
            ("description", service.description, Text(record.summary)),
        ]
        return fields.filter { schema.services.has($0.column) && $0.is != $0.should }.map { ($0.column, $0.should) }
    }

    /// The id of the service, which is made, or changed where it differs. One that is there keeps its id.
    func ensureService(_ record: ServiceRecord, of owner: Text, now: Text) throws -> Text {
        if let service = try service(record.slug, of: owner) {
            let changes = differences(service, from: record)
            if !changes.isEmpty {
                try update(
                    schema.services, changes + [("updated_at", now)], where: "id = \(Text.place)", [service.id])
            }
            return service.id
        }
        let id = Text(record.id)
        try insert(
            into: schema.services,
            [
                ("id", id), ("owner_user_id", owner), ("name", Text(record.name)), ("slug", Text(record.slug.text)),
                ("domain", Text(record.domain)), ("description", Text(record.summary)),
                ("created_at", Self.birth(of: record)),
            ],
            spare: [("updated_at", now)])
        return id
    }

    /// Whether ``ensureService(_:of:now:)`` made the row: it then has the record's id and, to the millisecond, the
    /// record's time. Told by the row itself, so that a crash before a receipt was kept does not change the answer.
    func isMade(_ service: Service, for record: ServiceRecord) -> Bool {
        service.id == Text(record.id) && service.createdAt == Self.birth(of: record)
    }

    /// Takes away the service and its keys: an older file may have no foreign keys that do it.
    func delete(_ service: Service) throws {
        try delete(from: schema.keys, where: "service_id = \(Text.place)", [service.id])
        try delete(from: schema.services, where: "id = \(Text.place)", [service.id])
    }

    private static func birth(of record: ServiceRecord) -> Text { Text(Timestamp.text(record.createdAt)) }
}
