package import Sealing
package import SecureMemory
internal import VaultFormat

/// A change of the master key that was begun and is not finished: two slots, and what belongs to it.
package struct PendingRekey: Sendable, Equatable {
    package let oldSlot: UInt8, newSlot: UInt8
    package let plan: RekeyPlan
    /// The file that the new key was made in, absolute; nil where it came from elsewhere.
    package let newKeyFile: String?

    static let setting = "rekey"

    /// `<old slot> <new slot>`, and a word for each part of the plan; on a second line the file, where there is one.
    var text: String {
        let words = (["\(oldSlot)", "\(newSlot)"] + plan.parts.map(\.rawValue)).joined(separator: " ")
        return newKeyFile.map { words + "\n" + $0 } ?? words
    }

    init(oldSlot: UInt8, newSlot: UInt8, plan: RekeyPlan, newKeyFile: String?) {
        (self.oldSlot, self.newSlot, self.plan, self.newKeyFile) = (oldSlot, newSlot, plan, newKeyFile)
    }

    init?(_ text: String) {
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count >= 2, let old = UInt8(words[0]), let new = UInt8(words[1]) else { return nil }
        let parts = words.dropFirst(2).map(RekeyPlan.Part.init(rawValue:))
        guard !parts.contains(nil) else { return nil }
        self.init(
            oldSlot: old, newSlot: new, plan: RekeyPlan(Set(parts.compactMap { $0 })),
            newKeyFile: lines.count > 1 ? String(lines[1]) : nil)
    }
}

/// What a change of the master key changes besides the slots.
package struct RekeyPlan: Sendable, Equatable {
    package enum Part: String, Sendable, CaseIterable {
        /// The gateway gets another master key too, so that its connections are to be made again.
        case gateway
        /// The gateway's new key is made here, at random, and kept as an entry.
        case gatewayEntry = "gateway-entry"
        /// The data key is changed too, and everything sealed again.
        case dataKey = "data-key"
        /// The key file is moved away rather than replaced: no copy of it stays.
        case move
        /// The new key is a random one that takes the place of the home's key file.
        case home
    }

    private let set: Set<Part>

    package init(_ parts: Set<Part>) { set = parts }

    package func has(_ part: Part) -> Bool { set.contains(part) }

    var parts: [Part] { Part.allCases.filter { set.contains($0) } }
}

/// The entries that keep master keys of the gateway.
package enum GatewayKeyEntry {
    /// Its own key, where the vault is opened by something else; and the one before the last change.
    package static let current = "gateway-master-key", previous = "gateway-master-key-previous"
    package static let all = [current, previous]
    /// The files of a home that master keys are in.
    package static let files = ["gateway-master-key", "gateway-master-key.previous"]
}

extension VaultSnapshot {
    /// The setting that names the gateway's master key without telling anything of it: an id made at each change.
    static let gatewayKeySetting = "gateway-key"

    /// The setting that says that the gateway's key was an entry, which is gone.
    static let gatewayKeyGoneSetting = "gateway-key-gone"

    /// Whether the gateway's master key is an entry of its own, or was one that is gone: the key that opens the vault
    /// is not the gateway's then.
    package func gatewayKeyIsEntry() throws -> Bool {
        try entry(EntryName(GatewayKeyEntry.current)) != nil || setting(Self.gatewayKeyGoneSetting) != nil
    }

    /// The change of the master key that is not finished; nil where there is none.
    package func pendingRekey() throws -> PendingRekey? {
        guard let text = try setting(PendingRekey.setting) else { return nil }
        guard let pending = PendingRekey(text) else { throw VaultError.integrity(.record(PendingRekey.setting)) }
        return pending
    }
}

