/// The tables as they are in the file, which may be older or newer than what we know.
struct Schema {
    let users: Table
    let services: Table
    let keys: Table

    /// Without these a service cannot be registered, found or revoked; the others are used where they are.
    private static let needed: [(table: String, columns: [String])] = [
        ("users", ["id", "email", "namespace"]),
        ("services", ["id", "owner_user_id", "slug", "name"]),
        ("service_api_keys", ["id", "service_id", "key_hash", "revoked_at"]),
    ]

    /// Throws ``Unsuitable`` with all that is missing: `services`, `services.slug`.
    static func read(_ db: DatabaseConnection) throws -> Schema {
        var missing: [String] = []
        // Values are compared and stored as UTF-8 bytes; D1 has no other databases.
        if try db.first("PRAGMA encoding").text != "UTF-8" { missing.append("the encoding UTF-8") }
        let rows = try columns(db)
        let tables = needed.map { name, columns in
            let table = Table(name: name, rows[name] ?? [])
            if rows[name] == nil {
                missing.append(name)
            } else {
                missing += columns.filter { !table.has($0) }.map { "\(name).\($0)" }
            }
            return table
        }
        guard missing.isEmpty else { throw Unsuitable(names: missing) }
        return Schema(users: tables[0], services: tables[1], keys: tables[2])
    }

    /// The columns of the tables that are needed, by the tables' names in lower case. Not of views, which could not be written.
    private static func columns(_ db: DatabaseConnection) throws -> [String: [[DatabaseConnection.Value]]] {
        // The names are ours. As bytes they would be others in a file of another encoding.
        let names = needed.map { "'\($0.table)'" }.joined(separator: ", ")
        let rows = try db.run(
            """
            SELECT lower(t.name), c.name, c.type, c."notnull", c.dflt_value IS NULL, c.pk
            FROM sqlite_master AS t, pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND lower(t.name) IN (\(names))
            """)
        return Dictionary(grouping: rows) { $0[0].text }
    }
}

/// One table's columns.
struct Table {
    let name: String
    private let columns: Set<String>
    /// Columns that every new row must have a value for.
    let demanded: [String]

    func has(_ column: String) -> Bool { columns.contains(column) }

    /// Of rows as ``Schema`` reads them.
    fileprivate init(name: String, _ rows: [[DatabaseConnection.Value]]) {
        var columns: Set<String> = []
        var demanded: [String] = []
        for row in rows {
            let column = row[1].text.lowercased()
            columns.insert(column)
            // An INTEGER PRIMARY KEY is the row's number, which SQLite chooses.
            let isNumbered = row[5].number != 0 && row[2].text.uppercased() == "INTEGER"
            if row[3].number != 0, row[4].number != 0, !isNumbered { demanded.append(column) }
        }
        (self.name, self.columns, self.demanded) = (name, columns, demanded)
    }
}
