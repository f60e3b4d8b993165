/// The record that is not as it was written. Numbers and ids only.
package enum Damage: Sendable, Equatable {
    case head
    case slot(UInt8)
    case noSlots
    case node([UInt8])
    case bucket([UInt8])
    case entry(tag: [UInt8])
    case overview(tag: [UInt8])
    case body(entry: [UInt8], version: UInt32)
    case history(entry: [UInt8])
    case audit(UInt64)
    case auditEnd
    case count
    case orphan(RowTable)
    case record(String)
    case store
    case schema
    /// The vault that was here is gone, while the anchor remembers it.
    case vaultGone
    /// Another vault than the one that the anchor remembers.
    case otherVault
    /// The vault was put back to an older state.
    case rolledBack
    /// The vault's history is not the one that this machine saw.
    case forked
    /// The anchor file is not an anchor.
    case anchor
    /// An exported log is no log, is not as it was written, or was not written by this vault.
    case logFile
    /// The keys that are sealed to an auditor for this epoch are not there, or not those that the log names.
    case auditEpoch(UInt32)
    /// A record up to this one is not what it was when the auditor's first epoch began.
    case earlierRecords(UInt64)
    /// The first record that is another one in an export that was kept.
    case diverged(UInt64)
    /// The vault, or the log, ends before an export that was kept.
    case olderThanExport(UInt64)
    /// An export of another vault.
    case otherExport
    /// A backup is none, is not whole, or is not as it was written.
    case backup

    /// Which record, for people.
    package var text: String {
        func hex(_ bytes: [UInt8]) -> String {
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
        func path(_ digits: [UInt8]) -> String {
            digits.isEmpty ? "top" : digits.map(String.init).joined(separator: ".")
        }
        return switch self {
        case .head: "the head record is not as it was written"
        case .slot(let number): "key slot \(number) is not as it was written"
        case .noSlots: "the key slots are gone"
        case .node(let digits): "state node \(path(digits)) is missing or not as it was written"
        case .bucket(let digits): "state bucket \(path(digits)) is missing or not as it was written"
        case .entry(let tag): "entry record \(hex(tag)) is missing or not as it was written"
        case .overview(let tag): "the overview of entry record \(hex(tag)) cannot be opened"
        case .body(let entry, let version):
            "version \(version) of entry \(hex(entry)) is missing or not as it was written"
        case .history(let entry): "the version history of entry \(hex(entry)) is not as it was written"
        case .audit(let sequence): "audit record \(sequence) is missing or not as it was written"
        case .auditEnd: "the end of the audit log is missing or not as it was written"
        case .count: "the number of entries is not what the head says"
        case .orphan(let table): "there is a record of kind \(table.rawValue) that nothing refers to"
        case .record(let what): "the internal record \(what) cannot be read"
        case .store: "the database file is damaged"
        case .schema: "the database has tables, views or triggers that do not belong to it"
        case .vaultGone: "the vault that was here is gone"
        case .otherVault: "this is another vault than the one that was here"
        case .rolledBack: "the vault was put back to an older state than this machine has seen"
        case .forked: "the vault's history is not the one that this machine has seen"
        case .anchor: "the anchor file cannot be read"
        case .logFile: "the exported log is not as it was written"
        case .auditEpoch(let number):
            "the auditor's keys of audit epoch \(number) are missing or not as they were sealed"
        case .earlierRecords(let sequence):
            "an audit record up to \(sequence) is not as it was when the auditor was added"
        case .diverged(let sequence): "audit record \(sequence) is not the one in the export that was kept"
        case .olderThanExport(let sequence):
            "the log ends before the export that was kept: audit record \(sequence) is missing"
        case .otherExport: "the export that was kept is of another vault"
        case .backup: "the backup is not whole, or not as it was written"
        }
    }
}

/// Why the vault did not do what was asked. No case carries a value of the vault.
package enum VaultError: Error, Sendable {
    case integrity(Damage)
    /// No slot opens with this master key.
    case wrongKey
    /// The store holds no vault.
    case noVault
    case noSuchEntry(EntryName)
    case noSuchVersion(EntryName, UInt32)
    case entryExists(EntryName)
    /// More than 16 KiB.
    case valueTooLarge
    /// A name that belongs to a service and cannot be moved.
    case notMovable(EntryName)
    case storage(StorageError)
    case notEnoughMemory
    /// Another process gave the vault another data key since it was opened: to be opened again.
    case keysChanged
}
