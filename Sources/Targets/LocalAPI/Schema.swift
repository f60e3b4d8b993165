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
        let tables = try needed.map { name, columns in
            let table = try Table.read(name, db)
            if try !hasTable(name, db) {
                missing.append(name)
            } else {
                missing += columns.filter { !table.has($0) }.map { "\(name).\($0)" }
            }
            return table
        }
        guard missing.isEmpty else { throw Unsuitable(names: missing) }
        return Schema(users: tables[0], services: tables[1], keys: tables[2])
    }

    /// A table, not a view, which could not be written.
    static func hasTable(_ name: String, _ db: DatabaseConnection) throws -> Bool {
        // The name is one of ours. As bytes it would be another in a file of another encoding.
        let found = try db.first("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND lower(name) = '\(name)'")
        return found.number > 0
    }
}

/// One table's columns.
struct Table {
    let name: String
    private let columns: Set<String>
    /// Columns that every new row must have a value for.
    let demanded: [String]

    func has(_ column: String) -> Bool { columns.contains(column) }

    static func read(_ name: String, _ db: DatabaseConnection) throws -> Table {
        let rows = try db.run(
            #"SELECT name, type, "notnull", dflt_value IS NULL, pk FROM pragma_table_info('\#(name)')"#)
        var columns: Set<String> = []
        var demanded: [String] = []
        for row in rows {
            let column = row[0].text.lowercased()
            columns.insert(column)
            // An INTEGER PRIMARY KEY is the row's number, which SQLite chooses.
            let isNumbered = row[4].number != 0 && row[1].text.uppercased() == "INTEGER"
            if row[2].number != 0, row[3].number != 0, !isNumbered { demanded.append(column) }
        }
        return Table(name: name, columns: columns, demanded: demanded)
    }
}
