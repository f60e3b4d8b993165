internal import Sealing
package import SecureMemory
internal import VaultFormat

extension Vault {
    /// Gives the vault a new data key: everything is opened, proven and sealed again, in one transaction. The only slot
    /// afterwards is the one that this vault was opened by; the log goes on under new keys, and what it was stays provable.
    ///
    /// A change of the master key that was begun is finished with it. This vault is to be opened again afterwards; what was
    /// replaced is still to be wiped.
    ///
    /// - Parameter masterKey: The one that opened the vault.
    /// - Throws: ``VaultError/wrongKey`` for another; damage where any record is not as it was written: then nothing is changed.
    package func changeDataKey(_ masterKey: borrowing SecretBytes) throws {
        let newKey = SharedSecret(SecretBytes(randomCount: 32))
        let new = KeyRing(dataKey: newKey, vaultID: id, epoch: keys.epoch + 1)
        guard try slot(openedBy: masterKey) == slot else { throw VaultError.wrongKey }
        let cost = PassphraseCost(passes: keyCost.passes, memoryKiB: keyCost.memoryKiB) ?? .standard
        // Before the transaction: stretching takes half a second.
        let row = try SlotCrypto.wrap(
            newKey.bytes, under: masterKey, kind: keyKind, cost: cost, vaultID: id, number: slot, epoch: new.epoch)
        let anchor = try Self.anchor(anchors)
        let seen = try storage.transaction { rows in
            let head = try self.head(rows)
            try check(head, against: anchor, in: rows)
            let old = VaultTransaction(keys: keys, writer: rows, head: head, environment: environment)
            old.begin()
            let slots = try old.slots().map(\.number).filter { $0 != slot }
            let change = try DataKeyChange(old, generation: head.generation, to: new, environment: environment)
            let transaction = try change.sealed(slot: (slot, row))
            var facts = ["slot": "\(slot)", "key": keyKind.word, "data_key": "\(new.epoch)"]
            if !slots.isEmpty { facts["removed"] = slots.map(String.init).joined(separator: ",") }
            try transaction.record(.masterKeyChanged, facts: facts)
            if let pending = try transaction.pendingRekey() {
                try transaction.changeGatewayKey(pending.plan)
                try transaction.set(PendingRekey.setting, to: nil)
            }
            try transaction.set("wipe-pending", to: "yes")
            try transaction.finish()
            return transaction.head.anchor(of: new)
        }
        _ = anchors.raise(to: seen, durably: true)
        storage.settle()
    }
}

/// Everything of a vault, read under its old keys, on the way to new ones.
private struct DataKeyChange {
    private let writer: any RowWriter
    private let transaction: VaultTransaction
    private let audit: AuditEnd
    /// The epoch of the log that begins, and who it is sealed to.
    private let epoch: AuditEpoch
    private let auditors: [RegisteredAuditor]
    private let earlier: [EarlierAuditKeys]
    /// Entries, services, deliveries and settings as they are to be saved.
    private var records: [(space: EntryClass, name: String, fields: FieldMap, row: EntryRow)] = []
    private var oldTags: [[UInt8]] = []
    /// What was a value's fingerprint, in hexadecimal digits, and what it is.
    private var fingerprints: [Fingerprint: Fingerprint] = [:]
    /// The fingerprints of the values that deliveries were applied with, where anybody can say.
    private var applied: [DeliveryID: [Fingerprint]] = [:]

