internal import GRDB
internal import Glibc
internal import SafeFiles
internal import VaultCore

// A GRDB error prints statements and rows. None leaves this module: only what is made here does.

extension StorageError {
    init(_ error: DatabaseError) {
        self =
            switch error.extendedResultCode {
            // The shared-memory index could not be made as large as it must be: there is no room for it.
            case .SQLITE_IOERR_SHMSIZE: .full
            default:
                switch error.resultCode {
                case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: .busy
                case .SQLITE_FULL: .full
                case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: .readOnly
                case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
                default: .failed(code: error.extendedResultCode.rawValue)
                }
            }
    }

    /// Of the lock file, which is all that is touched without SQLite once a store is open.
    init(_ error: FileError) {
        self =
            switch error {
            case .system(_, _, ENOSPC), .system(_, _, EDQUOT): .full
            case .system(_, _, EACCES), .system(_, _, EPERM), .system(_, _, EROFS), .system(_, _, ENOENT): .readOnly
            case .system, .unsafe, .tooLarge: .failed(code: ResultCode.SQLITE_IOERR_LOCK.rawValue)
            }
    }
}

/// Translates GRDB's errors, and lets the caller's own pass.
func translated<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw StorageError(error)
    }
}

/// The same where nothing but the store itself runs.
func storing<Result>(_ body: () throws -> Result) throws(StorageError) -> Result {
    do {
        return try body()
    } catch let error as StorageError {
        throw error
    } catch let error as DatabaseError {
        throw StorageError(error)
    } catch {
        throw .failed(code: ResultCode.SQLITE_INTERNAL.rawValue)
    }
}
