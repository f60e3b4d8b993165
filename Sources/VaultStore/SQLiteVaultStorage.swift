internal import CSQLite
package import SafeFiles
internal import Synchronization
package import VaultCore

/// A vault's rows in one SQLite file, `vault.db` in its home, 0600 from its first byte.
///
/// Writers wait for each other on a lock file of their own before SQLite's, so that none starves. A copy of `vault.db`
/// alone is no backup: what was committed last may still lie in `vault.db-wal`.
///
/// The bodies given to ``snapshot(_:)`` and ``transaction(_:)`` must not call the store again.
package final class SQLiteVaultStorage: VaultStorage {
    /// How long the log may be before it is copied into the file, in bytes: 32 pages of 4 KiB with their headers.
    package static let logLimit: Int64 = 32 * (4096 + 24)

    /// Around every use of the connection.
    private let lock = Mutex<Void>(())
    private nonisolated(unsafe) let connection: SQLiteConnection
    private let home: Folder
    private let owner: FileOwner?
    private let patience: Patience

    private init(connection: SQLiteConnection, home: Folder, owner: FileOwner?, patience: Patience) {
        self.connection = connection
        self.home = home
        self.owner = owner
        self.patience = patience
    }

    // MARK: Opening

    /// Opens the vault's file in a home.
    ///
    /// - Parameters:
    ///   - home: The folder that it is in.
    ///   - owner: Whom new files belong to: given where root works on another user's home.
    ///   - createIfMissing: Whether to make the file where there is none, or finish one whose making was interrupted.
    ///     It holds no vault then.
    ///   - allowUnsafe: Whether to go on where the files' owner or mode is not as it should be; links and what is no
    ///     file are refused anyway.
    ///   - patience: How long to wait for others before ``StorageError/busy``.
    /// - Returns: nil where there is no file with tables in it and none was asked for.
    /// - Throws: ``VaultFileError/file(_:)`` for a file that is not safe to open, else ``VaultFileError/storage(_:)``.
    package static func open(
        home: Folder, owner: FileOwner?, createIfMissing: Bool, allowUnsafe: Bool = false,
        patience: Patience = .standard
    ) throws(VaultFileError) -> SQLiteVaultStorage? {
        do {
            try refuseUnsafeFiles(in: home, owner: owner, allowUnsafe: allowUnsafe)
            return try openFile(home: home, owner: owner, createIfMissing: createIfMissing, patience: patience)
        } catch let error as FileError {
            throw .file(error)
        } catch let error as StorageError {
            throw .storage(error)
        } catch {
            throw .storage(.failed(code: SQLITE_INTERNAL))
        }
    }

    private static func refuseUnsafeFiles(
        in home: Folder, owner: FileOwner?, allowUnsafe: Bool
    ) throws(FileError) {
        for finding in try VaultFiles.inspect(home: home, owner: owner) where finding.severity == .refuse {
            let isBearable = finding.problem == .foreignOwner || finding.problem == .othersMayWrite
            guard allowUnsafe, isBearable else {
                throw .unsafe(path: finding.path, problem: finding.problem, mend: finding.mend)
            }
        }
    }

    private static func openFile(
        home: Folder, owner: FileOwner?, createIfMissing: Bool, patience: Patience
    ) throws -> SQLiteVaultStorage? {
        // An empty file is one in the making: it is opened under the lock alone.
        if let status = try home.status(VaultFiles.database), status.size > 0 {
            let storage = try connect(home: home, owner: owner, patience: patience)
            if try storage.isReady() { return storage }
        }
        guard createIfMissing else { return nil }
        let lock = try VaultFiles.exclusive(in: home, owner: owner, timeoutMilliseconds: patience.writers)
        return try withExtendedLifetime(lock) {
            try VaultFiles.create(in: home, owner: owner)
            let storage = try connect(home: home, owner: owner, patience: patience)
            try storage.initialise()
            return storage
        }
    }

    private static func connect(
        home: Folder, owner: FileOwner?, patience: Patience
    ) throws(StorageError) -> SQLiteVaultStorage {
        let path = VaultFiles.path(of: VaultFiles.database, in: home)
        let connection = try SQLiteConnection.vault(path, patience: patience.database)
        return SQLiteVaultStorage(connection: connection, home: home, owner: owner, patience: patience)
    }

    /// Whether the file has its tables; false where it has nothing at all. Throws for anything else.
    private func isReady() throws -> Bool {
        let isLogging: Bool? = try locked { connection in
            guard try connection.transaction(.reading, { try Schema.isPresent(in: connection) }) else { return nil }
            return try connection.isLogging() || connection.isReadOnly
        }
        guard let isLogging else { return false }
        if !isLogging { try resumeLogging() }
        try locked { try $0.requireFullSync() }
        return true
    }

    /// A file that was put back from a backup made by SQLite is not in write-ahead mode.
    private func resumeLogging() throws {
        do {
            let lock = try exclusive(patience.writers)
            try withExtendedLifetime(lock) { try locked { try $0.startLogging() } }
        } catch StorageError.readOnly {
            // It can be read as it is, and nothing else will be possible.
        }
    }

    private func initialise() throws {
        try locked { connection in
            try connection.startLogging()
            try connection.transaction(.writing) {
                if try !Schema.isPresent(in: connection) { try Schema.create(in: connection) }
            }
        }
    }

    // MARK: Transactions

    package func snapshot<Result>(_ body: (any RowReader) throws -> Result) throws -> Result {
        try locked { connection in
            try connection.transaction(.reading) { try body(StoredRows(connection, isSnapshot: true)) }
        }
    }

    package func transaction<Result>(_ body: (any RowWriter) throws -> Result) throws -> Result {
        let lock = try exclusive(patience.writers)
        return try withExtendedLifetime(lock) {
            try locked { connection in
                try connection.transaction(.writing) { try body(StoredRows(connection, isSnapshot: false)) }
            }
        }
    }

    /// Uses the connection alone. For tests, too: to look at its settings.
    func locked<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
        var result: Swift.Result<Result, any Error>?
        lock.withLock { _ in result = Swift.Result { try body(connection) } }
        guard let result else { throw StorageError.failed(code: SQLITE_ABORT) }
        return try result.get()
    }

    private func exclusive(_ milliseconds: Int) throws(StorageError) -> FileLock {
        try VaultFiles.exclusive(in: home, owner: owner, timeoutMilliseconds: milliseconds)
    }

    // MARK: Housekeeping

    package func wipeDeleted() throws(StorageError) -> Bool {
        do {
            let lock = try exclusive(patience.writers)
            return try withExtendedLifetime(lock) { try locked { try $0.truncateLog() } }
        } catch StorageError.busy {
            return false
        } catch let error as StorageError {
            throw error
        } catch {
            throw .failed(code: SQLITE_INTERNAL)
        }
    }

    package func settle() {
        guard bytes(VaultFiles.log) > Self.logLimit else { return }
        // Never waits: who writes next settles too. A failure leaves the log as it is, which is whole.
        do {
            let lock = try exclusive(0)
            try withExtendedLifetime(lock) {
                try locked { try $0.truncateLogAtOnce(patience: patience.database) }
            }
        } catch {
            return
        }
    }

    package func size() -> Int64 { bytes(VaultFiles.database) + bytes(VaultFiles.log) }

    private func bytes(_ name: String) -> Int64 {
        do {
            return try home.status(name)?.size ?? 0
        } catch {
            return 0
        }
    }
}