    /// Closes the log's epoch, and opens, proves and seals again everything that is sealed by itself: after this, nothing
    /// of the old tree is needed.
    init(
        _ old: VaultTransaction, generation: UInt64, to new: KeyRing, environment: VaultEnvironment
    ) throws {
        writer = old.writer
        auditors = try old.auditors()
        let number = try old.auditEpoch() + 1
        let firstKey = SharedSecret(SecretBytes(randomCount: 32))
        let fingerprint = AuditEpoch.fingerprint(firstKey, vaultID: new.vaultID, auditEpoch: number)
        try old.beginAuditEpoch(
            .dataKeyChanged, ["data_key": "\(new.epoch)", "epoch": "\(number)", "fingerprint": fingerprint],
            firstKey: firstKey)
        audit = old.head.audit
        epoch = AuditEpoch(
            row: AuditEpochRow(
                vaultID: new.vaultID, dataKeyEpoch: new.epoch, auditEpoch: number, last: audit.sequence,
                time: audit.time, rows: try old.provenRows().value.bytes, chain: audit.head.bytes,
                mac: audit.mac.bytes),
            firstKey: firstKey, payloadKey: new.auditPayloads)
        earlier =
            try old.earlierAuditKeys() + [
                EarlierAuditKeys(
                    epoch: old.keys.epoch, last: audit.sequence, state: old.keys.state,
                    payloads: old.keys.auditPayloads)
            ]
        transaction = VaultTransaction(
            keys: new, writer: old.writer,
            head: Head(
                generation: generation, count: 0, top: .zero, slotDigest: .zero, audit: audit, stored: old.head.stored),
            environment: environment)
        transaction.begin()
        try readApplied(old)
        try readSecrets(old)
        try readRecords(old)
    }

    /// What targets were given last: older versions may have to be opened to tell, which only their old rows can be.
    private mutating func readApplied(_ old: VaultTransaction) throws {
        for delivery in try old.inventory().deliveries {
            guard let plan = try old.plan(delivery.id), let commitment = plan.delivery.applied else { continue }
            guard commitment != plan.commitment else {
                applied[delivery.id] = plan.expected.map(\.fingerprint)
                continue
            }
            guard let parts = try old.versions(of: plan).applied, parts.count == plan.expected.count else { continue }
            applied[delivery.id] = try parts.map { part in
                old.keys.fingerprint(try old.sealedVersion(part.entry, part.version).open(old.keys).bytes)
            }
        }
    }

    /// Every version of every secret.
    private mutating func readSecrets(_ old: VaultTransaction) throws {
        try old.walk { tag, row in
            oldTags.append(tag)
            var (space, fields) = try old.overview(tag, row)
            guard space == .secret, let name = fields[text: "name"] else { return }
            let current = try old.entry(tag, row).fingerprint
            var (new, chain, digest) = (row, Digest.zero, Digest.zero)
            for (version, body) in try old.bodies(of: row) {
                let damage = VaultError.integrity(.body(entry: row.id, version: version))
                let value = try SealedVersion(entry: row.id, version: version, body: body).open(old.keys)
                let (before, after) = (
                    old.keys.fingerprint(value.bytes), transaction.keys.fingerprint(value.bytes)
                )
                guard let origin = VersionOrigin(rawValue: body.origin),
                    version != row.currentVersion || before == current
                else { throw damage }
                fingerprints[before] = after
                let key = BodyRow.key(entry: row.id, version: version)
                let bytes = try SealedVersion.seal(
                    value.bytes, keys: transaction.keys, entry: row.id, version: version, createdAt: body.createdAt,
                    origin: origin
                ).encoded
                try writer.setRow(.body, key, bytes)
                digest = transaction.bodyDigest(key, bytes)
                chain = transaction.historyStep(chain, version, digest)
                fields["fingerprint"] = after.bytes
            }
            (new.bodyDigest, new.history) = (digest.bytes, chain.bytes)
            records.append((space, name, fields, new))
        }
    }

