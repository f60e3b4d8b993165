internal import Sealing
package import SecureMemory
internal import VaultFormat

/// What storing a value did.
package struct StoreOutcome: Sendable, Equatable {
    package let version: UInt32
    /// False where the value was already the current one.
    package let isNew: Bool
}

/// How a value should be kept. Nil keeps what is there.
package struct StorePolicy: Sendable {
    package var generator: String?
    package var rotationIntervalDays: UInt32?

    package init(generator: String? = nil, rotationIntervalDays: UInt32? = nil) {
        self.generator = generator
        self.rotationIntervalDays = rotationIntervalDays
    }
}

/// A change of an open vault: everything in it happens, and is in the log, or nothing.
package final class VaultTransaction: VaultSnapshot {
    let writer: any RowWriter
    private let environment: VaultEnvironment
    private var changed = false

    init(keys: KeyRing, writer: any RowWriter, head: Head, environment: VaultEnvironment) {
        self.writer = writer
        self.environment = environment
        super.init(keys: keys, rows: writer, head: head, now: max(environment.now(), head.audit.time))
    }

    /// Milliseconds since 1970 UTC: the time of everything in this transaction.
    package var time: Int64 { now }

    // MARK: Secrets

    /// Stores a value as a new version, unless it is the current one already.
    @discardableResult
    package func store(
        _ value: borrowing SecretBytes, as name: EntryName, origin: VersionOrigin, policy: StorePolicy = StorePolicy()
    ) throws -> StoreOutcome {
        try store(value, as: name, origin: origin, policy: policy, over: try standing(of: name, value))
    }

    /// The same, where it is known what is there.
    func store(
        _ value: borrowing SecretBytes, as name: EntryName, origin: VersionOrigin, policy: StorePolicy = StorePolicy(),
        over standing: Standing
    ) throws -> StoreOutcome {
        let (existing, old, fingerprint) = (standing.row, standing.entry, standing.fingerprint)
        if let old, old.fingerprint == fingerprint {
            try keep(policy, of: old)
            return StoreOutcome(version: old.currentVersion, isNew: false)
        }
        let description = try environment.describe(name, value)
        let id = old?.id ?? RandomBytes.make(16)
        let version = (old?.currentVersion ?? 0) + 1
        let body = try SealedVersion.seal(
            value, keys: keys, entry: id, version: version, createdAt: now, origin: origin)
        let key = BodyRow.key(entry: id, version: version)
        let bytes = body.encoded
        try writer.setRow(.body, key, bytes)
        let digest = bodyDigest(key, bytes)
        let chain = existing.flatMap { Digest($0.history) } ?? .zero
        let overview = Overview(
            name: name, createdAt: old?.createdAt ?? now, updatedAt: now, maskedPrefix: Redaction.prefix(of: value),
            fingerprint: fingerprint, generator: policy.generator ?? old?.generator,
            rotationIntervalDays: policy.rotationIntervalDays ?? old?.rotationIntervalDays,
            rotateWith: old?.rotateWith, deliveries: old?.deliveries ?? [], facts: description)
        var row = existing ?? emptyRow(id: id)
        row.firstVersion = old?.firstVersion ?? version
        row.currentVersion = version
        row.bodyDigest = digest.bytes
        row.history = historyStep(chain, version, digest).bytes
        try save(.secret, name.text, overview.fields, row, at: standing.tag)
        var facts = FieldMap()
        facts[text: "version"] = "\(version)"
        facts[text: "origin"] = origin.text
        try record(.versionStored, entry: id, name: name, fields: facts)
        return StoreOutcome(version: version, isNew: true)
    }

    /// Makes an older value the newest version again. Its value never leaves the vault.
    package func rollback(_ name: EntryName, to version: UInt32?) throws -> StoreOutcome {
        guard let entry = try entry(name) else { throw VaultError.noSuchEntry(name) }
        guard version != nil || entry.currentVersion > entry.firstVersion else {
            throw VaultError.noSuchVersion(name, entry.currentVersion - 1)
        }
        let value = try sealedVersion(name, version ?? entry.currentVersion - 1).open(keys)
        return try store(value.bytes, as: name, origin: .rolledBack)
    }

    /// Removes an entry with all its versions. Deliveries that it had are the caller's to withdraw first.
    package func remove(_ name: EntryName) throws {
        guard let (tag, row) = try row(.secret, name.text) else { throw VaultError.noSuchEntry(name) }
        for (version, _) in try bodies(of: row) {
            try writer.deleteRow(.body, BodyRow.key(entry: row.id, version: version))
        }
        pending[tag] = .some(nil)
        head.count -= 1
        changed = true
        try record(.entryRemoved, entry: row.id, name: name)
        try noteGone(name)
    }

    /// Removes the versions of an entry but the last `count`, which is 1 or more. Every version is proven first; the history
    /// begins anew with the first that is kept.
    func prune(_ name: EntryName, keeping count: UInt32) throws -> PruneOutcome {
        guard let (tag, row) = try row(.secret, name.text) else { throw VaultError.noSuchEntry(name) }
        let bodies = try bodies(of: row)
        guard bodies.count > Int(count), let first = bodies.suffix(Int(count)).first?.version else {
            return PruneOutcome(removed: [], firstVersion: row.firstVersion, currentVersion: row.currentVersion)
        }
        var (chain, removed) = (Digest.zero, [UInt32]())
        for (version, _) in bodies {
            let key = BodyRow.key(entry: row.id, version: version)
            if version < first {
                try writer.deleteRow(.body, key)
                removed.append(version)
            } else if let bytes = try writer.row(.body, key) {
                chain = historyStep(chain, version, bodyDigest(key, bytes))
            }
        }
        var kept = row
        (kept.firstVersion, kept.history) = (first, chain.bytes)
        try save(.secret, name.text, overview(tag, row).fields, kept, isNew: false)
        try record(
            .versionsPruned, entry: row.id, name: name, facts: ["first": "\(first)", "removed": "\(removed.count)"])
        return PruneOutcome(removed: removed, firstVersion: first, currentVersion: row.currentVersion)
    }

    /// Gives a user's own entry another name; its versions stay.
    package func move(_ name: EntryName, to newName: EntryName) throws {
        guard let (tag, row) = try row(.secret, name.text) else { throw VaultError.noSuchEntry(name) }
        guard try self.row(.secret, newName.text) == nil else { throw VaultError.entryExists(newName) }
        guard name.kind == .userSecret, newName.kind == .userSecret else { throw VaultError.notMovable(name) }
        guard var overview = Overview(try self.overview(tag, row).fields) else {
            throw VaultError.integrity(.overview(tag: tag))
        }
        overview.name = newName
        pending[tag] = .some(nil)
        head.count -= 1
        try save(.secret, newName.text, overview.fields, row, isNew: true)
        for id in overview.deliveries {
            guard var delivery = try delivery(id) else { continue }
            delivery.entries = delivery.entries.map { $0 == name ? newName : $0 }.sorted()
            try saveQuietly(delivery)
        }
        try record(.entryMoved, entry: row.id, name: newName, facts: ["from": name.text])
        try noteGone(name)
    }

    /// Writes down that a value is about to leave the vault. The caller opens it after the commit.
    func release(_ name: EntryName, version: UInt32?, purpose: String) throws -> SealedVersion {
        let sealed = try sealedVersion(name, version)
        try record(
            .released, entry: sealed.entry, name: name, facts: ["version": "\(sealed.version)", "purpose": purpose])
        return sealed
    }

    // MARK: Records

    /// Saves a service where it differs from what is there.
    package func save(_ service: ServiceRecord) throws {
        guard try self.service(service.slug) != service else { return }
        let row = try row(.service, service.slug.text)?.row
        try save(.service, service.slug.text, service.fields, row ?? emptyRow(), isNew: row == nil)
        try record(.serviceSaved, facts: ["service": service.slug.text, "mode": service.mode.rawValue])
    }

    /// Removes a service's record.
    package func remove(_ service: Slug) throws {
        guard let (tag, _) = try row(.service, service.text) else { return }
        forget(tag)
        try record(.serviceRemoved, facts: ["service": service.text])
    }

    /// Says what should be where, and notes it with the entries that are delivered.
    package func declare(_ delivery: Delivery) throws {
        try saveQuietly(delivery)
        try record(.deliveryDeclared, facts: ["target": delivery.id.text])
        for name in delivery.entries { try note(delivery.id, with: name, isPresent: true) }
    }

    /// Replaces a delivery's record without an event of its own.
    func saveQuietly(_ delivery: Delivery) throws {
        let row = try row(.delivery, delivery.id.text)?.row
        try save(.delivery, delivery.id.text, delivery.fields, row ?? emptyRow(), isNew: row == nil)
    }

    /// Forgets a delivery, with the entries that it delivered.
    package func remove(_ id: DeliveryID) throws {
        guard let delivery = try delivery(id), let (tag, _) = try row(.delivery, id.text) else { return }
        forget(tag)
        for name in delivery.entries { try note(id, with: name, isPresent: false) }
        try record(.withdrawn, facts: ["target": id.text])
    }

    /// Keeps a setting of the vault; nil takes it away.
    package func set(_ setting: String, to value: String?) throws {
        guard try self.setting(setting) != value else { return }
        if let value {
            try setQuietly(setting, to: value)
        } else if let (tag, _) = try row(.setting, setting) {
            forget(tag)
        }
        try record(.settingChanged, facts: ["setting": setting])
    }

    /// Keeps a setting without an event of its own.
    func setQuietly(_ setting: String, to value: String) throws {
        var fields = FieldMap()
        fields[text: "value"] = value
        // Under another data key its tag is another one: then its name has to be known.
        fields[text: SettingField.name] = setting
        let row = try row(.setting, setting)?.row
        try save(.setting, setting, fields, row ?? emptyRow(), isNew: row == nil)
    }

    /// Closes the audit epoch with this event, and goes on with a key that has nothing to do with the keys before it.
    /// What it is stays for the caller to seal; the caller changes something in the same transaction.
    func beginAuditEpoch(
        _ operation: AuditOperation, _ facts: [String: String], firstKey: SharedSecret
    ) throws {
        changed = true
        try record(operation, facts: facts)
        head.audit.key = firstKey
    }

    /// Adds an event. Facts are identifiers, never values.
    package func record(
        _ operation: AuditOperation, entry: [UInt8]? = nil, name: EntryName? = nil, facts: [String: String] = [:]
    ) throws {
        var fields = FieldMap()
        for (key, value) in facts { fields[text: key] = value }
        try record(operation, entry: entry, name: name, fields: fields)
    }

    private func record(
        _ operation: AuditOperation, entry: [UInt8]?, name: EntryName?, fields given: FieldMap
    ) throws {
        var fields = given
        if let name { fields[text: "name"] = name.text }
        if changed, head.generation == startGeneration { head.generation += 1 }
        try chain.append(
            operation, entry: entry ?? [UInt8](repeating: 0, count: 16), facts: fields, generation: head.generation,
            now: now, actor: environment.actor, to: &head.audit, in: writer)
    }

    /// The setting that says that no anchor can be kept, and that the log says so already.
    static let missingAnchorNote = "anchor-missing"

    /// Records that there is no anchor to compare with, unless that is noted already.
    func recordMissingAnchor() throws {
        guard try setting(Self.missingAnchorNote) == nil else { return }
        try record(.anchorMissing)
    }

    // MARK: The end

    /// Brings the tree and the head up to date; does nothing where there is nothing to write.
    func finish() throws {
        let start = head.stored.map { _ in startSequence } ?? 0
        guard head.audit.sequence != start || !pending.isEmpty || head.stored == nil else { return }
        // For a few rows the keys are opened for each hash, for many once.
        let top = pending.count > 16 ? try keys.whileReadable(writePending) : try writePending()
        // A change without an event would leave a head that the anchor's walk over the log cannot arrive at.
        if changed, head.audit.sequence == startSequence {
            try record(.settingChanged, facts: ["setting": "internal"])
        }
        if changed, head.generation == startGeneration { head.generation += 1 }
        head.top = top
        let new = HeadCrypto.encode(head, keys)
        try writer.swapHead(from: head.stored, to: new)
        head.stored = new
    }

    /// Writes the entries that changed, and the tree over them; returns its new top.
    private func writePending() throws -> Digest {
        var changes: [StateTree.Change] = []
        changes.reserveCapacity(pending.count)
        // In the order of the keys, which is how the store keeps them: a thousand rows touch each of its pages once.
        let sorted = pending.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (tag, row) in sorted { changes.append((tag, row.map { tree.entryHash(tag: tag, row: $0) })) }
        var added: [[UInt8]] = []
        let top = try tree.update(sorted: changes, top: head.top, in: writer) { added.append($0) }
        var new = added[...]
        for (tag, row) in sorted {
            if let row, new.first == tag {
                new.removeFirst()
                // A row that the tree knows nothing of was put there by somebody: it is not covered up.
                guard try writer.addRow(.entry, tag, row) else { throw VaultError.integrity(.entry(tag: tag)) }
            } else if let row {
                try writer.setRow(.entry, tag, row)
            } else {
                try writer.deleteRow(.entry, tag)
            }
        }
        return top
    }

    private lazy var startSequence = head.audit.sequence
    private lazy var startGeneration = head.generation

    /// Remembers where the transaction began; called before anything is changed.
    func begin() {
        _ = (startSequence, startGeneration)
    }

    private func emptyRow(id: [UInt8]? = nil) -> EntryRow {
        EntryRow(
            id: id ?? RandomBytes.make(16), revision: 0, firstVersion: 0, currentVersion: 0,
            bodyDigest: Digest.zero.bytes, history: Digest.zero.bytes, nonce: [], ciphertext: [], commitment: [])
    }

    /// Seals fields as a row's new overview.
    func save(
        _ space: EntryClass, _ name: String, _ fields: FieldMap, _ old: EntryRow, isNew: Bool? = nil,
        at known: [UInt8]? = nil
    ) throws {
        let tag = known ?? keys.tag(space, name)
        let isNew = isNew ?? (old.revision == 0)
        var row = old
        row.revision += 1
        let nonce = Nonce.random()
        let bound = bound(tag, row)
        guard let padded = Padding.pad([space.rawValue] + fields.encoded) else { throw VaultError.valueTooLarge }
        row.nonce = nonce.bytes
        row.ciphertext = AEAD.seal(bytes: padded, boundTo: bound, nonce: nonce, key: keys.overviews.bytes)
        row.commitment = keys.commitment(boundTo: bound, nonce: row.nonce, ciphertext: row.ciphertext).bytes
        pending[tag] = row.encoded
        if isNew { head.count += 1 }
        changed = true
    }

    private func forget(_ tag: [UInt8]) {
        pending[tag] = .some(nil)
        head.count -= 1
        changed = true
    }

    /// Keeps a policy that differs, without a new version.
    func keep(_ policy: StorePolicy, of entry: Entry) throws {
        let generator = policy.generator ?? entry.generator
        let days = policy.rotationIntervalDays ?? entry.rotationIntervalDays
        guard generator != entry.generator || days != entry.rotationIntervalDays else { return }
        try change(entry.name) { overview in
            overview.generator = generator
            overview.rotationIntervalDays = days
        }
        try record(.settingChanged, entry: entry.id, name: entry.name, facts: ["setting": "policy"])
    }

    /// Keeps the command whose output is an entry's next value; nil takes it away.
    func keep(rotateWith command: String?, of name: EntryName) throws {
        guard let entry = try entry(name) else { throw VaultError.noSuchEntry(name) }
        guard entry.rotateWith != command else { return }
        try change(name) { $0.rotateWith = command }
        // Not the command: it can have a password among its words.
        let facts = ["setting": "rotate-with", "state": command == nil ? "none" : "set"]
        try record(.settingChanged, entry: entry.id, name: name, facts: facts)
    }

    func note(_ id: DeliveryID, with name: EntryName, isPresent: Bool) throws {
        guard let entry = try entry(name), entry.deliveries.contains(id) != isPresent else { return }
        try change(name) { overview in
            overview.deliveries.removeAll { $0 == id }
            if isPresent { overview.deliveries = (overview.deliveries + [id]).sorted() }
        }
    }

    private func change(_ name: EntryName, _ edit: (inout Overview) -> Void) throws {
        guard let (tag, row) = try row(.secret, name.text), var overview = Overview(try overview(tag, row).fields)
        else { throw VaultError.noSuchEntry(name) }
        edit(&overview)
        try save(.secret, name.text, overview.fields, row, isNew: false)
    }
}
