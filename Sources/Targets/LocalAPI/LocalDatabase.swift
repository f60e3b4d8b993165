internal import VaultCore

/// Opens the database for one piece of work and closes it again, and lets no error of SQLite's out: they print the
/// values of rows.
struct LocalDatabase {
    let file: DatabaseFile
    let busyTimeoutMilliseconds: Int

    private var path: String { file.location.path }

    /// Runs `body` in one transaction that cannot write. Nil, and nothing is made, where there is no file or our own
    /// has no tables yet.
    func read<Result>(_ body: (Rows) throws -> Result) throws(DeliveryFailure) -> Result? {
        guard try file.isThere() else { return nil }
        return try inspect { db in
            if case .embedded = file.location, try EmbeddedSchema.isMissing(db) { return nil }
            return try body(Rows(db: db, schema: Schema.read(db)))
        }
    }

    /// Runs `body` in one IMMEDIATE transaction, which also makes the tables of our own file where they are not yet.
    func write<Result>(_ body: (Rows) throws -> Result) throws(DeliveryFailure) -> Result {
        try file.prepare()
        return try translating {
            let db = try open()
            return try db.writing {
                if case .embedded = file.location { try EmbeddedSchema.migrate(db) }
                return try body(Rows(db: db, schema: Schema.read(db)))
            }
        }
    }

    /// Runs `body` on a file that may be any database, in a transaction that cannot write.
    func inspect<Result>(_ body: (DatabaseConnection) throws -> Result) throws(DeliveryFailure) -> Result {
        try translating {
            let db = try open()
            return try db.reading { try body(db) }
        }
    }

    /// The journal mode is left alone in both kinds of file. A checkout's is the API server's affair. Our own keeps
    /// SQLite's default, a rollback journal: it is written a few times a day, so that WAL would buy nothing, while with
    /// DELETE one file is the whole database (a copy of it is a backup), nothing is left lying beside it, and it can be
    /// read where the folder cannot be written. EXTRA syncs the folder after the journal is deleted: what the vault
    /// records as delivered must not come undone with the power.
    ///
    /// Opened for writing even to read: after a crash of the other side the reader is who rolls back its journal, and
    /// a read-only connection to a WAL file leaves its two companions behind.
    private func open() throws -> DatabaseConnection {
        let db = try DatabaseConnection(path: path, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
        // The file may be anybody's: its schema may call nothing that has effects, and damaged pages are errors.
        try db.execute(
            """
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA foreign_keys = ON;
            PRAGMA synchronous = EXTRA
            """)
        return db
    }

    private func translating<Result>(_ body: () throws -> Result) throws(DeliveryFailure) -> Result {
        do {
            return try body()
        } catch {
            throw FailureTranslation.failure(for: error, path: path)
        }
    }
}