    /// Everything else. What was applied stays applied: its commitment is made anew from the same values.
    private mutating func readRecords(_ old: VaultTransaction) throws {
        let inventory = try old.inventory()
        let plans = Dictionary(uniqueKeysWithValues: try inventory.deliveries.map { ($0.id, try old.plan($0.id)) })
        let settings = SettingNames(of: inventory, auditors: auditors, epoch: epoch.row.auditEpoch, old.keys)
        try old.walk { tag, row in
            var (space, fields) = try old.overview(tag, row)
            switch space {
            case .secret: break
            case .service: records.append((space, fields[text: "slug"] ?? "", fields, row))
            case .delivery:
                guard let delivery = Delivery(fields), let plan = plans[delivery.id] ?? nil else {
                    throw VaultError.integrity(.overview(tag: tag))
                }
                fields["applied"] = applied(plan)?.bytes ?? fields["applied"]
                for name in fields.names where name.hasPrefix("receipt.") {
                    guard let bytes = fields[text: name].flatMap({ hexadecimal($0) }), bytes.count == 32,
                        let after = fingerprints[Fingerprint(bytes: bytes)]
                    else { continue }
                    fields[text: name] = hexadecimal(after.bytes)
                }
                records.append((space, delivery.id.text, fields, row))
            case .setting:
                guard let name = fields[text: SettingField.name] ?? settings.name(of: tag) else {
                    throw VaultError.integrity(.record("setting"))
                }
                // Those of earlier data keys are sealed by what goes now, and are written below.
                guard !name.hasPrefix("audit-keys/") else { return }
                records.append((space, name, fields, row))
            }
        }
    }

    /// The commitment of what was last applied under the new keys; nil where nothing was, or nobody can say what.
    private func applied(_ plan: DeliveryPlan) -> Fingerprint? {
        guard let before = applied[plan.delivery.id] else { return nil }
        var expected = plan.expected
        for (position, fingerprint) in before.enumerated() {
            guard let after = fingerprints[fingerprint] else { return nil }
            expected[position].fingerprint = after
        }
        return DesiredState.commitment(
            plan.delivery, service: plan.service, expected: expected, keys: transaction.keys)
    }

    /// Takes the old rows away, and saves everything under the new keys.
    func sealed(slot: (number: UInt8, row: [UInt8])) throws -> VaultTransaction {
        for table in [RowTable.node, .bucket, .slot] {
            while case let found = try writer.rows(table, after: nil, limit: 512), !found.isEmpty {
                for (key, _) in found { try writer.deleteRow(table, key) }
            }
        }
        for tag in oldTags { try writer.deleteRow(.entry, tag) }
        try transaction.setSlot(slot.number, to: slot.row)
        for (space, name, fields, row) in records {
            var fields = fields
            if space == .setting { fields[text: SettingField.name] = name }
            try transaction.save(space, name, fields, row, isNew: true)
        }
        for keys in earlier {
            try transaction.setQuietly(
                EarlierKeysSetting.name(keys.epoch), to: EarlierKeysSetting.text(keys, sealedUnder: transaction.keys))
        }
        try transaction.seal(epoch, to: auditors)
        return transaction
    }
}

/// The names of settings that older programs wrote: they stand nowhere, but there are only so many.
private struct SettingNames {
    private var names: [[UInt8]: String] = [:]

    init(of inventory: Inventory, auditors: [RegisteredAuditor], epoch: UInt32, _ keys: KeyRing) {
        let namespaces =
            inventory.services.map(\.namespace.text)
            + inventory.entries.filter { $0.kind == .ownerToken }.compactMap {
                $0.name.text.split(separator: "/").last.map(String.init)
            }
        var all = [
            "namespace", VaultSnapshot.nextOrdinalSetting, "api-url", "wipe-pending", "anchor-missing",
            AuditorSetting.auditors,
            AuditorSetting.epoch,
        ]
        all += namespaces.flatMap { ["email/" + $0, "token-api/" + $0] }
        for auditor in auditors where auditor.auditEpoch <= epoch {
            all += (auditor.auditEpoch...epoch).map { AuditorSetting.box($0, auditor.auditor) }
        }
        for name in all { names[keys.tag(.setting, name)] = name }
    }

    func name(of tag: [UInt8]) -> String? { names[tag] }
}
