internal import VaultCore

/// Tells what kind of database a file is, for the choice of one.
enum DatabaseProbe {
    enum Contents {
        /// It carries the mark of our own migrations.
        case ours
        /// A database without anything in it.
        case empty
        /// It has a table `users`.
        case users
        /// Another database, or none.
        case other
        /// It is locked, or cannot be read.
        case unknown
    }

    private static let timeoutMilliseconds = 1000

    static func contents(of path: String) -> Contents {
        let file = DatabaseFile(location: .checkout(path: path), owner: nil)
        let database = LocalDatabase(file: file, busyTimeoutMilliseconds: timeoutMilliseconds)
        do throws(DeliveryFailure) {
            return try database.inspect { db in
                if try EmbeddedSchema.isOurs(db) { return .ours }
                if try EmbeddedSchema.isMissing(db) { return .empty }
                let tables = try db.first(
                    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND lower(name) = 'users'")
                return tables.number > 0 ? .users : .other
            }
        } catch {
            if case .unsuitableDatabase = error { return .other }
            return .unknown
        }
    }
}
