import Sealing
import SecureMemory
import VaultFormat

@testable import VaultCore

/// The keys that targets seal and open with: what lies behind a seal is read only when the seal is right, so targets seal
/// the fuzzer's bytes themselves.
enum FuzzKeys {
    static let masterKey = String(repeating: "0123456789abcdef", count: 4)
    static let vaultID = [UInt8](repeating: 0x56, count: 16)
    /// Of data key ``key(_:)`` of 1 and ``vaultID``.
    static let ring = KeyRing(dataKey: key(1), vaultID: vaultID, epoch: 1)
    static let nonce = [UInt8](repeating: 0x4e, count: 24)

    /// 32 bytes that are all the same.
    static func key(_ byte: UInt8) -> SharedSecret {
        SharedSecret(SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }

    /// Bytes as they are sealed: those of a padded width as they are, others padded; nil where they are too many.
    static func padded(_ bytes: [UInt8]) -> [UInt8]? {
        let isPadded = Padding.classes.contains(bytes.count - Padding.headerWidth)
        return isPadded ? bytes : Padding.pad(bytes)
    }

    /// The head of a vault without anything.
    static let emptyHead = Head(
        generation: 0, count: 0, top: .zero, slotDigest: .zero, audit: AuditChain(keys: ring).start(), stored: nil)

    static func snapshot(_ rows: any RowReader = FuzzRows()) -> VaultSnapshot {
        VaultSnapshot(keys: ring, rows: rows, head: emptyHead, now: 0)
    }
}

/// Rows in memory.
final class FuzzRows: RowWriter {
    private var tables: [RowTable: [[UInt8]: [UInt8]]] = [:]

    func head() throws(StorageError) -> [UInt8]? { nil }

    func row(_ table: RowTable, _ key: [UInt8]) throws(StorageError) -> [UInt8]? { tables[table]?[key] }

    func count(_ table: RowTable) throws(StorageError) -> Int { tables[table]?.count ?? 0 }

    func rows(
        _ table: RowTable, after key: [UInt8]?, limit: Int
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        (tables[table] ?? [:]).filter { row in key.map { $0.lexicographicallyPrecedes(row.key) } ?? true }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(limit).map { ($0.key, $0.value) }
    }

    func setRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        tables[table, default: [:]][key] = value
    }

    func addRow(_ table: RowTable, _ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Bool {
        guard tables[table]?[key] == nil else { return false }
        try setRow(table, key, value)
        return true
    }

    func deleteRow(_ table: RowTable, _ key: [UInt8]) throws(StorageError) { tables[table]?[key] = nil }

    func swapHead(from old: [UInt8]?, to new: [UInt8]) throws(StorageError) {}
}
