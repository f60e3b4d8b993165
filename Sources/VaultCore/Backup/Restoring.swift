package import Sealing
package import SecureMemory
internal import VaultFormat

/// What a vault opens with after it was restored.
package enum RestoredKey: Sendable {
    /// What opened it when it was backed up.
    case asBackedUp
    /// This master key, and no other.
    case new(SharedSecret, PassphraseCost)
}

extension BackupFile {
    /// Puts the vault of this backup into a store that has none, in one transaction: all of it is proven before it is
    /// committed. A new audit epoch begins, since the key of the old one is in no backup.
    ///
    /// - Parameters:
    ///   - opened: Its keys.
    ///   - storage: A store without a vault.
    ///   - key: What it opens with from now on.
    ///   - anchors: The machine's anchor at that place.
    ///   - acceptsRollback: Whether the backup may be older than the anchor.
    ///   - environment: Who does it, and when.
    /// - Returns: What was restored.
    /// - Throws: ``BackupError``, ``VaultError``, ``StorageError``; then nothing has changed.
    package func restore(
        with opened: BackupKeys, into storage: any VaultStorage, key: RestoredKey, anchors: any AnchorStore,
        acceptsRollback: Bool, environment: VaultEnvironment
    ) throws -> BackupReport {
        let anchor = try Vault.anchor(anchors)
        // Before the transaction: stretching a passphrase takes half a second.
        let slots = try slots(for: key, opened)
        let (report, restored) = try storage.transaction { rows in
            guard try rows.head() == nil, try !Vault.holdsRows(rows) else { throw BackupError.vaultExists }
            var (report, head) = try read(
                with: opened, against: anchor, acceptsRollback: acceptsRollback
            ) { record throws(StorageError) in try rows.setRow(record.table, record.key, record.value) }
            for slot in slots { try rows.setRow(.slot, slot.key, slot.value) }
            head.slotDigest = HeadCrypto.slotDigest(slots.map { ($0.key, $0.value) })
            let transaction = VaultTransaction(
                keys: opened.keys, writer: rows, head: head, environment: environment)
            transaction.begin()
            try transaction.beginRestoredEpoch(backup: header.backupID)
            // A change of the master key that was begun is one between slots that are gone.
            if case .new = key { try transaction.set("rekey", to: nil) }
            try transaction.finish()
            let restored = transaction.head.anchor(of: opened.keys)
            // What is given up on purpose is given up with the vault's own change, as nearly as two files allow.
            if let anchor, !anchor.leads(to: restored) { _ = anchors.replace(with: restored) }
            return (report, restored)
        }
        _ = anchors.raise(to: restored, durably: true)
        storage.settle()
        return report
    }

    private func slots(for key: RestoredKey, _ opened: BackupKeys) throws(VaultError) -> [BackupHeader.Slot] {
        switch key {
        case .asBackedUp: return header.slots
        case .new(let masterKey, let cost):
            let row = try SlotCrypto.wrap(
                opened.keys.dataKey.bytes, under: masterKey.bytes, kind: .classify(masterKey.bytes), cost: cost,
                vaultID: header.vaultID, number: 0, epoch: header.epoch)
            return [BackupHeader.Slot(key: [0], value: row)]
        }
    }
}

extension Anchor {
    /// Whether a vault may have gone from here to there, by their numbers.
    fileprivate func leads(to other: Anchor) -> Bool {
        vaultID == other.vaultID && auditSequence < other.auditSequence && generation <= other.generation
    }
}
