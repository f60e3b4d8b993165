internal import CSQLiteDefence
internal import GRDB
internal import VaultCore

/// How SQLite is opened: nothing in the file is trusted, everything committed is on disk.
enum Connection {
    /// Opens the file at a path, which must be there. Reads nothing of it but what SQLite does by itself. Waits for
    /// another connection's lock as many milliseconds as said.
    static func open(path: String, patience: Int) throws(StorageError) -> DatabaseQueue {
        // A relative path that begins with `file:` would be read as a URI.
        let path = path.hasPrefix("/") ? path : "./" + path
        return try storing { try DatabaseQueue(path: path, configuration: configuration(patience: patience)) }
    }

    private static func configuration(patience: Int) -> Configuration {
        var configuration = Configuration()
        configuration.label = "vault"
        configuration.foreignKeysEnabled = false
        configuration.publicStatementArguments = false
        configuration.busyMode = .timeout(Double(patience) / 1000)
        configuration.prepareDatabase { db in
            try check(sigilum_sqlite_defend(connection(db)))
            // A checkpoint at every close costs five syncs a process; `settle` does what is needed.
            try check(sigilum_sqlite_keep_wal(connection(db)))
            try db.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA mmap_size = 0;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA synchronous = FULL;
                    """)
        }
        return configuration
    }

    /// Whether the file is in the mode that its users agree on. Only SQLite knows, and only after it read the file.
    static func isLogging(_ db: Database) throws -> Bool {
        try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
    }

    static func isReadOnly(_ db: Database) -> Bool {
        connection(db).map { sigilum_sqlite_is_read_only($0) == 1 } ?? true
    }

    /// Puts the file into write-ahead mode, unless it is. Nobody else may be opening it meanwhile.
    static func startLogging(_ db: Database) throws {
        // Before the first page is written, or it has no effect; the limit on the log is counted in such pages.
        try db.execute(sql: "PRAGMA page_size = 4096")
        guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw StorageError.failed(code: ResultCode.SQLITE_IOERR_SHMMAP.rawValue)
        }
    }

    /// Throws unless a commit is on disk when it returns. Asked last, because setting the journal mode may change it.
    static func requireFullSync(_ db: Database) throws {
        if try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 { return }
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
            throw StorageError.failed(code: ResultCode.SQLITE_MISUSE.rawValue)
        }
    }

    /// Copies the log into the file and cuts it to nothing. False where a reader or writer is in the way; what could be
    /// copied is copied then.
    static func truncateLog(_ db: Database) throws -> Bool {
        let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        return row?.databaseValues.first == 0.databaseValue
    }

    /// The same without waiting for anybody; `patience` is what holds again afterwards.
    static func truncateLogAtOnce(_ db: Database, patience: Int) throws {
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(patience)") }
        _ = try truncateLog(db)
    }

    private static func connection(_ db: Database) -> UnsafeMutableRawPointer? {
        db.sqliteConnection.map { UnsafeMutableRawPointer($0) }
    }

    private static func check(_ code: Int32) throws {
        guard code == 0 else { throw StorageError.failed(code: code) }
    }
}
