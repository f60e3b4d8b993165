package import Sealing
package import SecureMemory
internal import VaultFormat

/// One way into the vault, without what it wraps.
package struct KeySlot: Sendable, Equatable {
    /// 0 to 3.
    package let number: UInt8
    package let kind: MasterKeyKind
    /// Argon2id's passes, and memory in KiB (1024 bytes); zeros for a random key.
    package let passes: UInt32, memoryKiB: UInt32

    /// How many a vault may have.
    package static let limit = Int(SlotRow.slotCount)

    init(_ row: SlotRow) throws(VaultError) {
        guard let kind = MasterKeyKind(rawValue: row.kdf) else { throw .integrity(.slot(row.number)) }
        (number, passes, memoryKiB) = (row.number, row.passes, row.memoryKiB)
        self.kind = kind
    }
}

/// Why key slots are not changed.
package enum KeySlotError: Error, Sendable, Equatable {
    /// As many as there may be.
    case full(limit: Int)
    case missing(UInt8)
    /// The only one there is: without it nothing opens the vault.
    case last
    /// The one that this very vault was opened by: that another key opens it is not proven.
    case inUse(UInt8)
    /// What is given as another key opens the vault already, by this slot.
    case known(UInt8)
}

extension VaultSnapshot {
    /// The rows of all slots, proven by the head.
    func slotRows() throws -> [(key: [UInt8], value: [UInt8])] {
        let slots = try rows.rows(.slot, after: nil, limit: 256)
        guard head.slotDigest.matches(HeadCrypto.slotDigest(slots)) else {
            throw VaultError.integrity(.slot(slots.first?.key.first ?? 0))
        }
        return slots
    }

    /// The key slots, in the order of their numbers.
    package func slots() throws -> [KeySlot] { try slotRows().map { try KeySlot(SlotCrypto.decode($0)) } }
}

extension VaultTransaction {
    /// Puts a slot's row in its place; nil takes it away.
    func setSlot(_ number: UInt8, to row: [UInt8]?) throws {
        if let row { try writer.setRow(.slot, [number], row) } else { try writer.deleteRow(.slot, [number]) }
        head.slotDigest = HeadCrypto.slotDigest(try rows.rows(.slot, after: nil, limit: 256))
    }

    /// Takes a slot away, and records it. That it is still to be wiped is noted with it, for a run that is killed before.
    func removeSlot(_ number: UInt8) throws {
        try setSlot(number, to: nil)
        try set("wipe-pending", to: "yes")
        try record(.keyRemoved, facts: ["slot": "\(number)"])
    }
}

extension Vault {
    /// The slot that a key opens; nil where it opens none. Stretches the key for each slot of a passphrase.
    package func slot(openedBy masterKey: borrowing SecretBytes) throws -> UInt8? {
        try Self.slot(openedBy: masterKey, among: read { try $0.slotRows() })
    }

    private static func slot(
        openedBy masterKey: borrowing SecretBytes, among slots: [(key: [UInt8], value: [UInt8])]
    ) throws -> UInt8? {
        for slot in slots {
            let row = try SlotCrypto.decode(slot)
            if try SlotCrypto.unwrap(row, with: masterKey) != nil { return row.number }
        }
        return nil
    }

    /// For what makes a key before it adds it.
    ///
    /// - Throws: ``KeySlotError/full(limit:)``.
    package func requireFreeSlot() throws {
        guard try read({ try $0.slots() }).count < KeySlot.limit else { throw KeySlotError.full(limit: KeySlot.limit) }
    }

    /// Makes a key open the vault as well.
    ///
    /// - Parameters:
    ///   - masterKey: The new key. What kind it is follows from how it is written.
    ///   - cost: What stretching it costs, where it is a passphrase.
    ///   - mayReplace: Whether, where no slot is free, one that did not open this vault goes for it.
    ///   - also: What else belongs to the change, in the same transaction.
    /// - Returns: The new slot.
    /// - Throws: ``KeySlotError/full(limit:)``, ``KeySlotError/known(_:)``.
    @discardableResult
    package func addSlot(
        _ masterKey: borrowing SecretBytes, cost: PassphraseCost = .standard, mayReplace: Bool = false,
        also: (VaultTransaction, KeySlot) throws -> Void = { _, _ in }
    ) throws -> KeySlot {
        let kind = MasterKeyKind.classify(masterKey)
        for _ in 0..<8 {
            let known = try read { try $0.slotRows() }
            if let number = try Self.slot(openedBy: masterKey, among: known) { throw KeySlotError.known(number) }
            let taken = known.compactMap(\.key.first)
            let free = (0..<SlotRow.slotCount).first { !taken.contains($0) }
            guard let number = free ?? (mayReplace ? taken.last { $0 != self.slot } : nil) else {
                throw KeySlotError.full(limit: KeySlot.limit)
            }
            // Before the transaction: stretching takes half a second, and others may be waiting.
            let row = try SlotCrypto.wrap(
                dataKey.bytes, under: masterKey, kind: kind, cost: cost, vaultID: id, number: number,
                epoch: keys.epoch)
            let slot = try KeySlot(SlotCrypto.decode(([number], row)))
            let isDone = try write { transaction in
                // Another process may have been faster: then all of it is looked at again.
                guard HeadCrypto.slotDigest(try transaction.slotRows()) == HeadCrypto.slotDigest(known) else {
                    return false
                }
                if free == nil { try transaction.removeSlot(number) }
                try transaction.setSlot(number, to: row)
                try transaction.record(.keyAdded, facts: ["slot": "\(number)", "key": kind.word])
                try also(transaction, slot)
                return true
            }
            if isDone { return slot }
        }
        throw VaultError.storage(.busy)
    }

    /// Makes a key open the vault no more. Its slot is still to be wiped (``wipeRemoved()``).
    ///
    /// - Throws: ``KeySlotError/missing(_:)``, ``KeySlotError/last``, and ``KeySlotError/inUse(_:)`` for the slot that
    ///   this vault was opened by.
    package func removeSlot(_ number: UInt8) throws {
        try write { transaction in
            let slots = try transaction.slots()
            guard slots.contains(where: { $0.number == number }) else { throw KeySlotError.missing(number) }
            guard slots.count > 1 else { throw KeySlotError.last }
            guard number != slot else { throw KeySlotError.inUse(number) }
            try transaction.removeSlot(number)
            if let pending = try transaction.pendingRekey(), [pending.oldSlot, pending.newSlot].contains(number) {
                try transaction.set(PendingRekey.setting, to: nil)
            }
        }
    }
}

extension MasterKeyKind {
    /// What users read, and what the log says.
    package var word: String { self == .random ? "random" : "passphrase" }
}
