package import Sealing
internal import VaultFormat

/// What an auditor proved of an exported log, without the vault.
package struct LogProof: Sendable, Equatable {
    /// 16 bytes.
    package let vaultID: [UInt8]
    package let generation: UInt64
    /// The number of the last record; all of them are there.
    package let last: UInt64
    /// The first record that is proven by its key; those before it are as they were when the auditor was added.
    package let first: UInt64
    /// Milliseconds since 1970 UTC, of the first and the last record.
    package let firstTime: Int64, lastTime: Int64
    /// How many epochs the auditor has keys of.
    package let epochs: Int
    /// Names the first key of the auditor's first epoch: 32 hexadecimal digits.
    package let fingerprint: String
    /// The last record of the older export that this one goes on from; nil where there was none to compare with.
    package let comparedTo: UInt64?
    /// The records that say that the vault was restored from a backup: each begins an epoch whose key nobody before it had.
    package let restored: [UInt64]
}

/// Why a log could not be judged.
package enum LogProofError: Error, Sendable {
    /// Nothing in the file is sealed to this key.
    case otherKey
    /// The log's first epoch of this auditor is not the one with that fingerprint.
    case otherFingerprint
}

extension LogProof {
    /// Proves an exported log with an auditor's key alone.
    ///
    /// - Parameters:
    ///   - file: The exported log.
    ///   - pair: The auditor's key.
    ///   - fingerprint: What the owner said when the auditor was added; nil: not compared.
    ///   - older: An export that was kept: this log must go on from it.
    ///   - visit: Is given each record.
    /// - Returns: What was proven.
    /// - Throws: ``VaultError/integrity(_:)`` with the first record that is not as it was written; ``LogProofError``.
    package static func prove(
        _ file: LogFile, with pair: RecipientKeyPair, fingerprint: String? = nil, older: LogFile? = nil,
        visit: (AuditEvent) throws -> Void = { _ in }
    ) throws -> LogProof {
        var (file, older) = (file, older)
        let header = file.header
        let mine = header.epochs.filter { $0.auditor == pair.publicKey.bytes }
        guard !mine.isEmpty else { throw LogProofError.otherKey }
        let epochs = try mine.map { sealed in
            let opened = AuditEpoch(opening: sealed, with: pair, vaultID: header.vaultID)
            guard let opened, opened.row.dataKeyEpoch <= header.dataKeyEpoch else {
                throw VaultError.integrity(.auditEpoch(sealed.auditEpoch))
            }
            return opened
        }
        var walk = try Walk(epochs)
        if let fingerprint, walk.start.fingerprint != fingerprint { throw LogProofError.otherFingerprint }
        if let older {
            guard older.header.vaultID == header.vaultID else { throw VaultError.integrity(.otherExport) }
        }
        let olderHeader = older?.header
        var (firstTime, lastTime): (Int64?, Int64) = (nil, 0)
        while let row = try file.next() {
            let event = try walk.take(file.sequence, row, file.rows)
            if let kept = try older?.next(), kept != row { throw VaultError.integrity(.diverged(file.sequence)) }
            if let olderHeader, olderHeader.last == file.sequence, olderHeader.last >= walk.start.row.last,
                walk.mac != olderHeader.mac
            {
                throw VaultError.integrity(.diverged(file.sequence))
            }
            firstTime = firstTime ?? event.time
            lastTime = event.time
            try visit(event)
        }
        try walk.finish(&file)
        if let olderHeader {
            guard olderHeader.last <= header.last else {
                throw VaultError.integrity(.olderThanExport(header.last + 1))
            }
            guard olderHeader.generation <= header.generation else { throw VaultError.integrity(.rolledBack) }
        }
        return LogProof(
            vaultID: header.vaultID, generation: header.generation, last: header.last,
            first: walk.start.row.last + 1, firstTime: firstTime ?? 0, lastTime: lastTime, epochs: mine.count,
            fingerprint: walk.start.fingerprint, comparedTo: olderHeader?.last, restored: walk.restored)
    }
}

/// The way from the start of a log to its end, with an auditor's keys.
private struct Walk {
    let start: AuditEpoch
    /// Those that have not begun yet, in their order.
    private var waiting: ArraySlice<AuditEpoch>
    private var running: RunningMAC?
    private var time: Int64 = .min
    /// The digest of the rows before the next one.
    private var before = RowsDigest()
    private(set) var restored: [UInt64] = []
    /// The one that opens payloads, and the data key that the rows here are of.
    private var current: AuditEpoch
    private var dataKey: UInt32 = 1

