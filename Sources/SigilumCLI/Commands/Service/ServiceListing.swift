internal import VaultCore

/// One service of a list: what the vault knows of it, what the API does, or both.
struct ServiceRow {
    let id: String
    let slug: String
    let name: String
    /// nil where only the API knows the service.
    let mode: ServiceMode?
    let upstream: String?
    /// As it is shown; nil where nobody says.
    let created: String?
    /// Who alone knows the service: `api` or `vault`; nil: both, or nobody was asked.
    var only: String?

    init(_ record: ServiceRecord) {
        id = record.id
        slug = record.slug.text
        name = record.name
        mode = record.mode
        upstream = record.connection?.baseURL
        created = Timestamp.text(record.createdAt)
    }

    init(_ remote: RegisteredService) {
        id = remote.id
        slug = remote.slug
        name = remote.name
        mode = nil
        upstream = nil
        // As the vault's own: the API says milliseconds.
        created = remote.createdAt.map { $0.replacing(/\.\d+Z$/, with: "Z") }
        only = "api"
    }

    /// What the API has in its order, with what the vault knows of it; then what only the vault knows.
    static func merge(_ known: [ServiceRecord], _ remote: [RegisteredService]) -> [ServiceRow] {
        let records = Dictionary(known.map { ($0.slug.text, $0) }) { first, _ in first }
        let slugs = Set(remote.map(\.slug))
        let here = known.filter { !slugs.contains($0.slug.text) }.map { record in
            var row = ServiceRow(record)
            row.only = "vault"
            return row
        }
        return remote.map { service in records[service.slug].map { ServiceRow($0) } ?? ServiceRow(service) } + here
    }
}

/// What `service list` prints.
struct ServiceListing {
    let namespace: Namespace
    let rows: [ServiceRow]

    var report: Report {
        var report = Report(.ok("Services for namespace: \(namespace.text)"))
        report.lines = rows.isEmpty ? [.text(indent: 2, "(none)")] : rows.flatMap(lines)
        report.json = .object([
            ("namespace", .string(namespace.text)), ("services", .array(rows.map(document))),
        ])
        return report
    }

    private func lines(_ row: ServiceRow) -> [Line] {
        var lines: [Line] = [
            .text(indent: 2, "\(row.slug) (\(row.id.isEmpty ? "pending" : row.id))"),
            .text(indent: 4, "mode: \(plain: row.mode?.rawValue ?? "unknown")"),
        ]
        if let upstream = row.upstream { lines.append(.text(indent: 4, "upstream: \(upstream)")) }
        if let created = row.created { lines.append(.text(indent: 4, "created: \(created)")) }
        if let only = row.only {
            lines.append(.text(indent: 4, "only: \(plain: only == "api" ? "at the API" : "in the vault")"))
        }
        return lines
    }

    private func document(_ row: ServiceRow) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("id", .string(row.id)), ("slug", .string(row.slug)), ("name", .string(row.name)),
            ("mode", row.mode.map { .string($0.rawValue) } ?? .null),
        ]
        if let upstream = row.upstream { members.append(("upstream_url", .string(upstream))) }
        members.append(("created_at", row.created.map { .string($0) } ?? .null))
        if let only = row.only { members.append(("only", .string(only))) }
        return .object(members)
    }
}
