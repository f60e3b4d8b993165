/// The tables of our own database: the API's three, as the API has them, so that an API can be started on this file.
enum EmbeddedSchema {
    /// `SigA`: what SQLite's header says whose file it is.
    static let applicationID: Int64 = 0x5369_6741

    /// One step a version; `PRAGMA user_version` says how many were made. What was released is never changed.
    private static let migrations = [
        """
        CREATE TABLE users (
            id TEXT PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            namespace TEXT NOT NULL UNIQUE,
            plan TEXT NOT NULL,
            settings TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
            updated_at TEXT,
            paid_until TEXT,
            registration_tx_hash TEXT
        );
        CREATE TABLE services (
            id TEXT PRIMARY KEY,
            owner_user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            slug TEXT NOT NULL,
            domain TEXT,
            description TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
            updated_at TEXT,
            registration_tx_hash TEXT,
            UNIQUE (owner_user_id, slug)
        );
        CREATE TABLE service_api_keys (
            id TEXT PRIMARY KEY,
            service_id TEXT NOT NULL REFERENCES services (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            key_prefix TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            last_used_at TEXT,
            revoked_at TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
            gateway_registered_at TEXT
        );
        """
    ]

    /// Whether the file carries our mark.
    static func isOurs(_ db: DatabaseConnection) throws -> Bool {
        try pragma("application_id", db) == applicationID
    }

    /// Whether nothing was ever made in the file: just created, or its maker died before the first commit.
    static func isMissing(_ db: DatabaseConnection) throws -> Bool {
        let objects = try db.first("SELECT count(*) FROM sqlite_master").number
        return try objects == 0 && pragma("application_id", db) == 0 && pragma("user_version", db) == 0
    }

    /// Brings our own file to the newest version, within the caller's transaction. A file with tables that we did not
    /// make (somebody copied a checkout's there) is left as it is.
    static func migrate(_ db: DatabaseConnection) throws {
        let missing = try isMissing(db)
        guard try missing || isOurs(db) else { return }
        let version = try pragma("user_version", db)
        guard version >= 0, version < migrations.count else { return }
        for migration in migrations[Int(version)...] { try db.execute(migration) }
        try db.execute("PRAGMA user_version = \(migrations.count)")
        if missing { try db.execute("PRAGMA application_id = \(applicationID)") }
    }

    private static func pragma(_ name: String, _ db: DatabaseConnection) throws -> Int64 {
        try db.first("PRAGMA \(name)").number
    }
}
