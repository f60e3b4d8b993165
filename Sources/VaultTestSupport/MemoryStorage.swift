internal import Foundation
package import VaultCore

/// A store in memory that behaves as ``VaultStorage`` promises, can be told to fail, and lets a test at its rows.
package final class MemoryStorage: VaultStorage, @unchecked Sendable {
    /// How a transaction fails.
    package enum Fault: Sendable {
        /// The write of that number within a transaction, counted from 1, fails; the commit is the last write.
        case write(Int, StorageError)
        /// Everything is written, and the commit fails.
        case commit(StorageError)
    }

    // Guarded by `access`, which a transaction holds from its beginning to its end.
    private let access = NSRecursiveLock()
    private var current = MemoryRows()
    private var fault: Fault?
    private var filter: RowFilter?
    private var touchedRows = TouchedRows()
    private var commitCount = 0
    private var canWipe = true

    /// Answers in place of a row that is read: what a faulty or hostile store would.
    package typealias RowFilter = @Sendable (RowTable, [UInt8], [UInt8]?) -> [UInt8]?

    package init(_ rows: MemoryRows = MemoryRows()) {
        current = rows
    }

    // MARK: What tests do

    /// The rows as they are now; assigning is tampering.
    package var rows: MemoryRows {
        get { access.withLock { current } }
        set { access.withLock { current = newValue } }
    }

    /// Makes the transactions from now on fail.
    package func fail(_ fault: Fault?) { access.withLock { self.fault = fault } }

    /// Puts something between the rows and their reader.
    package func answer(with filter: RowFilter?) { access.withLock { self.filter = filter } }

    /// Whether ``wipeDeleted()`` succeeds.
    package func allowWiping(_ allowed: Bool) { access.withLock { canWipe = allowed } }

    /// What the last snapshot or transaction read and wrote.
    package var touched: TouchedRows { access.withLock { touchedRows } }

    /// How many transactions were committed.
    package var commits: Int { access.withLock { commitCount } }

    /// Another store with the same rows.
    package func copy() -> MemoryStorage { MemoryStorage(rows) }

    // MARK: VaultStorage

    package func snapshot<Result>(_ body: (any RowReader) throws -> Result) throws -> Result {
        let session = access.withLock { MemorySession(current, fault: nil, filter: filter) }
        defer { access.withLock { touchedRows = session.touched } }
        return try body(session)
    }

    package func transaction<Result>(_ body: (any RowWriter) throws -> Result) throws -> Result {
        access.lock()
        defer { access.unlock() }
        let session = MemorySession(current, fault: fault, filter: filter)
        defer { touchedRows = session.touched }
        let result = try body(session)
        try session.commit()
        current = session.rows
        commitCount += 1
        return result
    }

    package func wipeDeleted() throws(StorageError) -> Bool { access.withLock { canWipe } }

    package func settle() {}

    package func size() -> Int64 { Int64(rows.all.reduce(0) { $0 + $1.key.count + $1.value.count }) }
}

/// How many rows were read and written, the head included.
package struct TouchedRows: Sendable, Equatable {
    package internal(set) var read = 0, written = 0
}

/// One snapshot or transaction over a copy of the rows.
private final class MemorySession: RowWriter {
    private(set) var rows: MemoryRows
    private(set) var touched = TouchedRows()
    private let fault: MemoryStorage.Fault?
    private let filter: MemoryStorage.RowFilter?

    init(_ rows: MemoryRows, fault: MemoryStorage.Fault?, filter: MemoryStorage.RowFilter?) {
        self.rows = rows
        self.fault = fault
        self.filter = filter
    }

    func head() throws(StorageError) -> [UInt8]? {
        touched.read += 1
        return rows.head
    }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        touched.read += 1
        let row = rows[table, key]
        return filter.map { $0(table, key, row) } ?? row
    }

    func count(_ table: RowTable) throws(StorageError) -> Int { rows.count(table) }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        let found = rows.rows(table, after: key, limit: limit)
        touched.read += found.count
        return found
    }

    func setRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        try write()
        rows[table, key] = value
    }

    func addRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Bool {
        try write()
        guard rows[table, key] == nil else { return false }
        rows[table, key] = value
        return true
    }

    func deleteRow(_ table: RowTable, _ key: [UInt8]) throws(StorageError) {
        try write()
        rows[table, key] = nil
    }

    func swapHead(from old: [UInt8]?, to new: [UInt8]) throws(StorageError) {
        try write()
        guard rows.head == old else { throw .headMoved }
        rows.head = new
    }

    func commit() throws(StorageError) {
        if case .commit(let error) = fault { throw error }
        if case .write(let number, let error) = fault, touched.written + 1 == number { throw error }
    }

    private func write() throws(StorageError) {
        touched.written += 1
        if case .write(let number, let error) = fault, touched.written == number { throw error }
    }
}
