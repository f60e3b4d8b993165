internal import CSQLiteDefence

/// The SQLite that this process uses.
package enum SQLiteLibrary {
    /// Its version, `3.40.1`.
    package static var version: String { String(cString: sigilum_sqlite_version()) }
}
