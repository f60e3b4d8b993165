package import Sealing
internal import SecureMemory
internal import VaultFormat

/// One consistent state of an open vault, proven record by record as it is read.
package class VaultSnapshot {
    let keys: KeyRing
    let rows: any RowReader
    var head: Head
    /// Milliseconds since 1970 UTC: when this state is looked at.
    let now: Int64
    /// Changes of this transaction that the tree does not have yet; nil: removed.
    var pending: [[UInt8]: [UInt8]?] = [:]

    private var isProvenEmpty = false

    init(keys: KeyRing, rows: any RowReader, head: Head, now: Int64) {
        self.keys = keys
        self.rows = rows
        self.head = head
        self.now = now
    }

    private let provenNodes = ProvenNodes()
    var tree: StateTree { StateTree(keys: keys, proven: provenNodes) }
    var chain: AuditChain { AuditChain(keys: keys, earlier: { try self.earlierAuditKeys() }) }
    /// What ``earlierAuditKeys()`` found.
    var knownEarlierKeys: [EarlierAuditKeys]?

    // MARK: Rows

    /// The proven row of a record, or nil where its absence is proven.
    func row(_ space: EntryClass, _ name: String) throws -> (tag: [UInt8], row: EntryRow)? {
        let tag = keys.tag(space, name)
        return try row(at: tag).map { (tag, $0) }
    }

    /// The proven row with a tag, or nil where its absence is proven.
    func row(at tag: [UInt8]) throws -> EntryRow? {
        let bytes = try pending[tag] ?? lookup(tag)
        guard let bytes else { return nil }
        guard let row = try? EntryRow(decoding: bytes) else { throw VaultError.integrity(.entry(tag: tag)) }
        return row
    }

    private func lookup(_ tag: [UInt8]) throws -> [UInt8]? {
        // That a tree is empty is proven once: thousands of values may be imported into a new vault.
        if isProvenEmpty, head.top == .zero { return nil }
        let row = try tree.lookup(tag, top: head.top, in: rows)
        isProvenEmpty = head.top == .zero
        return row
    }

    /// The fields of a record's overview, opened.
    func overview(_ tag: [UInt8], _ row: EntryRow) throws(VaultError) -> (space: EntryClass, fields: FieldMap) {
        let bound = bound(tag, row)
        guard let expected = Digest(row.commitment), let nonce = Nonce(row.nonce),
            expected.matches(keys.commitment(boundTo: bound, nonce: row.nonce, ciphertext: row.ciphertext)),
            let opened = try? AEAD.openBytes(row.ciphertext, boundTo: bound, nonce: nonce, key: keys.overviews.bytes),
            let content = try? Padding.content(of: opened), !content.isEmpty,
            let space = EntryClass(rawValue: opened[content.lowerBound]),
            let fields = try? FieldMap(decoding: opened, in: content.dropFirst())
        else { throw .integrity(.overview(tag: tag)) }
        return (space, fields)
    }

    func bound(_ tag: [UInt8], _ row: EntryRow) -> [UInt8] {
        var bound = KeyRing.boundWriter(keys.vaultID, keys.epoch)
        bound.framed("overview")
        bound.framed(tag)
        bound.framed(row.id)
        bound.framed(bigEndian: row.revision)
        return bound.bytes
    }

    func fields(_ space: EntryClass, _ name: String) throws -> FieldMap? {
        guard let (tag, row) = try row(space, name) else { return nil }
        let overview = try overview(tag, row)
        guard overview.space == space else { throw VaultError.integrity(.overview(tag: tag)) }
        return overview.fields
    }

    // MARK: Entries

    /// What is known of a secret without opening it; nil where it is proven that there is none.
    package func entry(_ name: EntryName) throws -> Entry? {
        guard let (tag, row) = try row(.secret, name.text) else { return nil }
        return try entry(tag, row)
    }

    /// What there is under a name that a value is to be stored under.
    func standing(of name: EntryName, _ value: borrowing SecretBytes) throws -> Standing {
        let tag = keys.tag(.secret, name.text)
        let row = try row(at: tag)
        return Standing(
            tag: tag, row: row, entry: try row.map { try entry(tag, $0) }, fingerprint: keys.fingerprint(value))
    }

    func entry(_ tag: [UInt8], _ row: EntryRow) throws -> Entry {
        let (space, fields) = try overview(tag, row)
        guard space == .secret else { throw VaultError.integrity(.overview(tag: tag)) }
        return try entry(tag, row, fields)
    }

    /// The entry that the opened fields of its overview tell of.
    func entry(_ tag: [UInt8], _ row: EntryRow, _ fields: FieldMap) throws(VaultError) -> Entry {
        guard let overview = Overview(fields) else { throw .integrity(.overview(tag: tag)) }
        return Entry(
            name: overview.name, kind: overview.name.kind, id: row.id, firstVersion: row.firstVersion,
            currentVersion: row.currentVersion, createdAt: overview.createdAt, updatedAt: overview.updatedAt,
            maskedPrefix: overview.maskedPrefix, fingerprint: overview.fingerprint, generator: overview.generator,
            rotationIntervalDays: overview.rotationIntervalDays, rotateWith: overview.rotateWith,
            deliveries: overview.deliveries, facts: overview.facts)
    }

    /// Every kept version of an entry, oldest first, with the chain over them proven. Opens none.
    package func history(_ name: EntryName) throws -> [EntryVersion] {
        guard let (_, row) = try row(.secret, name.text) else { throw VaultError.noSuchEntry(name) }
        return try bodies(of: row).map { version, body in
            guard let origin = VersionOrigin(rawValue: body.origin) else {
                throw VaultError.integrity(.body(entry: row.id, version: version))
            }
            return EntryVersion(version: version, createdAt: body.createdAt, origin: origin)
        }
    }

    /// The kept bodies of an entry, proven against its history.
    func bodies(of row: EntryRow) throws -> [(version: UInt32, body: BodyRow)] {
        guard row.currentVersion > 0 else { return [] }
        var chain = Digest.zero
        var result: [(UInt32, BodyRow)] = []
        for version in row.firstVersion...row.currentVersion {
            let key = BodyRow.key(entry: row.id, version: version)
            guard let bytes = try rows.row(.body, key), let body = try? BodyRow(decoding: bytes) else {
                throw VaultError.integrity(.body(entry: row.id, version: version))
            }
            let digest = bodyDigest(key, bytes)
            chain = historyStep(chain, version, digest)
            if version == row.currentVersion, digest.bytes != row.bodyDigest {
                throw VaultError.integrity(.body(entry: row.id, version: version))
            }
            result.append((version, body))
        }
        guard chain.bytes == row.history else { throw VaultError.integrity(.history(entry: row.id)) }
        return result
    }

    func bodyDigest(_ key: [UInt8], _ bytes: [UInt8]) -> Digest { keys.hash(Purpose("body"), key, bytes) }

    func historyStep(_ chain: Digest, _ version: UInt32, _ digest: Digest) -> Digest {
        var message = ByteWriter(capacity: 68)
        message.append(chain.bytes)
        message.append(bigEndian: version)
        message.append(digest.bytes)
        return keys.hash(Purpose("history"), message.bytes)
    }

    /// The proven, still sealed version of an entry.
    func sealedVersion(_ name: EntryName, _ version: UInt32?) throws -> SealedVersion {
        guard let (_, row) = try row(.secret, name.text) else { throw VaultError.noSuchEntry(name) }
        let version = version ?? row.currentVersion
        guard version >= row.firstVersion, version <= row.currentVersion, version > 0 else {
            throw VaultError.noSuchVersion(name, version)
        }
        if version != row.currentVersion {
            guard let body = try bodies(of: row).first(where: { $0.version == version }) else {
                throw VaultError.noSuchVersion(name, version)
            }
            return SealedVersion(entry: row.id, version: version, body: body.body)
        }
        let key = BodyRow.key(entry: row.id, version: version)
        guard let bytes = try rows.row(.body, key), bodyDigest(key, bytes).bytes == row.bodyDigest,
            let body = try? BodyRow(decoding: bytes)
        else { throw VaultError.integrity(.body(entry: row.id, version: version)) }
        return SealedVersion(entry: row.id, version: version, body: body)
    }

    // MARK: All of a kind

    /// Every record, proven: those of the tree in its order, then those that this transaction changed. Stops at the
    /// first that is not as it was written.
    func walk(_ visit: (_ tag: [UInt8], _ row: EntryRow) throws -> Void) throws {
        func decode(_ tag: [UInt8], _ bytes: [UInt8]) throws {
            guard let row = try? EntryRow(decoding: bytes) else { throw VaultError.integrity(.entry(tag: tag)) }
            try visit(tag, row)
        }
        try tree.walk(top: head.top, in: rows) { tag, bytes in
            if !pending.keys.contains(tag) { try decode(tag, bytes) }
        }
        for (tag, bytes) in pending {
            if let bytes { try decode(tag, bytes) }
        }
    }

    /// Everything but bodies: entries and services by name, deliveries by id.
    package func inventory() throws -> Inventory {
        var inventory = Inventory()
        try keys.whileReadable {
            try walk { tag, row in
                let (space, fields) = try self.overview(tag, row)
                switch space {
                case .secret: inventory.entries.append(try self.entry(tag, row, fields))
                case .service:
                    guard let service = ServiceRecord(fields) else { throw VaultError.integrity(.overview(tag: tag)) }
                    inventory.services.append(service)
                case .delivery:
                    guard let delivery = Delivery(fields) else { throw VaultError.integrity(.overview(tag: tag)) }
                    inventory.deliveries.append(delivery)
                case .setting: break
                }
            }
        }
        inventory.entries = inventory.entries.byName
        inventory.services.sort { $0.ordinal < $1.ordinal }
        inventory.deliveries.sort { $0.id < $1.id }
        return inventory
    }

    // MARK: Services, deliveries, settings

    package func service(_ slug: Slug) throws -> ServiceRecord? {
        guard let fields = try fields(.service, slug.text) else { return nil }
        guard let record = ServiceRecord(fields) else { throw VaultError.integrity(.record("service")) }
        return record
    }

    package func delivery(_ id: DeliveryID) throws -> Delivery? {
        guard let fields = try fields(.delivery, id.text) else { return nil }
        guard let record = Delivery(fields) else { throw VaultError.integrity(.record("delivery")) }
        return record
    }

    /// A setting of the vault: `namespace`, `wipe-pending`, …
    package func setting(_ name: String) throws -> String? { try fields(.setting, name)?[text: "value"] }

    /// Which state this is: of two that are equal everything is.
    var state: Anchor { head.anchor(of: keys) }

    package var generation: UInt64 { head.generation }
    package var recordCount: UInt64 { head.count }
    package var auditSequence: UInt64 { head.audit.sequence }
    /// When the newest record of the log was made, in milliseconds since 1970 UTC.
    package var lastRecordTime: Int64 { head.audit.time }

    /// The log from `sequence` (exclusive) on, oldest first, each record opened; the chain is proven to the end.
    package func log(after sequence: UInt64 = 0, visit: (AuditEvent) throws -> Void) throws {
        let chain = chain
        let end = try chain.walk(from: 0, head: chain.first(), to: head.audit.sequence, in: rows) { number, row in
            if number > sequence { try visit(chain.event(number, row)) }
        }
        guard end == head.audit.head else { throw VaultError.integrity(.auditEnd) }
    }

    /// The log from a place that was proven before, nil: from its start (whose chain may be any); answers the place that it ends at.
    package func log(from place: LogPlace?, visit: (AuditEvent) throws -> Void) throws -> LogPlace {
        let given = place ?? .start
        let chain = chain
        let place = given.sequence > 0 ? given : LogPlace(sequence: 0, chain: try chain.first())
        guard place.sequence <= head.audit.sequence else { throw VaultError.integrity(.rolledBack) }
        let end = try chain.walk(
            from: place.sequence, head: place.chain, to: head.audit.sequence, in: rows
        ) { number, row in try visit(chain.event(number, row)) }
        guard end == head.audit.head else {
            throw VaultError.integrity(place.sequence == 0 ? .auditEnd : .forked)
        }
        return LogPlace(sequence: head.audit.sequence, chain: end)
    }
}

