internal import Glibc
package import Sealing
package import SecureMemory
internal import VaultFormat

/// What a vault needs of the world.
package struct VaultEnvironment: Sendable {
    /// Milliseconds since 1970 UTC.
    package let now: @Sendable () -> Int64
    package let actor: Actor
    /// What a value says of itself that is no secret, by the name that it is stored under. Throws where it cannot be
    /// stored under that name; then nothing is.
    package let describe: @Sendable (EntryName, borrowing SecretBytes) throws -> EntryFacts

    package init(
        now: @escaping @Sendable () -> Int64, actor: Actor,
        describe: @escaping @Sendable (EntryName, borrowing SecretBytes) throws -> EntryFacts = { _, _ in [:] }
    ) {
        self.now = now
        self.actor = actor
        self.describe = describe
    }
}

/// What an opened vault says about its anchor.
package enum AnchorState: Sendable, Equatable {
    case agrees
    /// There was none: nothing could be compared.
    case missing
    /// Its folder cannot be written.
    case unavailable
}

/// An open vault: sealed credentials with their history, proven on every read.
package final class Vault: Sendable {
    /// How long a value may be, in bytes.
    package static let valueLimit = 16 * 1024

    package let keyKind: MasterKeyKind
    /// What stretching the passphrase costs, as the slot says: passes, and memory in KiB (1024 bytes). Zeros for a random
    /// key.
    package let keyCost: (passes: UInt32, memoryKiB: UInt32)
    /// What its passphrase was stretched to; nil where a random key opened it, or where it was just made.
    package let stretched: StretchedKey?
    /// The key slot that it was opened by, and how many there were then.
    package let slot: UInt8, slotCount: Int
    let keys: KeyRing
    /// What the slots wrap.
    let dataKey: SharedSecret
    let storage: any VaultStorage
    let anchors: any AnchorStore
    let environment: VaultEnvironment

    private init(
        keyKind: MasterKeyKind, keyCost: (passes: UInt32, memoryKiB: UInt32), slot: UInt8, slotCount: Int,
        stretched: StretchedKey?, dataKey: SharedSecret, keys: KeyRing, storage: any VaultStorage,
        anchors: any AnchorStore,
        environment: VaultEnvironment
    ) {
        self.keyKind = keyKind
        self.keyCost = keyCost
        self.stretched = stretched
        self.slot = slot
        self.slotCount = slotCount
        self.dataKey = dataKey
        self.keys = keys
        self.storage = storage
        self.anchors = anchors
        self.environment = environment
    }

    /// 16 bytes that name this vault.
    package var id: [UInt8] { keys.vaultID }
    /// Which data key this is: counts from 1.
    package var dataKeyEpoch: UInt32 { keys.epoch }
    /// Bytes on disk.
    package var size: Int64 { storage.size() }

    // MARK: Opening

    /// Whether the store holds a vault, or anything of one.
    package static func exists(in storage: any VaultStorage) throws -> Bool {
        try storage.snapshot { rows in try rows.head() != nil || holdsRows(rows) }
    }

    /// Whether there is any row besides the head: a vault whose head is gone is damaged, and not missing.
    static func holdsRows(_ rows: any RowReader) throws -> Bool {
        try RowTable.allCases.contains { try !rows.rows($0, after: nil, limit: 1).isEmpty }
    }

    /// Whether a passphrase opens the vault, as its slots say; nothing of it is proven yet.
    package static func takesPassphrase(_ storage: any VaultStorage) throws -> Bool {
        let slots = try storage.snapshot { rows in try rows.rows(.slot, after: nil, limit: 256) }
        return try slots.contains { slot in
            try SlotCrypto.decode(slot).kdf == MasterKeyKind.passphrase.rawValue
        }
    }

    /// Opens a vault with its master key.
    package static func open(
        _ storage: any VaultStorage, masterKey: borrowing SecretBytes, anchors: any AnchorStore,
        environment: VaultEnvironment
    ) throws -> Vault {
        try open(storage, anchors: anchors, environment: environment) { row in
            guard let root = try SlotCrypto.root(row, masterKey) else { return nil }
            return try SlotCrypto.unwrap(row, stretched: root).map { ($0, root) }
        }
    }

    /// Opens a vault by what unwraps one of its slots: the data key, and what the slot's key was stretched to.
    static func open(
        _ storage: any VaultStorage, anchors: any AnchorStore, environment: VaultEnvironment,
        unwrap: (SlotRow) throws -> (dataKey: SharedSecret, root: SharedSecret)?
    ) throws -> Vault {
        // Before the look at the store: an anchor that comes after it is that of a vault made meanwhile.
        // One that cannot be read matters where it is needed: the way to accept a vault again leads through here.
        let remembered = Result { try anchor(anchors) }
        let stored = try storage.snapshot { rows in
            let head = try rows.head()
            return (
                head: head, slots: try rows.rows(.slot, after: nil, limit: 256),
                isEmpty: try head == nil && !holdsRows(rows)
            )
        }
        guard let headBytes = stored.head else {
            guard stored.isEmpty else { throw VaultError.integrity(.head) }
            throw try remembered.get() == nil ? VaultError.noVault : .integrity(.vaultGone)
        }
        guard !stored.slots.isEmpty else { throw VaultError.integrity(.noSlots) }
        let rows = try stored.slots.map(SlotCrypto.decode)
        let slotDigest = HeadCrypto.slotDigest(stored.slots)
        // Those that cost nothing first: which is tried when decides nothing else.
        for row in rows.filter({ $0.kdf == 0 }) + rows.filter({ $0.kdf != 0 }) {
            guard let (dataKey, root) = try unwrap(row), let kind = MasterKeyKind(rawValue: row.kdf) else { continue }
            let keys = KeyRing(dataKey: dataKey, vaultID: row.vaultID, epoch: row.epoch)
            let head = try HeadCrypto.decode(headBytes, keys)
            guard head.slotDigest.matches(slotDigest) else { throw VaultError.integrity(.slot(row.number)) }
            return Vault(
                keyKind: kind, keyCost: (row.passes, row.memoryKiB), slot: row.number, slotCount: rows.count,
                stretched: kind == .passphrase ? StretchedKey(slot: row.number, bytes: root) : nil, dataKey: dataKey,
                keys: keys, storage: storage, anchors: anchors, environment: environment)
        }
        // No slot opens. Only where slots, head and anchor belong together is that the key's fault.
        guard let claimed = HeadCrypto.claimedSlotDigest(headBytes) else { throw VaultError.integrity(.head) }
        guard claimed.matches(slotDigest) else { throw VaultError.integrity(.slot(rows[0].number)) }
        if let anchor = try remembered.get(), anchor.vaultID != rows[0].vaultID {
            throw VaultError.integrity(.otherVault)
        }
        throw VaultError.wrongKey
    }

    /// The same vault opened again, with what is stored now.
    package func reopened(with masterKey: borrowing SecretBytes) throws -> Vault {
        try Self.open(storage, masterKey: masterKey, anchors: anchors, environment: environment)
    }

    /// Makes a vault in a store that has none. Where another process was faster, opens that one.
    package static func create(
        in storage: any VaultStorage, masterKey: borrowing SecretBytes, cost: PassphraseCost = .standard,
        anchors: any AnchorStore, environment: VaultEnvironment
    ) throws -> (vault: Vault, isNew: Bool) {
        let remembered = try anchor(anchors)
        if try exists(in: storage) {
            return (try open(storage, masterKey: masterKey, anchors: anchors, environment: environment), false)
        }
        if remembered != nil { throw VaultError.integrity(.vaultGone) }
        let kind = MasterKeyKind.classify(masterKey)
        let vaultID = RandomBytes.make(16)
        let dataKey = SharedSecret(SecretBytes(randomCount: 32))
        let keys = KeyRing(dataKey: dataKey, vaultID: vaultID, epoch: 1)
        // Wrapped before the transaction: stretching a passphrase takes half a second, and others may be waiting.
        let slot = try SlotCrypto.wrap(
            dataKey.bytes, under: masterKey, kind: kind, cost: cost, vaultID: vaultID, number: 0, epoch: 1)
        let vault = Vault(
            keyKind: kind, keyCost: kind == .passphrase ? (cost.passes, cost.memoryKiB) : (0, 0), slot: 0,
            slotCount: 1, stretched: nil, dataKey: dataKey, keys: keys, storage: storage, anchors: anchors,
            environment: environment)
        let head: Head? = try storage.transaction { rows in
            guard try rows.head() == nil, try !holdsRows(rows) else { return nil }
            try rows.setRow(.slot, [0], slot)
            let head = Head(
                generation: 0, count: 0, top: .zero, slotDigest: HeadCrypto.slotDigest([([0], slot)]),
                audit: AuditChain(keys: keys).start(), stored: nil)
            let transaction = VaultTransaction(
                keys: keys, writer: rows, head: head, environment: environment)
            transaction.begin()
            try transaction.record(.vaultCreated, facts: ["key": kind.word])
            try transaction.finish()
            return transaction.head
        }
        guard let head else {
            return (try open(storage, masterKey: masterKey, anchors: anchors, environment: environment), false)
        }
        _ = anchors.raise(to: head.anchor(of: keys), durably: true)
        return (vault, true)
    }

    // MARK: Transactions

    /// Runs `body` on one proven state. Nothing is changed, and no value can be opened.
    package func read<Result>(_ body: (VaultSnapshot) throws -> Result) throws -> Result {
        let anchor = try Self.anchor(anchors)
        var seen: Anchor?
        let result = try storage.snapshot { rows in
            let head = try self.head(rows)
            try check(head, against: anchor, in: rows)
            seen = head.anchor(of: keys)
            return try body(VaultSnapshot(keys: keys, rows: rows, head: head, now: environment.now()))
        }
        if let anchor, let seen, seen.auditSequence > anchor.auditSequence {
            _ = anchors.raise(to: seen, durably: false)
        }
        return result
    }

    /// As ``read(_:)``, without comparing the state with the anchor: for what compares it with something else.
    func readUnanchored<Result>(_ body: (VaultSnapshot) throws -> Result) throws -> Result {
        try storage.snapshot { rows in
            try body(VaultSnapshot(keys: keys, rows: rows, head: self.head(rows), now: environment.now()))
        }
    }

    /// Runs `body` alone on one proven state; what it changed is durable when this returns.
    package func write<Result>(_ body: (VaultTransaction) throws -> Result) throws -> Result {
        let anchor = try Self.anchor(anchors)
        var seen: Anchor?
        var changed = false
        let result = try storage.transaction { rows in
            let head = try self.head(rows)
            try check(head, against: anchor, in: rows)
            let transaction = VaultTransaction(
                keys: keys, writer: rows, head: head, environment: environment)
            transaction.begin()
            let result = try body(transaction)
            if anchor == nil, transaction.auditSequence > head.audit.sequence {
                try transaction.recordMissingAnchor()
            }
            try transaction.finish()
            changed =
                transaction.generation != head.generation || transaction.head.slotDigest != head.slotDigest
            seen = transaction.head.anchor(of: keys)
            return result
        }
        // After a release alone it need not wait for the disk: an anchor that is behind is walked on from.
        if let seen { _ = anchors.raise(to: seen, durably: changed || anchor == nil) }
        storage.settle()
        return result
    }

    /// Opens values, after their release was recorded and synced in the transaction that read them.
    package func reveal(_ name: EntryName, version: UInt32? = nil, purpose: String) throws -> SharedSecret {
        try write { try $0.release(name, version: version, purpose: purpose) }.open(keys)
    }

    /// Opens a value even where its release cannot be recorded, since the disk is full or cannot be written. Whoever calls
    /// it says so to the user. Where the log can be written again at once, the release stands there as an unrecorded one.
    package func revealUnrecorded(
        _ name: EntryName, version: UInt32? = nil, purpose: String
    ) throws -> (value: SharedSecret, isRecorded: Bool) {
        do {
            return (try reveal(name, version: version, purpose: purpose), true)
        } catch let error as StorageError where error == .full || error == .readOnly {
            return try openUnrecorded(name, version, purpose)
        } catch VaultError.storage(let error) where error == .full || error == .readOnly {
            return try openUnrecorded(name, version, purpose)
        }
    }

    private func openUnrecorded(
        _ name: EntryName, _ version: UInt32?, _ purpose: String
    ) throws -> (value: SharedSecret, isRecorded: Bool) {
        let sealed = try read { try $0.sealedVersion(name, version) }
        let value = try sealed.open(keys)
        do {
            let facts = ["version": "\(sealed.version)", "purpose": purpose]
            try write { try $0.record(.unrecordedRelease, entry: sealed.entry, name: name, facts: facts) }
            return (value, true)
        } catch {
            return (value, false)
        }
    }

    /// The fingerprint that this vault would give to a value.
    package func fingerprint(_ secret: borrowing SecretBytes) -> Fingerprint { keys.fingerprint(secret) }

    /// Wipes what was removed from the store's files; false, and noted in the vault, where a reader is in the way.
    package func wipeRemoved() throws -> Bool {
        let isWiped = try storage.wipeDeleted()
        let isNoted = try read { try $0.setting("wipe-pending") } != nil
        guard isWiped == isNoted else { return isWiped }
        try write { try $0.set("wipe-pending", to: isWiped ? nil : "yes") }
        // What is in the log of writes now is the note alone; it goes too where nobody is in the way.
        if isWiped { _ = try? storage.wipeDeleted() }
        return isWiped
    }

    // MARK: Anchor

    /// What an anchor of the vault as it is would be. Compares nothing, so it answers where everything else refuses.
    package func currentAnchor() throws -> Anchor {
        try storage.snapshot { rows in try self.head(rows).anchor(of: keys) }
    }

    /// The anchor as it is stored (nil where there is none), and the one of the vault as it is. Compares nothing.
    package func anchorPair() throws -> (stored: Anchor?, current: Anchor) {
        let stored = try Self.anchor(anchors)
        return (stored, try storage.snapshot { rows in try self.head(rows).anchor(of: keys) })
    }

    /// Whether there is an anchor; makes one, and records that there was none, where it is missing. Where none can be
    /// kept the log says so once, until one can be kept again.
    package func anchorPresence() -> AnchorState {
        if (try? anchors.read()) ?? nil != nil { return .agrees }
        if awaitAnchor() { return .agrees }
        guard let current = try? storage.snapshot({ rows in try self.head(rows).anchor(of: keys) }),
            anchors.raise(to: current, durably: true) == .kept
        else {
            _ = try? write { transaction in
                guard try transaction.setting(VaultTransaction.missingAnchorNote) == nil else { return }
                try transaction.recordMissingAnchor()
                try transaction.set(VaultTransaction.missingAnchorNote, to: "noted")
            }
            return .unavailable
        }
        // Where the vault cannot be written the command that follows says so, if it has to write.
        _ = try? write { transaction in
            try transaction.set(VaultTransaction.missingAnchorNote, to: nil)
            try transaction.record(.anchorMissing)
        }
        return .missing
    }

    /// Whoever makes a vault keeps its anchor right after the commit that others see already: one of a vault that was
    /// changed a moment ago may be on its way. Waits a second for it at most.
    private func awaitAnchor() -> Bool {
        let changed = try? storage.snapshot { rows in try self.head(rows).audit.time }
        guard let changed, abs(environment.now() - changed) < 10_000 else { return false }
        for _ in 0..<50 {
            usleep(20_000)
            if (try? anchors.read()) ?? nil != nil { return true }
        }
        return false
    }

    /// Takes the vault as it is for the one to compare with from now on, and records that somebody said so.
    package func acceptAnchor() throws {
        let seen = try storage.transaction { rows in
            let head = try self.head(rows)
            let transaction = VaultTransaction(
                keys: keys, writer: rows, head: head, environment: environment)
            transaction.begin()
            try transaction.record(.anchorAccepted)
            try transaction.finish()
            return transaction.head.anchor(of: keys)
        }
        guard anchors.replace(with: seen) == .kept else { throw VaultError.storage(.readOnly) }
    }

    /// The stored anchor; nil where there is none. Damage where what is stored is no anchor.
    package static func anchor(_ anchors: any AnchorStore) throws -> Anchor? {
        do throws(AnchorError) {
            return try anchors.read()
        } catch {
            throw error == .exhausted ? VaultError.storage(.failed(code: 14)) : .integrity(.anchor)
        }
    }

    func head(_ rows: any RowReader) throws -> Head {
        guard let bytes = try rows.head() else { throw VaultError.integrity(.head) }
        // A data key that was changed meanwhile is no damage: all of head and slots says so then. Nothing is released
        // either way, and opening it again tells whether it is true.
        if let epoch = HeadCrypto.claimedEpoch(bytes), epoch > keys.epoch {
            let slots = try rows.rows(.slot, after: nil, limit: 256)
            let isWhole = HeadCrypto.claimedSlotDigest(bytes)?.matches(HeadCrypto.slotDigest(slots)) ?? false
            if isWhole, try slots.allSatisfy({ try SlotCrypto.decode($0).epoch == epoch }) {
                throw VaultError.keysChanged
            }
        }
        return try HeadCrypto.decode(bytes, keys)
    }

    /// Refuses a state that this machine's history does not lead to.
    func check(_ head: Head, against anchor: Anchor?, in rows: any RowReader) throws {
        guard let anchor else { return }
        let current = head.anchor(of: keys)
        guard anchor.vaultID == current.vaultID else { throw VaultError.integrity(.otherVault) }
        guard current.auditSequence >= anchor.auditSequence, current.generation >= anchor.generation else {
            throw VaultError.integrity(.rolledBack)
        }
        if current.auditSequence == anchor.auditSequence {
            guard current == anchor else { throw VaultError.integrity(.forked) }
            return
        }
        let chain = VaultSnapshot(keys: keys, rows: rows, head: head, now: 0).chain
        let reached = try chain.walk(
            from: anchor.auditSequence, head: anchor.auditHead, to: current.auditSequence, in: rows)
        guard reached == current.auditHead else { throw VaultError.integrity(.forked) }
    }
}
