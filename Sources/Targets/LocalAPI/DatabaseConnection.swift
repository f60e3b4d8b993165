internal import CSQLite

/// A call of SQLite's that failed.
struct SQLiteFailure: Error, Equatable {
    /// The extended result code. It is all that is kept: messages quote what is in the file.
    let code: Int32

    /// The code without what it was extended by.
    var primary: Int32 { code & 0xff }
}

/// One connection to a database that may be anybody's, for one piece of work; it is closed when the value dies.
///
/// All throw ``SQLiteFailure``, beside what a `body` throws.
final class DatabaseConnection {
    /// A value of a row.
    enum Value {
        case null
        case integer(Int64)
        /// Of a text, in UTF-8, or of a blob; of a number with a point, its text.
        case bytes([UInt8])

        var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
        /// Empty for what is no text.
        var text: String { String(decoding: bytes ?? [], as: UTF8.self) }
        /// 0 for what is no number.
        var number: Int64 { if case .integer(let number) = self { number } else { 0 } }
    }

    private let handle: OpaquePointer

    /// Opens a file that is there. Reads nothing of it yet but what SQLite does by itself.
    init(path: String, busyTimeoutMilliseconds: Int) throws {
        // A path that begins with `file:` could be read as a URI.
        let path = path.hasPrefix("/") ? path : "./" + path
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw SQLiteFailure(code: code)
        }
        handle = opened
        try check(sqlite3_busy_timeout(handle, Int32(clamping: busyTimeoutMilliseconds)))
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that take no values and whose rows nobody wants.
    func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// Runs one statement. Each `?` gets the bytes of one value as a blob, or NULL.
    ///
    /// - Returns: Its rows.
    @discardableResult
    func run(_ sql: String, _ values: [[UInt8]?] = []) throws -> [[Value]] {
        var prepared: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &prepared, nil))
        guard let statement = prepared else { throw SQLiteFailure(code: SQLITE_MISUSE) }
        defer { sqlite3_finalize(statement) }
        for (place, value) in zip(Int32(1)..., values) {
            guard let value else { continue }
            try check(
                value.withUnsafeBytes {
                    sigilum_sqlite_bind_blob(statement, place, $0.baseAddress, UInt64($0.count))
                })
        }
        var rows: [[Value]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append(try (0..<sqlite3_column_count(statement)).map { try Self.value(of: statement, $0) })
            case SQLITE_DONE: return rows
            case let code: throw SQLiteFailure(code: code)
            }
        }
    }

    /// The first value of the first row; NULL where there is none.
    func first(_ sql: String, _ values: [[UInt8]?] = []) throws -> Value { try run(sql, values).first?.first ?? .null }

    private static func value(of statement: OpaquePointer, _ column: Int32) throws -> Value {
        let start: UnsafeRawPointer?
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_BLOB: start = sqlite3_column_blob(statement, column)
        default:
            start = UnsafeRawPointer(sqlite3_column_text(statement, column))
            // An empty text has an address.
            if start == nil { throw SQLiteFailure(code: SQLITE_NOMEM) }
        }
        return .bytes(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))))
    }

    /// Runs `body` in a transaction that cannot write, and sees one state.
    func reading<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("PRAGMA query_only = ON")
        return try transaction("BEGIN DEFERRED", body)
    }

    /// Runs `body` in a transaction that keeps every other writer out from its start; nothing of it stays where it throws.
    func writing<Result>(_ body: () throws -> Result) throws -> Result { try transaction("BEGIN IMMEDIATE", body) }

    private func transaction<Result>(_ begin: String, _ body: () throws -> Result) throws -> Result {
        try execute(begin)
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite has ended it by itself after some errors.
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code) }
    }
}