    init(_ epochs: [AuditEpoch]) throws {
        let epochs = epochs.sorted { $0.row.auditEpoch < $1.row.auditEpoch }
        guard let start = epochs.first else { throw LogProofError.otherKey }
        self.start = start
        current = start
        waiting = epochs[...]
    }

    /// The running MAC where the walk is; nil before the first epoch.
    var mac: [UInt8]? { running?.mac.bytes }

    /// Proves one row. `rows` is the digest up to it.
    mutating func take(_ sequence: UInt64, _ bytes: [UInt8], _ rows: RowsDigest) throws -> AuditEvent {
        let damage = VaultError.integrity(.audit(sequence))
        guard let row = try? AuditRow(decoding: bytes), row.time >= time else { throw damage }
        let (lastTime, lastRows) = (time, before)
        (time, before) = (row.time, rows)
        // What was written before the auditor's first data key is under its digest alone.
        if running == nil, dataKey < start.row.dataKeyEpoch {
            guard let event = AuditEvent(sealed: row, sequence), sequence < start.row.last else { throw damage }
            if event.operation == .dataKeyChanged { dataKey += 1 }
            return event
        }
        let payloads = AuditPayloads(
            vaultID: current.row.vaultID, epoch: current.row.dataKeyEpoch, key: current.payloadKey)
        let opened = try payloads.open(sequence, bytes)
        if running != nil, opened.event.operation == .restored {
            // Written by who had the epoch's new key alone: the old one ended with the vault that was lost.
            try begin(opened.event, after: sequence - 1, at: lastTime, lastRows)
            restored.append(sequence)
        }
        if running != nil {
            var fields = opened.fields
            fields[RunningMAC.proofField] = nil
            guard let proof = opened.fields[RunningMAC.proofField],
                proof == running?.proof(sequence, opened.row, fields)
            else { throw damage }
            running?.step(sequence, bytes)
        }
        if sequence == start.row.last, running == nil {
            guard rows.value.bytes == start.row.rows else { throw VaultError.integrity(.earlierRecords(sequence)) }
            guard opened.event.operation == .auditorAdded else { throw damage }
            try begin(opened.event, after: sequence, at: time, rows)
        } else if running != nil, [.auditorAdded, .dataKeyChanged].contains(opened.event.operation) {
            try begin(opened.event, after: sequence, at: time, rows)
        }
        return opened.event
    }

    /// Goes on with the next epoch, which this event names, after a row that had this time and led to this digest.
    private mutating func begin(
        _ event: AuditEvent, after last: UInt64, at lastTime: Int64, _ rows: RowsDigest
    ) throws {
        func fact(_ name: String) -> String? { event.facts.first { $0.name == name }?.value }
        let changesKey = running != nil && event.operation == .dataKeyChanged
        guard let number = fact("epoch").flatMap({ UInt32($0) }) else {
            throw VaultError.integrity(.audit(event.sequence))
        }
        guard let next = waiting.popFirst(), next.row.auditEpoch == number, next.row.last == last,
            next.row.time == lastTime, next.fingerprint == fact("fingerprint"), next.row.rows == rows.value.bytes,
            next.row.dataKeyEpoch == current.row.dataKeyEpoch + (changesKey ? 1 : 0),
            running == nil || running?.mac.bytes == next.row.mac, let running = next.running
        else { throw VaultError.integrity(.auditEpoch(number)) }
        self.running = running
        current = next
    }

    /// What the file says of its end is where the walk arrived, and whoever wrote it had the key for the next row.
    func finish(_ file: inout LogFile) throws {
        // Every record so far is proven: where they do not lead to the end, the next one is missing.
        guard let running, waiting.isEmpty, file.header.dataKeyEpoch == current.row.dataKeyEpoch,
            file.header.mac == running.mac.bytes, file.header.time == time
        else {
            throw VaultError.integrity(.audit(file.sequence + 1))
        }
        let (digest, tag, _) = try file.end()
        guard tag.matches(running.exportTag(digest)) else { throw VaultError.integrity(.logFile) }
    }
}

extension AuditEvent {
    /// What a row says without being opened; nil where its operation is none.
    fileprivate init?(sealed row: AuditRow, _ sequence: UInt64) {
        guard let operation = AuditOperation(rawValue: row.operation) else { return nil }
        self.init(
            sequence: sequence, time: row.time, operation: operation,
            actor: Actor(userID: row.userID, processID: row.processID, program: ""), name: nil, entryID: row.entryID,
            facts: [])
    }
}
