internal import GRDB

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
    static func read(_ db: Database) throws -> Schema {
        var missing: [String] = []
        // Values are compared and stored as UTF-8 bytes; D1 has no other databases.
        if try String.fetchOne(db, sql: "PRAGMA encoding") != "UTF-8" { missing.append("the encoding UTF-8") }
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
    static func hasTable(_ name: String, _ db: Database) throws -> Bool {
        let found = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND lower(name) = ?", arguments: [name])
        return found ?? 0 > 0
    }
}

/// One table's columns.
struct Table {
    let name: String
    private let columns: Set<String>
    /// Columns that every new row must have a value for.
    let demanded: [String]

    func has(_ column: String) -> Bool { columns.contains(column) }

    static func read(_ name: String, _ db: Database) throws -> Table {
        let rows = try Row.fetchAll(
            db, sql: #"SELECT name, type, "notnull", dflt_value IS NULL, pk FROM pragma_table_info(?)"#,
            arguments: [name])
        var columns: Set<String> = []
        var demanded: [String] = []
        for row in rows {
            // GRDB ends the process when a value is asked for as a type that it is not; this does not ask.
            let values = Array(row.databaseValues)
            func text(_ index: Int) -> String { String.fromDatabaseValue(values[index]) ?? "" }
            func flag(_ index: Int) -> Bool { Int.fromDatabaseValue(values[index]) ?? 0 != 0 }
            let column = text(0).lowercased()
            columns.insert(column)
            // An INTEGER PRIMARY KEY is the row's number, which SQLite chooses.
            let isNumbered = flag(4) && text(1).uppercased() == "INTEGER"
            if flag(2), flag(3), !isNumbered { demanded.append(column) }
        }
        return Table(name: name, columns: columns, demanded: demanded)
    }
}
