internal import VaultCore

/// The rows of one transaction. Dead when the transaction is.
final class StoredRows: RowWriter {
    private let connection: SQLiteConnection
    private let isSnapshot: Bool

    init(_ connection: SQLiteConnection, isSnapshot: Bool) {
        self.connection = connection
        self.isSnapshot = isSnapshot
    }

    // MARK: Reading

    func head() throws(StorageError) -> [UInt8]? {
        try connection.first("SELECT value FROM head") { row throws(StorageError) in try row.blob(0) }
    }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try connection.read(table, key)
    }

    func count(_ table: RowTable) throws(StorageError) -> Int {
        Int(try connection.integer("SELECT COUNT(*) FROM \(table.rawValue)") ?? 0)
    }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        let condition = key == nil ? "" : "WHERE key > ? "
        // A negative limit would be none for SQLite.
        let limit = SQLiteArgument.integer(Int64(max(limit, 0)))
        var result: [(key: [UInt8], value: [UInt8])] = []
        try connection.each(
            "SELECT key, value FROM \(table.rawValue) \(condition)ORDER BY key LIMIT ?",
            key.map { [.blob($0), limit] } ?? [limit]
        ) { row throws(StorageError) in result.append((try row.blob(0), try row.blob(1))) }
        return result
    }

    func check() throws(StorageError) {
        let answer = try connection.first("PRAGMA integrity_check(1)") { row in row.text(0) }
        guard answer == "ok" else { throw .damaged }
    }

    // MARK: Writing

    func setRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        guard !isSnapshot else { throw .readOnly }
        try connection.write(table, key, value)
    }

    func addRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Bool {
        guard !isSnapshot else { throw .readOnly }
        return try connection.add(table, key, value)
    }

    func deleteRow(_ table: RowTable, _ key: [UInt8]) throws(StorageError) {
        guard !isSnapshot else { throw .readOnly }
        try connection.write(table, key, nil)
    }

    func swapHead(from old: [UInt8]?, to new: [UInt8]) throws(StorageError) {
        if let old {
            try change("UPDATE head SET value = ? WHERE value = ?", [.blob(new), .blob(old)])
        } else {
            try change("INSERT INTO head (one, value) VALUES (1, ?) ON CONFLICT DO NOTHING", [.blob(new)])
        }
        guard connection.changes == 1 else { throw .headMoved }
    }

    private func change(_ sql: String, _ arguments: [SQLiteArgument]) throws(StorageError) {
        guard !isSnapshot else { throw .readOnly }
        try connection.run(sql, arguments)
    }
}
