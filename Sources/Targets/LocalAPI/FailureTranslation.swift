internal import CSQLite
internal import Glibc
internal import VaultCore

/// The database lacks something that is needed; `names` are tables and columns.
struct Unsuitable: Error {
    let names: [String]
}

/// The module's edge: what SQLite reports, told without any of its text.
enum FailureTranslation {
    static func failure(for error: any Error, path: String) -> DeliveryFailure {
        switch error {
        case let failure as DeliveryFailure: failure
        case let unsuitable as Unsuitable: .unsuitableDatabase(path: path, missing: unsuitable.names)
        case let error as SQLiteFailure: failure(for: error, path: path)
        default: .unsuitableDatabase(path: path, missing: ["a readable schema"])
        }
    }

    private static func failure(for error: SQLiteFailure, path: String) -> DeliveryFailure {
        switch error.primary {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            .cannotWrite(path: path, errno: reasonNotToWrite(path) ?? EACCES)
        case SQLITE_FULL: .cannotWrite(path: path, errno: ENOSPC)
        case SQLITE_IOERR: .cannotWrite(path: path, errno: EIO)
        case SQLITE_NOMEM: .cannotWrite(path: path, errno: ENOMEM)
        case SQLITE_NOTADB: .unsuitableDatabase(path: path, missing: ["a SQLite database"])
        case SQLITE_CORRUPT: .unsuitableDatabase(path: path, missing: ["an undamaged SQLite database"])
        case SQLITE_CONSTRAINT: constraint(error.code, path: path)
        default: .unsuitableDatabase(path: path, missing: ["a usable schema"])
        }
    }

    /// A row of somebody else's is in the way of ours, or depends on it; or the file wants of rows what we do not know.
    /// The code is extended; Swift does not see SQLite's names of these, which are sums: <https://sqlite.org/rescode.html>.
    private static func constraint(_ code: Int32, path: String) -> DeliveryFailure {
        let (foreignKey, primaryKey, unique, rowid): (Int32, Int32, Int32, Int32) = (3, 6, 8, 10)
        return switch code >> 8 {
        case unique, primaryKey, rowid, foreignKey: .notOurs
        default: .unsuitableDatabase(path: path, missing: ["constraints that accept the rows of a service"])
        }
    }

    /// SQLite keeps the errno to itself: asks the file, then its folder, in which the journal is made.
    private static func reasonNotToWrite(_ path: String) -> Int32? {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        for (target, wanted) in [(path, R_OK | W_OK), (folder, W_OK | X_OK)]
        where faccessat(AT_FDCWD, target, wanted, AT_EACCESS) != 0 {
            return errno
        }
        return nil
    }
}