/// A place in the log that was proven: what comes after it can be proven from there.
package struct LogPlace: Sendable, Equatable {
    /// The number of the last record before it.
    package let sequence: UInt64
    /// The chain there.
    package let chain: Digest

    /// Before the first record.
    package static let start = LogPlace(sequence: 0, chain: .zero)

    package init(sequence: UInt64, chain: Digest) {
        self.sequence = sequence
        self.chain = chain
    }
}

/// Everything a vault has, without values.
package struct Inventory: Sendable {
    /// By name.
    package fileprivate(set) var entries: [Entry] = []
    /// In the order they were made.
    package fileprivate(set) var services: [ServiceRecord] = []
    /// Files, then databases, then the gateway.
    package fileprivate(set) var deliveries: [Delivery] = []
}

/// What a value meets that is to be stored: the entry of that name, where there is one, and the value's own fingerprint.
struct Standing {
    let tag: [UInt8]
    let row: EntryRow?
    let entry: Entry?
    let fingerprint: Fingerprint
}

/// One version of a secret as it lies in the store: proven, not opened.
struct SealedVersion: Sendable {
    let entry: [UInt8]
    let version: UInt32
    let body: BodyRow

    /// What the ciphertext is bound to.
    func bound(_ keys: KeyRing) -> [UInt8] {
        Self.bound(keys, entry: entry, version: version, createdAt: body.createdAt, origin: body.origin)
    }

