internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// Opens the payloads of audit rows: what it needs is a vault's, or what an auditor was given.
struct AuditPayloads {
    let vaultID: [UInt8]
    let epoch: UInt32
    let key: SharedSecret

    /// A row opened: the event, the row as it is stored, and the fields of its payload.
    struct Opened {
        let sequence: UInt64
        let operation: AuditOperation
        let row: AuditRow
        let fields: FieldMap

        var event: AuditEvent {
            let actor = Actor(userID: row.userID, processID: row.processID, program: fields[text: "program"] ?? "")
            let others = fields.names.filter { !["program", "name", RunningMAC.proofField].contains($0) }
            return AuditEvent(
                sequence: sequence, time: row.time, operation: operation, actor: actor, name: fields[text: "name"],
                entryID: row.entryID, facts: others.map { ($0, fields[text: $0] ?? "") })
        }
    }

    func seal(_ fields: FieldMap, _ row: AuditRow, _ sequence: UInt64, _ nonce: Nonce) throws(VaultError) -> [UInt8] {
        guard let padded = Padding.pad(fields.encoded) else { throw .valueTooLarge }
        return AEAD.seal(bytes: padded, boundTo: bound(row, sequence), nonce: nonce, key: key.bytes)
    }

    func open(_ sequence: UInt64, _ bytes: [UInt8]) throws(VaultError) -> Opened {
        guard let row = try? AuditRow(decoding: bytes), let operation = AuditOperation(rawValue: row.operation),
            let nonce = Nonce(row.nonce),
            let opened = try? AEAD.openBytes(
                row.ciphertext, boundTo: bound(row, sequence), nonce: nonce, key: key.bytes),
            let fields = try? FieldMap(decoding: opened, in: Padding.content(of: opened))
        else { throw .integrity(.audit(sequence)) }
        return Opened(sequence: sequence, operation: operation, row: row, fields: fields)
    }

    private func bound(_ row: AuditRow, _ sequence: UInt64) -> [UInt8] {
        var bound = KeyRing.boundWriter(vaultID, epoch)
        bound.framed("audit")
        bound.framed(bigEndian: sequence)
        bound.framed(row.boundPart)
        return bound.bytes
    }
}
