internal import VaultFormat

/// A row as it stands in a backup: table, key and value.
struct BackupRecord {
    let table: RowTable
    let key: [UInt8], value: [UInt8]

    /// The tables in the order in which a backup has their rows, each with its number there.
    private static let numbers: [RowTable: UInt8] = [.node: 1, .bucket: 2, .entry: 3, .body: 4, .audit: 5]
    /// No row is longer: its fields, and the largest class of padding, sealed.
    private static let rowLimit: UInt32 = 1 << 20 | 1 << 10

    static func isKept(_ table: RowTable) -> Bool { numbers[table] != nil }

    init(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) {
        (self.table, self.key, self.value) = (table, key, value)
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(Self.numbers[table] ?? 0)
        writer.framed(key)
        writer.framed(value)
        return writer.bytes
    }

    /// The next record of a stream; nil at its end.
    init?(from stream: inout StreamOpener) throws {
        guard try !stream.isFinished() else { return nil }
        let number = try stream.take(1)
        guard let table = Self.numbers.first(where: { [$0.value] == number })?.key else {
            throw VaultError.integrity(.backup)
        }
        func field(_ stream: inout StreamOpener) throws -> [UInt8] {
            var reader = ByteReader(try stream.take(4))
            let count = try reader.integer(UInt32.self)
            guard count <= Self.rowLimit else { throw VaultError.integrity(.backup) }
            return try stream.take(Int(count))
        }
        self.table = table
        key = try field(&stream)
        value = try field(&stream)
    }
}

/// The rows on the way to a few records of the tree: what a proof comes back to when it has walked the tree.
struct RowsOnTheWay {
    private let tags: [[UInt8]]

    /// To the settings that earlier data keys' part of the log is proven with.
    init(_ keys: KeyRing) {
        tags = (1..<max(keys.epoch, 1)).map { keys.tag(.setting, "audit-keys/\($0)") }
    }

    func has(_ table: RowTable, _ key: [UInt8]) -> Bool {
        guard !tags.isEmpty else { return false }
        return switch table {
        case .node: tags.contains { TreePath.digits(of: $0).starts(with: key.dropFirst()) }
        case .bucket: tags.contains { TreePath.digits(of: $0) == key }
        case .entry: tags.contains(key)
        case .slot, .body, .audit: false
        }
    }
}

/// Reads rows through, and gives each one on as it is read, once: what a proof of the vault reads is, in this order, its
/// backup.
final class RecordedRows: RowReader {
    private let rows: any RowReader
    private let onTheWay: RowsOnTheWay
    /// Of those that may be read again.
    private var given: [RowTable: Set<[UInt8]>] = [:]
    private let record: (BackupRecord) throws -> Void
    /// Why a row could not be given on: it is no fault of the store.
    private(set) var failure: (any Error)?

    init(_ rows: any RowReader, _ keys: KeyRing, record: @escaping (BackupRecord) throws -> Void) {
        self.rows = rows
        onTheWay = RowsOnTheWay(keys)
        self.record = record
    }

    func head() throws(StorageError) -> [UInt8]? { try rows.head() }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        let value = try rows.row(table, key)
        guard let value else { return nil }
        let isFirst = !onTheWay.has(table, key) || given[table, default: []].insert(key).inserted
        if isFirst { try give(BackupRecord(table, key, value)) }
        return value
    }

    func count(_ table: RowTable) throws(StorageError) -> Int { try rows.count(table) }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        let found = try rows.rows(table, after: key, limit: limit)
        for row in found { try give(BackupRecord(table, row.key, row.value)) }
        return found
    }

    private func give(_ row: BackupRecord) throws(StorageError) {
        guard BackupRecord.isKept(row.table) else { return }
        do {
            try record(row)
        } catch {
            failure = error
            throw .failed(code: 0)
        }
    }
}

/// Rows as they come out of a backup, in the one order that a proof reads them: a row that is asked for is the next, or one
/// of the few that a proof comes back to, or it is not there.
final class StreamedRows: RowReader {
    private var stream: StreamOpener
    private let slots: [(key: [UInt8], value: [UInt8])]
    private let onTheWay: RowsOnTheWay
    private var passed: [RowTable: [[UInt8]: [UInt8]]] = [:]
    private let keep: (BackupRecord) throws(StorageError) -> Void
    private var next: BackupRecord?
    private var counts: [RowTable: Int] = [:]
    /// Why the stream ended before its end.
    private(set) var failure: (any Error)?

    /// - Parameters:
    ///   - stream: After the head.
    ///   - slots: Of the header.
    ///   - keys: The vault's.
    ///   - keep: Is given each row.
    /// - Throws: Damage of the first record; what the stream's source throws.
    init(
        _ stream: StreamOpener, slots: [BackupHeader.Slot], _ keys: KeyRing,
        keep: @escaping (BackupRecord) throws(StorageError) -> Void
    ) throws {
        self.stream = stream
        self.slots = slots.map { ($0.key, $0.value) }
        onTheWay = RowsOnTheWay(keys)
        self.keep = keep
        next = try BackupRecord(from: &self.stream)
    }

    /// Whether every row was asked for.
    var isFinished: Bool { next == nil }

    func head() throws(StorageError) -> [UInt8]? { nil }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        guard let record = next, record.table == table, record.key == key else { return passed[table]?[key] }
        try advance(record)
        if onTheWay.has(table, key) { passed[table, default: [:]][key] = record.value }
        return record.value
    }

    /// How many came so far.
    func count(_ table: RowTable) throws(StorageError) -> Int { counts[table] ?? 0 }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        if table == .slot { return key == nil ? slots : [] }
        var found: [(key: [UInt8], value: [UInt8])] = []
        while found.count < limit, let record = next, record.table == table {
            try advance(record)
            found.append((record.key, record.value))
        }
        return found
    }

    private func advance(_ record: BackupRecord) throws(StorageError) {
        try keep(record)
        counts[record.table, default: 0] += 1
        do {
            next = try BackupRecord(from: &stream)
        } catch {
            failure = error
            throw .damaged
        }
    }
}
