internal import Synchronization

/// A connection that our own file is read by, and what is known of the file.
struct Reader {
    let db: DatabaseConnection
    /// The file that was there before it was opened.
    let file: FileFacts
    /// The tables, and the number that SQLite gives to each state of them.
    private var known: (version: Int64, schema: Schema)?
    private var isRollback: Bool?

    init(db: DatabaseConnection, file: FileFacts) {
        (self.db, self.file) = (db, file)
    }

    /// Whether nothing of the database is beside its file while no transaction runs.
    mutating func hasRollbackJournal() throws -> Bool {
        if let isRollback { return isRollback }
        let isRollback = try db.first("PRAGMA journal_mode").text != "wal"
        self.isRollback = isRollback
        return isRollback
    }

    /// The tables as they are in this transaction.
    mutating func schema() throws -> Schema {
        let version = try db.first("PRAGMA schema_version").number
        if let known, known.version == version { return known.schema }
        let schema = try Schema.read(db)
        known = (version, schema)
        return schema
    }
}

/// Keeps a connection between reads: to open one, and to read what tables there are, takes longer than what is read.
///
/// Of a database with a rollback journal alone: nothing lies beside it, and nobody is kept out, while nothing is read. A
/// file that was put in the place of the one that is open is another one.
final class KeptReader: Sendable {
    private let lock = Mutex(())
    /// Under the lock; who takes it out has it alone.
    private nonisolated(unsafe) var reader: Reader?

    /// Takes the connection out, where it is to that file; else it is closed.
    func take(of file: FileFacts) -> Reader? {
        lock.withLock { _ in
            defer { reader = nil }
            return reader.flatMap { $0.file.isSame(as: file) ? $0 : nil }
        }
    }

    func keep(_ reader: Reader) {
        lock.withLock { _ in self.reader = reader }
    }
}
