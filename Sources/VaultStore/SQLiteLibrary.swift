internal import CSQLite

/// The SQLite that this process uses.
package enum SQLiteLibrary {
    /// Its version, `3.40.1`.
    package static var version: String { String(cString: sqlite3_libversion()) }
}
