internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// An exported log as it is read: once, from its start to its end.
package struct LogFile {
    let header: LogFileHeader
    /// The checksum of the header.
    private let headerDigest: Digest
    private let source: LogSource
    /// The number of the row that was read last.
    private(set) var sequence: UInt64 = 0
    /// Over the rows so far.
    private(set) var rows = RowsDigest()

    /// Reads the header.
    package init(_ source: @escaping LogSource) throws {
        self.source = source
        let fixed = try Self.take(LogFileHeader.width, source)
        guard let fixed, let (start, count) = try? LogFileHeader.decode(fixed) else {
            throw VaultError.integrity(.logFile)
        }
        var header = start
        for _ in 0..<count {
            guard let bytes = try Self.take(SealedEpochRow.width, source),
                (try? header.addEpoch(decoding: bytes)) != nil
            else { throw VaultError.integrity(.logFile) }
        }
        self.header = header
        headerDigest = Checksum.digest(header.encoded)
    }

    /// The next row; nil after the last that the header counts.
    mutating func next() throws -> [UInt8]? {
        guard sequence < header.last else { return nil }
        sequence += 1
        guard let width = try Self.take(4, source) else { throw VaultError.integrity(.audit(sequence)) }
        var reader = ByteReader(width)
        let count = (try? reader.integer(UInt32.self)) ?? 0
        guard count <= Self.rowLimit, let row = try Self.take(Int(count), source) else {
            throw VaultError.integrity(.audit(sequence))
        }
        rows.add(row)
        return row
    }

    /// After the last row: what the two tags are over, and the tags, for auditors and for the vault.
    mutating func end() throws -> (digest: [UInt8], auditors: Digest, vault: Digest) {
        guard sequence == header.last, let first = try Self.take(Digest.width, source).flatMap({ Digest($0) }),
            let second = try Self.take(Digest.width, source).flatMap({ Digest($0) }), try source(1).isEmpty
        else { throw VaultError.integrity(.logFile) }
        return (Self.digest(headerDigest, rows), first, second)
    }

    static func digest(_ header: Digest, _ rows: RowsDigest) -> [UInt8] { header.bytes + rows.value.bytes }

    /// The tag that shows that a vault wrote the file; `state` is the state key of the data key of that time.
    static func vaultTag(_ state: SharedSecret, _ digest: [UInt8], _ auditors: Digest) -> Digest {
        KeyedHash.digest(Purpose("audit export"), key: state.bytes, digest + auditors.bytes)
    }

    /// No row is longer: its fields before the ciphertext, and the largest class of padding, sealed.
    private static var rowLimit: UInt32 { 1 << 20 | 1 << 10 }

    /// Exactly as many bytes; nil where there are fewer.
    private static func take(_ count: Int, _ source: LogSource) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try source(count - bytes.count)
            if more.isEmpty { return nil }
            bytes += more
        }
        return bytes
    }
}

/// Gives the next bytes of a file: at most as many as asked for, none only at its end.
package typealias LogSource = (_ limit: Int) throws -> [UInt8]

/// What an exported log holds.
package struct LogExport: Sendable, Equatable {
    /// What the vault was when it was exported.
    package let anchor: Anchor
    package let auditors: Int
}

extension Vault {
    /// Writes the whole log, as it is stored, with what auditors and this vault need to prove it; each row is proven on
    /// the way.
    package func exportLog(to write: ([UInt8]) throws -> Void) throws -> LogExport {
        try read { snapshot in
            let head = snapshot.head
            let epochs = try snapshot.sealedEpochs()
            let header = LogFileHeader(
                vaultID: keys.vaultID, dataKeyEpoch: keys.epoch, generation: head.generation,
                last: head.audit.sequence, time: head.audit.time, chain: head.audit.head.bytes,
                mac: head.audit.mac.bytes, epochs: epochs
            ).encoded
            try write(header)
            var rows = RowsDigest()
            let chain = snapshot.chain
            let end = try chain.walk(
                from: 0, head: chain.first(), to: head.audit.sequence, in: snapshot.rows
            ) { number, row in
                _ = try chain.event(number, row)
                rows.add(row)
                var writer = ByteWriter()
                writer.framed(row)
                try write(writer.bytes)
            }
            guard end == head.audit.head else { throw VaultError.integrity(.auditEnd) }
            let digest = LogFile.digest(Checksum.digest(header), rows)
            let auditorsTag = head.audit.running.exportTag(digest)
            try write(auditorsTag.bytes + LogFile.vaultTag(keys.state, digest, auditorsTag).bytes)
            return LogExport(anchor: head.anchor(of: keys), auditors: Set(epochs.map(\.auditor)).count)
        }
    }

    /// Proves that this vault descends from the one that a log was exported of: every record that was exported is here as
    /// it was, and what follows leads to what the vault is.
    ///
    /// This machine's anchor is not asked: where both disagree with the vault, this names the record.
    package func verify(against file: LogFile) throws -> Anchor {
        var file = file
        let header = file.header
        guard header.vaultID == keys.vaultID else { throw VaultError.integrity(.otherExport) }
        guard let exported = Digest(header.chain) else { throw VaultError.integrity(.logFile) }
        return try readUnanchored { snapshot in
            let head = snapshot.head
            var first: Damage?
            var after: [UInt8]?
            var batch: ArraySlice<(key: [UInt8], value: [UInt8])> = []
            while let row = try file.next() {
                if batch.isEmpty { batch = try snapshot.rows.rows(.audit, after: after, limit: 512)[...] }
                let mine = batch.popFirst()
                after = mine?.key ?? after
                if first == nil, mine == nil || mine?.key != AuditRow.key(file.sequence) || mine?.value != row {
                    first =
                        file.sequence > head.audit.sequence
                        ? .olderThanExport(file.sequence) : .diverged(file.sequence)
                }
            }
            // Only a file that this vault wrote is believed.
            let (digest, auditors, tag) = try file.end()
            let state = try snapshot.stateKey(ofEpoch: header.dataKeyEpoch)
            guard let state, tag.matches(LogFile.vaultTag(state, digest, auditors)) else {
                throw VaultError.integrity(.logFile)
            }
            if let first { throw VaultError.integrity(first) }
            guard head.generation >= header.generation else { throw VaultError.integrity(.rolledBack) }
            let reached = try snapshot.chain.walk(
                from: header.last, head: exported, to: head.audit.sequence, in: snapshot.rows)
            guard reached == head.audit.head else { throw VaultError.integrity(.forked) }
            return Anchor(
                vaultID: header.vaultID, generation: header.generation, auditSequence: header.last,
                auditHead: exported)
        }
    }
}
