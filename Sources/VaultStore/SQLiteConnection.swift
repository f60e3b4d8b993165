internal import CSQLite
internal import VaultCore

/// One connection to a database file, and the statements that were prepared on it. For one thread at a time.
///
/// Every error is ``StorageError``, made of SQLite's code alone: its message may quote the schema.
final class SQLiteConnection {
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    /// Those that read or change one row of a table, by ``RowStatement/place``.
    private var rowStatements = [OpaquePointer?](repeating: nil, count: RowStatement.count)

    /// Opens a file that is there, for writing where that is allowed; reads nothing of it yet.
    ///
    /// - Parameters:
    ///   - path: Absolute. A relative path that begins with `file:` would be read as a URI.
    ///   - patience: Milliseconds to wait for another connection's lock.
    /// - Throws: What SQLite says of opening it.
    init(path: String, patience: Int32) throws(StorageError) {
        var opened: OpaquePointer?
        // No mutex of SQLite's own: there is one around the connection.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw StorageError(sqliteCode: code)
        }
        handle = opened
        try check(sqlite3_busy_timeout(handle, patience))
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        for statement in rowStatements { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    // MARK: Settings

    /// Turns on SQLite's defences against what is in the file.
    func defend() throws(StorageError) { try check(sigilum_sqlite_defend(handle)) }

    /// Leaves the log as it is when the connection is closed.
    func keepLog() throws(StorageError) { try check(sigilum_sqlite_keep_wal(handle)) }

    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// How many rows the last statement changed.
    var changes: Int32 { sqlite3_changes(handle) }

    // MARK: Statements

    /// Runs statements that take no arguments and whose rows nobody wants.
    func execute(_ sql: String) throws(StorageError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement.
    func run(_ sql: String, _ arguments: [SQLiteArgument] = []) throws(StorageError) {
        try each(sql, arguments) { _ throws(StorageError) in }
    }

    /// What `value` makes of the first row; nil where there is none.
    func first<Value>(
        _ sql: String, _ arguments: [SQLiteArgument] = [], _ value: (SQLiteRow) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        var found: Value?
        try each(sql, arguments) { row throws(StorageError) in
            if found == nil { found = try value(row) }
        }
        return found
    }

    /// Gives `take` each row. The statement is kept: it is the same text that is run again and again.
    func each(
        _ sql: String, _ arguments: [SQLiteArgument] = [], _ take: (SQLiteRow) throws(StorageError) -> Void
    ) throws(StorageError) {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, argument) in arguments.enumerated() {
            try check(argument.bind(to: statement, at: Int32(index + 1)))
        }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: try take(SQLiteRow(statement: statement))
            case SQLITE_DONE: return
            case let code: throw StorageError(sqliteCode: code)
            }
        }
    }

    /// The value of the row with that key; nil where there is none.
    func read(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        let statement = try prepared(RowStatement(.read, table))
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        // SQLite reads the key where it is: neither outlives the step.
        let code = key.withUnsafeBytes { key in
            let code = sigilum_sqlite_bind_borrowed(statement, 1, key.baseAddress, UInt64(key.count))
            return code == SQLITE_OK ? sqlite3_step(statement) : code
        }
        switch code {
        case SQLITE_ROW: return try SQLiteRow(statement: statement).blob(0)
        case SQLITE_DONE: return nil
        default: throw StorageError(sqliteCode: code)
        }
    }

    /// Puts a row in, in the place of the one with that key where there is one; nil takes it away.
    func write(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]?) throws(StorageError) {
        try step(RowStatement(value == nil ? .delete : .set, table), key, value)
    }

    /// Puts a row in where there is none with that key. False where there is one.
    func add(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Bool {
        try step(RowStatement(.add, table), key, value)
        return changes == 1
    }

    private func step(_ row: RowStatement, _ key: [UInt8], _ value: [UInt8]?) throws(StorageError) {
        let statement = try prepared(row)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        let code = key.withUnsafeBytes { key in
            let code = sigilum_sqlite_bind_borrowed(statement, 1, key.baseAddress, UInt64(key.count))
            guard code == SQLITE_OK, let value else { return code == SQLITE_OK ? sqlite3_step(statement) : code }
            return value.withUnsafeBytes { value in
                let code = sigilum_sqlite_bind_borrowed(statement, 2, value.baseAddress, UInt64(value.count))
                return code == SQLITE_OK ? sqlite3_step(statement) : code
            }
        }
        guard code == SQLITE_DONE else { throw StorageError(sqliteCode: code) }
    }

    private func prepared(_ row: RowStatement) throws(StorageError) -> OpaquePointer {
        if let statement = rowStatements[row.place] { return statement }
        let statement = try prepare(row.sql)
        rowStatements[row.place] = statement
        return statement
    }

    private func prepared(_ sql: String) throws(StorageError) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        let statement = try prepare(sql)
        statements[sql] = statement
        return statement
    }

    private func prepare(_ sql: String) throws(StorageError) -> OpaquePointer {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw StorageError(sqliteCode: SQLITE_MISUSE) }
        return statement
    }

    // MARK: Transactions

    /// Runs `body` in a transaction; nothing of it stays where it throws.
    func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
        try run(kind.rawValue)
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // SQLite has ended it by itself after some errors.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    enum TransactionKind: String {
        /// Sees one state from its first statement on.
        case reading = "BEGIN DEFERRED"
        /// Keeps every other writer out from the start.
        case writing = "BEGIN IMMEDIATE"
    }

    private func check(_ code: Int32) throws(StorageError) {
        guard code == SQLITE_OK else { throw StorageError(sqliteCode: code) }
    }
}

/// What a statement is given for a `?`.
enum SQLiteArgument {
    case blob([UInt8])
    case integer(Int64)

    fileprivate func bind(to statement: OpaquePointer, at parameter: Int32) -> Int32 {
        switch self {
        case .blob(let bytes):
            bytes.withUnsafeBytes {
                sigilum_sqlite_bind_blob(statement, parameter, $0.baseAddress, UInt64($0.count))
            }
        case .integer(let number): sqlite3_bind_int64(statement, parameter, number)
        }
    }
}

/// The row that a statement is at. Of no use once the next one is asked for.
struct SQLiteRow {
    fileprivate let statement: OpaquePointer

    /// A blob's bytes. STRICT tables hold nothing else, unless somebody wrote to the file without SQLite; a text is
    /// not taken for one.
    func blob(_ column: Int32) throws(StorageError) -> [UInt8] {
        guard sqlite3_column_type(statement, column) == SQLITE_BLOB else { throw .damaged }
        let bytes = sqlite3_column_blob(statement, column)
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// All of a text, a NUL inside it too; nil for NULL.
    func text(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(statement, column) else { return nil }
        let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column)))
        return String(decoding: bytes, as: UTF8.self)
    }
}
