internal import CSQLite
internal import Glibc
internal import SafeFiles
internal import VaultCore

// SQLite's messages may quote the schema. None leaves this module: only what is made here does.

extension StorageError {
    /// - Parameter code: SQLite's extended result code, of which the lowest byte is the primary one.
    init(sqliteCode code: Int32) {
        self =
            switch code & 0xff {
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
            case SQLITE_FULL: .full
            // The shared-memory index could not be made as large as it must be: there is no room for it.
            case SQLITE_IOERR where code == SQLITE_IOERR | (19 << 8): .full
            case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: .readOnly
            case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
            default: .failed(code: code)
            }
    }

    /// Of the lock file, which is all that is touched without SQLite once a store is open.
    init(_ error: FileError) {
        self =
            switch error {
            case .system(_, _, ENOSPC), .system(_, _, EDQUOT): .full
            case .system(_, _, EACCES), .system(_, _, EPERM), .system(_, _, EROFS), .system(_, _, ENOENT): .readOnly
            case .system, .unsafe, .tooLarge: .failed(code: SQLITE_IOERR)
            }
    }
}
