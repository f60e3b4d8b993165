internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// The audit log's end: what the next row is chained to. Lives in the head row.
struct AuditEnd {
    var sequence: UInt64
    var time: Int64
    /// The chain over all rows, keyed with the state key: what an anchor's walk arrives at.
    var head: Digest
    /// The running MAC under the ratcheting key.
    var mac: Digest
    /// The key for the next row's step of the MAC. Used once, then replaced by its hash.
    var key: SharedSecret
}

/// What the rows of an earlier data key's time are proven and opened with.
struct EarlierAuditKeys: Sendable {
    /// Of that data key.
    let epoch: UInt32
    /// The number of its last row.
    let last: UInt64
    let state, payloads: SharedSecret
}

/// Writing, walking and reading the audit log.
struct AuditChain {
    let keys: KeyRing
    /// Of every data key before this one, oldest first; asked for only where rows are walked or opened.
    var earlier: () throws -> [EarlierAuditKeys] = { [] }

    /// The end of a log without rows, with a fresh first key.
    func start() -> AuditEnd {
        let first = keys.hash(Purpose("audit start"), keys.bound([]))
        return AuditEnd(
            sequence: 0, time: 0, head: first, mac: .zero, key: SharedSecret(SecretBytes(randomCount: 32)))
    }

    /// The chain before the first row: under the first data key that the vault had.
    func first() throws -> Digest {
        guard let oldest = try earlier().first else { return start().head }
        return KeyedHash.digest(
            Purpose("audit start"), key: oldest.state.bytes, KeyRing.bound(keys.vaultID, oldest.epoch, []))
    }

    /// Adds one row, and ratchets the key.
    func append(
        _ operation: AuditOperation, entry: [UInt8], facts: FieldMap, generation: UInt64, now: Int64, actor: Actor,
        to end: inout AuditEnd, in rows: any RowWriter
    ) throws {
        var facts = facts
        facts[text: "program"] = actor.program
        let nonce = Nonce.random()
        var row = AuditRow(
            time: max(end.time, now), operation: operation.rawValue, userID: actor.userID,
            processID: actor.processID, entryID: entry, generation: generation, nonce: nonce.bytes, ciphertext: [])
        let sequence = end.sequence + 1
        facts[RunningMAC.proofField] = end.running.proof(sequence, row, facts)
        row.ciphertext = try payloads.seal(facts, row, sequence, nonce)
        let bytes = row.encoded
        try rows.setRow(.audit, AuditRow.key(sequence), bytes)
        end.running.step(sequence, bytes)
        end.head = step(end.head, sequence, bytes)
        end.sequence = sequence
        end.time = row.time
    }

    /// The chain one row further, under the key that the row was written with: nil for the current one.
    func step(_ head: Digest, _ sequence: UInt64, _ row: [UInt8], under state: SharedSecret? = nil) -> Digest {
        KeyedHash.digest(
            Purpose("audit"), key: (state ?? keys.state).bytes, Self.message(head, sequence, row))
    }

    /// What takes one row in: what there was before, the row's key, and the row.
    static func message(_ before: Digest, _ sequence: UInt64, _ row: [UInt8]) -> [UInt8] {
        var message = ByteWriter(capacity: Digest.width + 8 + row.count)
        message.append(before.bytes)
        message.append(AuditRow.key(sequence))
        message.append(row)
        return message.bytes
    }

    /// Walks from a known point to the last row; throws at the first gap. Returns the chain's value there.
    func walk(
        from sequence: UInt64, head: Digest, to last: UInt64, in rows: any RowReader,
        visit: (_ sequence: UInt64, _ row: [UInt8]) throws -> Void = { _, _ in }
    ) throws -> Digest {
        var (sequence, head) = (sequence, head)
        var earlier = sequence < last ? try self.earlier()[...] : []
        while sequence < last {
            let batch = try rows.rows(.audit, after: AuditRow.key(sequence), limit: 512)
            guard !batch.isEmpty else { throw VaultError.integrity(.audit(sequence + 1)) }
            for (key, row) in batch {
                sequence += 1
                guard key == AuditRow.key(sequence) else { throw VaultError.integrity(.audit(sequence)) }
                guard sequence <= last else { throw VaultError.integrity(.auditEnd) }
                try visit(sequence, row)
                while let past = earlier.first, past.last < sequence { earlier.removeFirst() }
                head = step(head, sequence, row, under: earlier.first?.state)
            }
        }
        return head
    }

    /// Opens one row's payload.
    func event(_ sequence: UInt64, _ bytes: [UInt8]) throws -> AuditEvent { try open(sequence, bytes).event }

    /// The same, for whoever only wants to know whether it opens.
    func open(_ sequence: UInt64, _ bytes: [UInt8]) throws -> AuditPayloads.Opened {
        guard let past = try earlier().first(where: { $0.last >= sequence }) else {
            return try payloads.open(sequence, bytes)
        }
        let payloads = AuditPayloads(vaultID: keys.vaultID, epoch: past.epoch, key: past.payloads)
        return try payloads.open(sequence, bytes)
    }

    /// Those of the current data key.
    var payloads: AuditPayloads {
        AuditPayloads(vaultID: keys.vaultID, epoch: keys.epoch, key: keys.auditPayloads)
    }
}