extension Vault {
    /// Makes a new master key open the vault, beside the one that opened it, and notes that it is to take its place.
    ///
    /// - Parameters:
    ///   - newKey: The new master key.
    ///   - oldKey: The one that opened the vault, where it is to be kept as an entry: unless the gateway's has it.
    ///   - plan: What else changes, once ``finishRekey()`` is called. Where the data key does, and no slot is free,
    ///     another than the one that opened the vault goes now: it would then.
    ///   - newKeyFile: The file that the new key was made in, for whoever finds the change half done.
    ///   - cost: What stretching the new key costs, where it is a passphrase.
    /// - Returns: What was noted.
    /// - Throws: ``KeySlotError``.
    package func beginRekey(
        to newKey: borrowing SecretBytes, keeping oldKey: SharedSecret?, _ plan: RekeyPlan, newKeyFile: String? = nil,
        cost: PassphraseCost = .standard
    ) throws -> PendingRekey {
        func pending(_ slot: KeySlot) -> PendingRekey {
            PendingRekey(oldSlot: self.slot, newSlot: slot.number, plan: plan, newKeyFile: newKeyFile)
        }
        let added = try addSlot(newKey, cost: cost, mayReplace: plan.has(.dataKey)) { transaction, slot in
            if let oldKey { try transaction.keep(oldKey, plan) }
            try transaction.set(PendingRekey.setting, to: pending(slot).text)
        }
        return pending(added)
    }

    /// Drops the old slot where this vault was opened by the new one, and does what else belongs to it; the slot is
    /// still to be wiped (``wipeRemoved()``).
    ///
    /// - Returns: What was finished; nil where nothing was begun, the vault was opened by another slot, or the data key is to be
    ///   changed as well (``changeDataKey(_:)`` finishes that).
    package func finishRekey() throws -> PendingRekey? {
        try write { transaction in
            guard let pending = try transaction.pendingRekey(), pending.newSlot == slot,
                !pending.plan.has(.dataKey)
            else { return nil }
            if try transaction.slots().contains(where: { $0.number == pending.oldSlot }) {
                try transaction.removeSlot(pending.oldSlot)
            }
            try transaction.changeGatewayKey(pending.plan)
            try transaction.record(.masterKeyChanged, facts: ["slot": "\(slot)", "key": keyKind.word])
            try transaction.set(PendingRekey.setting, to: nil)
            return pending
        }
    }

    /// Gives up a change that was begun: the new slot goes, the old one stays. For when its key is not at hand.
    package func abandonRekey() throws {
        try write { transaction in
            guard let pending = try transaction.pendingRekey() else { return }
            if pending.newSlot != slot, try transaction.slots().contains(where: { $0.number == pending.newSlot }) {
                try transaction.removeSlot(pending.newSlot)
            }
            try transaction.set(PendingRekey.setting, to: nil)
        }
    }
}

extension VaultTransaction {
    /// Keeps the key that opened the vault: the gateway's store may be under it, whatever an entry of that name says,
    /// unless it has this very key. What is there already stays, as it is or as an earlier version.
    fileprivate func keep(_ key: SharedSecret, _ plan: RekeyPlan) throws {
        let current = try EntryName(GatewayKeyEntry.current)
        if try entry(current) != nil, try sealedVersion(current, nil).open(keys).bytes.equals(key.bytes) { return }
        let isMoved = try plan.has(.move) && !gatewayKeyIsEntry()
        try store(key.bytes, as: isMoved ? current : EntryName(GatewayKeyEntry.previous), origin: .adopted)
    }

    /// Notes that the gateway's key is gone, where it was this entry.
    func noteGone(_ name: EntryName) throws {
        if name.text == GatewayKeyEntry.current { try set(Self.gatewayKeyGoneSetting, to: "yes") }
    }

    /// Gives the gateway another master key, as far as the vault is concerned: an entry, and another id, which makes every
    /// connection one that is to be delivered.
    func changeGatewayKey(_ plan: RekeyPlan) throws {
        if plan.has(.gatewayEntry) {
            let current = try EntryName(GatewayKeyEntry.current)
            if try entry(current) != nil {
                let old = try sealedVersion(current, nil).open(keys)
                try store(old.bytes, as: EntryName(GatewayKeyEntry.previous), origin: .adopted)
            }
            try store(RandomSecret.make(byteCount: 32, in: .hex), as: current, origin: .generated)
        }
        guard plan.has(.gateway) else { return }
        try set(Self.gatewayKeySetting, to: hexadecimal(RandomBytes.make(8)))
    }
}
