internal import VaultCore

/// What a vault's file has in it besides rows: compared exactly on opening, so that nothing planted is ever run.
enum Schema {
    /// What the file is for, in its header: `SGLV`.
    static let applicationID: Int64 = 0x5347_4c56
    /// The schema's version, in the file's header (`user_version`).
    static let version: Int64 = 1

    /// What the tables' definitions say, letter by letter as SQLite keeps them.
    static var statements: [String] { RowTable.allCases.map(\.definition) + [headDefinition] }

    private static let headDefinition =
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL) STRICT"

    /// The rows of `sqlite_schema`: type, name, table, definition.
    private static let objects: [[String?]] =
        [["table", "head", "head", headDefinition]]
        + RowTable.allCases.flatMap { table -> [[String?]] in
            let name = table.rawValue
            let own = ["table", name, name, table.definition]
            // SQLite's own index over the key, which a table without rowids does not need.
            return table.hasRowIDs ? [own, ["index", "sqlite_autoindex_\(name)_1", name, nil]] : [own]
        }

    /// True where the file holds our tables, false where it holds nothing at all.
    ///
    /// Throws ``StorageError/newerFormat`` or ``StorageError/foreignSchema`` for everything else. Runs in a transaction
    /// of the caller, so that what it sees is one state.
    static func isPresent(in connection: SQLiteConnection) throws(StorageError) -> Bool {
        let application = try connection.integer("PRAGMA application_id")
        let stored = try connection.integer("PRAGMA user_version") ?? 0
        var found: [[String?]] = []
        try connection.each("SELECT type, name, tbl_name, sql FROM sqlite_schema") { row throws(StorageError) in
            found.append((0..<4).map { row.text($0) })
        }
        if application == 0, stored == 0, found.isEmpty { return false }
        guard application == applicationID else { throw .foreignSchema }
        if stored > version { throw .newerFormat }
        // No two of ours are the same: as many, and each of them, is all of them and nothing else.
        let isOurs = found.count == objects.count && objects.allSatisfy(found.contains)
        guard stored == version, isOurs else { throw .foreignSchema }
        return true
    }

    /// Makes the tables in a file that holds nothing. Runs in a transaction of the caller.
    static func create(in connection: SQLiteConnection) throws(StorageError) {
        for statement in statements { try connection.execute(statement) }
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try connection.execute("PRAGMA user_version = \(version)")
    }
}

extension RowTable {
    /// Small rows lie in the key's own tree: one search, one page. A value of kilobytes would leave room there for very
    /// few keys on a page, because inner pages of such a tree hold whole rows: large rows lie in a tree by number, which
    /// the index over the keys leads to.
    var hasRowIDs: Bool {
        switch self {
        case .slot, .node, .bucket, .entry: false
        case .body, .audit: true
        }
    }

    var definition: String {
        let options = hasRowIDs ? "STRICT" : "STRICT, WITHOUT ROWID"
        return "CREATE TABLE \(rawValue) (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) \(options)"
    }
}
