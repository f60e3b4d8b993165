internal import CSQLite
internal import VaultCore

/// How SQLite is opened: nothing in the file is trusted, everything committed is on disk.
extension SQLiteConnection {
    /// Opens the vault's file, which must be there. Reads nothing of it but what SQLite does by itself. Waits for
    /// another connection's lock as many milliseconds as said.
    static func vault(_ path: String, patience: Int) throws(StorageError) -> SQLiteConnection {
        let path = path.hasPrefix("/") ? path : "./" + path
        let connection = try SQLiteConnection(path: path, patience: Int32(clamping: patience))
        try connection.defend()
        // A checkpoint at every close costs five syncs a process; `settle` does what is needed.
        try connection.keepLog()
        try connection.execute(
            """
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA secure_delete = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA mmap_size = 0;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA synchronous = FULL;
            """)
        return connection
    }

    /// Whether the file is in the mode that its users agree on. Only SQLite knows, and only after it read the file.
    func isLogging() throws(StorageError) -> Bool { try text("PRAGMA journal_mode") == "wal" }

    /// Puts the file into write-ahead mode, unless it is. Nobody else may be opening it meanwhile.
    func startLogging() throws(StorageError) {
        // Before the first page is written, or it has no effect; the limit on the log is counted in such pages.
        try execute("PRAGMA page_size = 4096")
        guard try text("PRAGMA journal_mode = WAL") == "wal" else {
            throw StorageError.failed(code: SQLITE_IOERR)
        }
        // Setting the mode must not have made commits weaker.
        try requireFullSync()
    }

    /// Throws unless a commit is on disk when it returns.
    func requireFullSync() throws(StorageError) {
        if try integer("PRAGMA synchronous") == 2 { return }
        try execute("PRAGMA synchronous = FULL")
        guard try integer("PRAGMA synchronous") == 2 else { throw StorageError.failed(code: SQLITE_MISUSE) }
    }

    /// Copies the log into the file and cuts it to nothing. False where a reader or writer is in the way; what could be
    /// copied is copied then.
    func truncateLog() throws(StorageError) -> Bool {
        try integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0
    }

    /// The same without waiting for anybody; `patience` is what holds again afterwards.
    func truncateLogAtOnce(patience: Int) throws(StorageError) {
        try execute("PRAGMA busy_timeout = 0")
        defer { try? execute("PRAGMA busy_timeout = \(patience)") }
        _ = try truncateLog()
    }

    private func text(_ sql: String) throws(StorageError) -> String? {
        try first(sql) { row in row.text(0) } ?? nil
    }

    func integer(_ sql: String) throws(StorageError) -> Int64? {
        try first(sql) { row in row.integer(0) }
    }
}