    static func bound(_ keys: KeyRing, entry: [UInt8], version: UInt32, createdAt: Int64, origin: UInt8) -> [UInt8] {
        var bound = KeyRing.boundWriter(keys.vaultID, keys.epoch)
        bound.framed("value")
        bound.framed(entry)
        bound.framed(bigEndian: version)
        bound.framed(bigEndian: UInt64(bitPattern: createdAt))
        bound.framed([origin])
        return bound.bytes
    }

    /// Opens it, after the release was recorded.
    func open(_ keys: KeyRing) throws(VaultError) -> SharedSecret {
        let damage = VaultError.integrity(.body(entry: entry, version: version))
        let bound = bound(keys)
        guard let expected = Digest(body.commitment), let nonce = Nonce(body.nonce),
            expected.matches(keys.commitment(boundTo: bound, nonce: body.nonce, ciphertext: body.ciphertext)),
            let padded = try? AEAD.open(body.ciphertext, boundTo: bound, nonce: nonce, key: keys.bodies.bytes)
        else { throw damage }
        let range: Range<Int>? = padded.withBytes { padded in
            guard padded.count >= Padding.headerWidth else { return nil }
            let header = UInt32(littleEndian: padded.loadUnaligned(as: UInt32.self))
            guard let range = try? Padding.contentRange(header: header, width: padded.count) else { return nil }
            return range
        }
        guard let range else { throw damage }
        return SharedSecret(padded.part(range))
    }

    /// Seals a value as a new version.
    static func seal(
        _ value: borrowing SecretBytes, keys: KeyRing, entry: [UInt8], version: UInt32, createdAt: Int64,
        origin: VersionOrigin
    ) throws(VaultError) -> BodyRow {
        guard value.count <= Vault.valueLimit, let width = Padding.width(for: value.count) else {
            throw .valueTooLarge
        }
        let count = value.count
        let padded = value.withBytes { value in
            SecretBytes(capacity: width) { out in
                out.storeBytes(of: UInt32(count).littleEndian, as: UInt32.self)
                UnsafeMutableRawBufferPointer(rebasing: out[Padding.headerWidth...]).copyMemory(from: value)
                return width
            }
        }
        let nonce = Nonce.random()
        let bound = bound(keys, entry: entry, version: version, createdAt: createdAt, origin: origin.rawValue)
        let ciphertext = AEAD.seal(padded, boundTo: bound, nonce: nonce, key: keys.bodies.bytes)
        return BodyRow(
            createdAt: createdAt, origin: origin.rawValue, nonce: nonce.bytes, ciphertext: ciphertext,
            commitment: keys.commitment(boundTo: bound, nonce: nonce.bytes, ciphertext: ciphertext).bytes)
    }
}
