internal import VaultCore

/// Opens the database for one piece of work and closes it again, and lets no error of SQLite's out: they print the
/// values of rows. Our own is kept open between reads.
struct LocalDatabase {
    let file: DatabaseFile
    let busyTimeoutMilliseconds: Int
    private let kept = KeptReader()

    private var path: String { file.location.path }

    /// Runs `body` in one transaction that cannot write. Nil, and nothing is made, where there is no file or our own
    /// has no tables yet.
    func read<Result>(_ body: (Rows) throws -> Result) throws(DeliveryFailure) -> Result? {
        guard let found = try file.facts() else { return nil }
        guard case .embedded = file.location else {
            return try inspect { db in try body(Rows(db: db, schema: Schema.read(db))) }
        }
        return try translating {
            var reader = try kept.take(of: found) ?? Reader(db: open(), file: found)
            let result = try reader.db.reading { () throws -> Result? in
                guard try !EmbeddedSchema.isMissing(reader.db) else { return nil }
                return try body(Rows(db: reader.db, schema: reader.schema()))
            }
            // One that threw is closed. So is one to a file with another kind of log, which somebody put there: what lies beside
            // it goes away with the last connection.
            if try reader.hasRollbackJournal() { kept.keep(reader) }
            return result
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
