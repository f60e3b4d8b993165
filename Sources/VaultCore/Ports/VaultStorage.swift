/// The kinds of rows. Every row is opaque bytes under an opaque key; what they mean is VaultFormat's.
package enum RowTable: String, Sendable, CaseIterable {
    case slot, node, bucket, entry, body, audit
}

/// Why the store could not do what was asked. Nothing of a row's content is in it.
package enum StorageError: Error, Sendable, Equatable {
    /// Others hold the store; try again.
    case busy
    /// The disk is full.
    case full
    /// The store or its folder cannot be written.
    case readOnly
    /// The file is not a store of ours, or its pages are damaged.
    case damaged
    /// Tables, triggers or views that we did not make.
    case foreignSchema
    /// Made by a newer program.
    case newerFormat
    /// The head was not what the change was computed from.
    case headMoved
    /// Input or output failed: the store's own code.
    case failed(code: Int32)
}

/// Keyed rows as they are at one moment.
package protocol RowReader: AnyObject {
    /// The one head row; nil in a store that holds no vault yet.
    func head() throws(StorageError) -> [UInt8]?

    /// A row; nil where there is none.
    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]?

    /// How many rows a table has.
    func count(_ table: RowTable) throws(StorageError) -> Int

    /// Up to `limit` rows with keys greater than `key` (nil: from the first), ascending by bytes.
    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])]

    /// Throws ``StorageError/damaged`` where the store contradicts itself, in a copy of a key that it keeps for its own use:
    /// every row may be right, and not be found tomorrow. Reads all there is. A store that keeps none has nothing to say.
    func check() throws(StorageError)
}

extension RowReader {
    package func check() throws(StorageError) {}
}

/// Keyed rows that can be changed; nothing is seen by others before ``VaultStorage/transaction(_:)`` returns.
package protocol RowWriter: RowReader {
    func setRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError)
    /// Makes a row where there is none. False where there is one: it stays as it is.
    func addRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Bool
    func deleteRow(_ table: RowTable, _ key: [UInt8]) throws(StorageError)

    /// Puts `new` in the place of `old` (nil: no head yet), or throws ``StorageError/headMoved``.
    func swapHead(from old: [UInt8]?, to new: [UInt8]) throws(StorageError)
}

/// Where a vault lies: keyed rows and an atomic compare-and-swap of the head; nothing else is asked of it.
package protocol VaultStorage: Sendable {
    /// Runs `body` on one consistent state; changes nothing.
    func snapshot<Result>(_ body: (any RowReader) throws -> Result) throws -> Result

    /// Runs `body` alone; all it wrote is durable when this returns, or none of it where it throws.
    func transaction<Result>(_ body: (any RowWriter) throws -> Result) throws -> Result

    /// Makes bytes that were deleted unreadable in the files. False where another reader is in the way.
    func wipeDeleted() throws(StorageError) -> Bool

    /// Housekeeping after a change; may do nothing.
    func settle()

    /// Bytes on disk.
    func size() -> Int64
}
