internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// What a backup holds, as it was proven.
package struct BackupReport: Sendable, Equatable {
    /// 16 bytes each: the vault's id, and this backup's.
    package let vaultID: [UInt8], backupID: [UInt8]
    /// When it was made, in milliseconds since 1970 UTC.
    package let time: Int64
    package let generation: UInt64
    package let auditSequence: UInt64
    /// Names the vault's data key: 32 hexadecimal digits.
    package let fingerprint: String
    package let recipients: [Recipient]
    package let proven: VerificationReport
}

/// Why a vault is not backed up, or not restored.
package enum BackupError: Error, Sendable {
    /// The public key is one of the few that nothing can be sealed to.
    case unusableRecipient(Recipient)
    case tooManyRecipients(limit: Int)
    /// Nothing in the backup is for this recipient.
    case otherRecipient
    /// The backup is of another vault than the one that was here.
    case otherVault
    /// This machine has seen the vault in a newer state.
    case older(backup: UInt64, seen: UInt64)
    /// The vault's data key is not the one of the fingerprint.
    case otherFingerprint
    /// There is a vault already.
    case vaultExists
}

extension Vault {
    /// Writes down that a backup is about to be made, and for whom.
    ///
    /// - Throws: ``BackupError`` for recipients that it cannot be made for; ``StorageError`` where it cannot be written
    ///   down, unless there are no recipients: then nobody is given what they do not have.
    /// - Returns: The backup's id, 16 random bytes, and whether it stands in the log.
    package func announceBackup(for recipients: [Recipient]) throws -> (id: [UInt8], isRecorded: Bool) {
        guard recipients.count <= Recipient.limit else {
            throw BackupError.tooManyRecipients(limit: Recipient.limit)
        }
        for recipient in recipients where SealedBox.seal(SecretBytes(copying: []), to: recipient.key) == nil {
            throw BackupError.unusableRecipient(recipient)
        }
        let id = RandomBytes.make(16)
        var facts = ["backup": hexadecimal(id)]
        if !recipients.isEmpty { facts["recipients"] = recipients.map(\.text).joined(separator: " ") }
        do {
            try write { try $0.record(.backedUp, facts: facts) }
            return (id, true)
        } catch let error as StorageError where recipients.isEmpty && (error == .full || error == .readOnly) {
            return (id, false)
        }
    }

    /// Writes one consistent state of the vault as a sealed stream; everything in it is proven on the way. Others may write
    /// to the vault meanwhile.
    ///
    /// - Parameters:
    ///   - id: What ``announceBackup(for:)`` answered, for the same recipients.
    ///   - recipients: Who can open it besides the master key.
    ///   - write: Takes the next bytes.
    /// - Returns: What the backup holds.
    /// - Throws: What `write` throws; ``VaultError/integrity(_:)`` where the vault is not as it was written.
    package func backUp(
        as id: [UInt8], for recipients: [Recipient], to write: @escaping ([UInt8]) throws -> Void
    ) throws -> BackupReport {
        try read { snapshot in
            let stream = SharedSecret(SecretBytes(randomCount: 32))
            let header = try header(id, snapshot, stream, recipients)
            let tag = BackupKeys.tag(stream, header.encoded).bytes
            try write(header.encoded + tag)
            let sealer = Sealer(StreamSealer(key: stream, tag: tag, write: write))
            try sealer.stream.append(BackupHead.encode(snapshot.head.row(of: keys)))
            let rows = RecordedRows(snapshot.rows, keys) { try sealer.stream.append($0.encoded) }
            let recorded = VaultSnapshot(keys: keys, rows: rows, head: snapshot.head, now: snapshot.now)
            let proven: VerificationReport
            do {
                proven = try recorded.prove().report
            } catch {
                throw rows.failure ?? error
            }
            try sealer.stream.finish()
            return header.report(keys, snapshot.head, proven)
        }
    }

    private func header(
        _ id: [UInt8], _ snapshot: VaultSnapshot, _ stream: SharedSecret, _ recipients: [Recipient]
    ) throws -> BackupHeader {
        let nonce = Nonce.random()
        let slots = try snapshot.rows.rows(.slot, after: nil, limit: 256)
        guard slots.count <= BackupHeader.slotLimit else { throw VaultError.integrity(.orphan(.slot)) }
        return BackupHeader(
            vaultID: keys.vaultID, epoch: keys.epoch, backupID: id, time: snapshot.now,
            slots: slots.map { BackupHeader.Slot(key: $0.key, value: $0.value) }, nonce: nonce.bytes,
            sealedKey: BackupKeys.sealStreamKey(stream, keys, backupID: id, nonce: nonce),
            recipients: try recipients.map { recipient in
                guard let box = BackupKeys.seal(stream, keys.dataKey, to: recipient) else {
                    throw BackupError.unusableRecipient(recipient)
                }
                return BackupHeader.Recipient(key: recipient.key.bytes, box: box)
            })
    }
}

/// Where the records of one backup go.
private final class Sealer {
    var stream: StreamSealer

    init(_ stream: StreamSealer) {
        self.stream = stream
    }
}

extension BackupHeader {
    func report(_ keys: KeyRing, _ head: Head, _ proven: VerificationReport) -> BackupReport {
        BackupReport(
            vaultID: vaultID, backupID: backupID, time: time, generation: head.generation,
            auditSequence: head.audit.sequence, fingerprint: keys.fingerprint,
            recipients: recipients.compactMap { RecipientKey($0.key).map(VaultCore.Recipient.init(key:)) },
            proven: proven)
    }
}
