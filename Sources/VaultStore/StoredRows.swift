internal import FoundationEssentials
internal import GRDB
internal import VaultCore

/// The rows of one transaction. Dead when the transaction is.
final class StoredRows: RowWriter {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    // MARK: Reading

    func head() throws(StorageError) -> [UInt8]? {
        try value("SELECT value FROM head", [])
    }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try value("SELECT value FROM \(table.rawValue) WHERE key = ?", [Data(key)])
    }

    func count(_ table: RowTable) throws(StorageError) -> Int {
        try storing {
            try Int.fetchOne(try db.cachedStatement(sql: "SELECT COUNT(*) FROM \(table.rawValue)")) ?? 0
        }
    }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        // A negative limit would be none for SQLite.
        let limit = max(limit, 0)
        return try storing {
            let condition = key == nil ? "" : "WHERE key > ? "
            let statement = try db.cachedStatement(
                sql: "SELECT key, value FROM \(table.rawValue) \(condition)ORDER BY key LIMIT ?")
            let arguments: StatementArguments = key.map { [Data($0), limit] } ?? [limit]
            var result: [(key: [UInt8], value: [UInt8])] = []
            let cursor = try Row.fetchCursor(statement, arguments: arguments)
            while let row = try cursor.next() {
                let columns = Array(row.databaseValues)
                guard columns.count == 2 else { throw StorageError.damaged }
                result.append((try Self.bytes(columns[0]), try Self.bytes(columns[1])))
            }
            return result
        }
    }

    // MARK: Writing

    func setRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        try run(
            """
            INSERT INTO \(table.rawValue) (key, value) VALUES (?, ?) \
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, [Data(key), Data(value)])
    }

    func deleteRow(_ table: RowTable, _ key: [UInt8]) throws(StorageError) {
        try run("DELETE FROM \(table.rawValue) WHERE key = ?", [Data(key)])
    }

    func swapHead(from old: [UInt8]?, to new: [UInt8]) throws(StorageError) {
        if let old {
            try run("UPDATE head SET value = ? WHERE value = ?", [Data(new), Data(old)])
        } else {
            try run("INSERT INTO head (one, value) VALUES (1, ?) ON CONFLICT DO NOTHING", [Data(new)])
        }
        guard db.changesCount == 1 else { throw .headMoved }
    }

    // MARK: Statements

    private func value(_ sql: String, _ arguments: StatementArguments) throws(StorageError) -> [UInt8]? {
        try storing {
            let statement = try db.cachedStatement(sql: sql)
            return try DatabaseValue.fetchOne(statement, arguments: arguments).map(Self.bytes)
        }
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws(StorageError) {
        try storing { try db.cachedStatement(sql: sql).execute(arguments: arguments) }
    }

    /// STRICT tables hold nothing but blobs, unless somebody wrote to the file without SQLite: GRDB would give the bytes
    /// of a text for a blob, and say nothing.
    private static func bytes(_ value: DatabaseValue) throws(StorageError) -> [UInt8] {
        guard case .blob(let data) = value.storage else { throw .damaged }
        return Array(data)
    }
}
