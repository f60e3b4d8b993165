internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// A backup as it is read: once, from its start to its end.
package struct BackupFile {
    let header: BackupHeader
    private let encodedHeader: [UInt8]
    private let tag: Digest
    let source: LogSource

    /// Reads the header.
    ///
    /// - Throws: ``VaultError/integrity(_:)`` for what is no backup; what `source` throws.
    package init(_ source: @escaping LogSource) throws {
        let damage = VaultError.integrity(.backup)
        guard let start = try Self.take(BackupHeader.startWidth, source),
            let count = try? BackupHeader.decodeStart(start), let rest = try Self.take(count, source),
            let tag = try Self.take(BackupHeader.tagWidth, source).flatMap({ Digest($0) }),
            let header = try? BackupHeader(decodingRest: rest), header.encoded == start + rest
        else { throw damage }
        self.header = header
        self.tag = tag
        encodedHeader = start + rest
        self.source = source
    }

    /// Whether a passphrase may open it.
    package var takesPassphrase: Bool {
        header.slots.contains { slot in
            (try? SlotCrypto.decode((slot.key, slot.value)))?.kdf == MasterKeyKind.passphrase.rawValue
        }
    }

    /// 16 bytes: the vault's id, as the header says it.
    package var vaultID: [UInt8] { header.vaultID }

    /// Opens the backup's keys, and proves its header with them.
    ///
    /// - Throws: ``VaultError/wrongKey`` or ``BackupError/otherRecipient`` where the key is not one of this backup.
    package func keys(with key: BackupKey) throws -> BackupKeys {
        guard let (stream, keys) = try header.keys(with: key) else {
            if case .recipient = key { throw BackupError.otherRecipient }
            throw VaultError.wrongKey
        }
        let opened = BackupKeys(keys: keys, stream: stream, tag: tag.bytes)
        try check(opened)
        return opened
    }

    private func check(_ opened: BackupKeys) throws {
        let expected = BackupKeys.tag(opened.stream, encodedHeader)
        guard tag.matches(expected), opened.tag == tag.bytes else { throw VaultError.integrity(.backup) }
    }

    /// Proves all of the backup, and compares it with the machine's anchor. Changes nothing.
    ///
    /// - Parameters:
    ///   - opened: Its keys.
    ///   - anchor: What this machine last saw at the place where the vault is to be; nil: nothing.
    ///   - acceptsRollback: Whether it may be older than that.
    /// - Returns: What it holds.
    /// - Throws: ``VaultError/integrity(_:)``, ``BackupError``.
    package func prove(
        with opened: BackupKeys, against anchor: Anchor? = nil, acceptsRollback: Bool = false
    ) throws -> BackupReport {
        try read(with: opened, against: anchor, acceptsRollback: acceptsRollback) { _ throws(StorageError) in }.report
    }

    /// Reads and proves all of it; `keep` is given each row before the whole is proven.
    func read(
        with opened: BackupKeys, against anchor: Anchor?, acceptsRollback: Bool,
        keep: @escaping (BackupRecord) throws(StorageError) -> Void
    ) throws -> (report: BackupReport, head: Head) {
        try check(opened)
        var stream = StreamOpener(key: opened.stream, tag: opened.tag, source: source)
        let head = try Head(inBackup: try stream.take(BackupHead.width), opened.keys)
        try compare(head, with: anchor, acceptsRollback: acceptsRollback)
        let rows = try StreamedRows(stream, slots: header.slots, opened.keys, keep: keep)
        let snapshot = VaultSnapshot(keys: opened.keys, rows: rows, head: head, now: header.time)
        let (proven, chain) = try Result { try snapshot.prove(noting: anchor?.auditSequence) }
            .mapError { rows.failure ?? $0 }.get()
        guard rows.isFinished else { throw VaultError.integrity(.backup) }
        if let anchor, anchor.auditSequence <= head.audit.sequence, chain != anchor.auditHead {
            throw VaultError.integrity(.forked)
        }
        return (header.report(opened.keys, head, proven), head)
    }

    private func compare(_ head: Head, with anchor: Anchor?, acceptsRollback: Bool) throws {
        guard let anchor else { return }
        guard anchor.vaultID == header.vaultID else { throw BackupError.otherVault }
        let isOlder = head.audit.sequence < anchor.auditSequence || head.generation < anchor.generation
        guard !isOlder || acceptsRollback else {
            throw BackupError.older(backup: head.audit.sequence, seen: anchor.auditSequence)
        }
    }

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

extension Head {
    /// The row of this head; its audit key is left out.
    func row(of keys: KeyRing) -> HeadRow {
        HeadRow(
            vaultID: keys.vaultID, epoch: keys.epoch, generation: generation, count: count, top: top.bytes,
            slotDigest: slotDigest.bytes, auditSequence: audit.sequence, auditTime: audit.time,
            auditHead: audit.head.bytes, auditMAC: audit.mac.bytes,
            auditKeyNonce: [UInt8](repeating: 0, count: Nonce.width), sealedAuditKey: [UInt8](repeating: 0, count: 48))
    }

    /// The head of a backup; its audit key is a new one.
    init(inBackup bytes: [UInt8], _ keys: KeyRing) throws {
        guard let row = try? BackupHead.decode(bytes), row.vaultID == keys.vaultID, row.epoch == keys.epoch,
            let top = Digest(row.top), let slots = Digest(row.slotDigest), let auditHead = Digest(row.auditHead),
            let mac = Digest(row.auditMAC)
        else { throw VaultError.integrity(.backup) }
        self.init(
            generation: row.generation, count: row.count, top: top, slotDigest: slots,
            audit: AuditEnd(
                sequence: row.auditSequence, time: row.auditTime, head: auditHead, mac: mac,
                key: SharedSecret(SecretBytes(randomCount: 32))), stored: nil)
    }
}
