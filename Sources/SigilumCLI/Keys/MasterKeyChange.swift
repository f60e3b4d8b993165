internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Puts another master key in the place of the one that opened the vault, by steps after each of which some key opens it;
/// a run that was killed is gone on with from wherever it stopped.
struct MasterKeyChange {
    let session: Session
    let plan: RekeyPlan
    /// The entry that the old key is kept as; nil where the gateway's key is another one.
    let keeps: EntryName?
    /// Whether the data key is changed too, whatever the plan of a change says that was begun before.
    let changesDataKey: Bool

    /// Where the new key comes from.
    enum NewKey {
        /// The key file of the home gets a new random one.
        case home
        case given(MasterKey)
    }

    struct Outcome {
        /// The vault, opened by the new key.
        let vault: Vault
        let oldSlot: UInt8
        /// Whether the old key opens it no more.
        let isFinished: Bool
        /// Whether nothing of it is left in the vault's files; nil where it is not finished.
        let isWiped: Bool?
        /// Whether the key file of the home was replaced, or taken away.
        let file: HomeFile

        enum HomeFile { case untouched, replaced, kept, removed }
    }

    private var file: HomeKeyFile { HomeKeyFile(home: session.home, surroundings: session.surroundings) }

    /// Whether the key that opened the vault is at hand nowhere but here, so that there is nobody to wait for. A key from a
    /// variable, a command or a credential opens the vault until those who have it got the new one.
    private var finishesAtOnce: Bool {
        switch session.masterKey.source {
        case .homeFile, .terminal, .unlocked: true
        case .option, .environment, .file, .command, .credential, .entry, .new: changesDataKey
        }
    }

    func perform(_ new: NewKey) throws -> Outcome {
        let vault = session.vault
        let pending = try vault.read { try $0.pendingRekey() }
        let key = try key(new, pending)
        let isDataKeyAlone = pending.map { $0.newSlot == vault.slot && $0.plan.has(.dataKey) } ?? false
        let begun = isDataKeyAlone ? pending : try begin(key, pending)
        guard let begun else { throw VaultError.storage(.busy) }
        // What was stored opens the vault: from here on the old key may go.
        let renewed = try vault.reopened(with: key.secret.bytes)
        guard renewed.slot == begun.newSlot else { throw VaultError.wrongKey }
        guard finishesAtOnce else {
            return Outcome(
                vault: renewed, oldSlot: begun.oldSlot, isFinished: false, isWiped: nil, file: .untouched)
        }
        let homeFile = isDataKeyAlone ? .replaced : try changeFile(new, begun.plan)
        var last = renewed
        if changesDataKey || begun.plan.has(.dataKey) {
            try renewed.changeDataKey(key.secret.bytes)
            last = try renewed.reopened(with: key.secret.bytes)
        } else {
            _ = try renewed.finishRekey()
        }
        // What killed runs left half written may be a key.
        _ = try? session.home.folder.removeStaleTemporaries()
        return Outcome(
            vault: last, oldSlot: begun.oldSlot, isFinished: true, isWiped: try last.wipeRemoved(), file: homeFile)
    }

    /// The new key. One that a killed run left in the home is taken where it opens the slot that was made for it.
    private func key(_ new: NewKey, _ pending: PendingRekey?) throws -> MasterKey {
        if let pending, pending.newSlot == session.vault.slot { return session.masterKey }
        switch new {
        case .given(let key): return key
        case .home:
            if let pending, let left = try file.candidate(),
                try session.vault.slot(openedBy: left.secret.bytes) == pending.newSlot
            {
                return left
            }
            return try file.makeCandidate()
        }
    }

    private func begin(_ key: MasterKey, _ pending: PendingRekey?) throws -> PendingRekey {
        let vault = session.vault
        if let slot = try vault.slot(openedBy: key.secret.bytes) {
            guard let pending, pending.newSlot == slot else { throw KeySlotError.known(slot) }
            return pending
        }
        // Its key is not at hand: it cannot be gone on with.
        if pending != nil { try vault.abandonRekey() }
        let old = try keeps.map { (key: try session.masterKey.secret, entry: $0) }
        return try vault.beginRekey(to: key.secret.bytes, keeping: old, plan)
    }

    private func changeFile(_ new: NewKey, _ plan: RekeyPlan) throws -> Outcome.HomeFile {
        guard case .homeFile = session.masterKey.source else { return .untouched }
        switch new {
        case .home:
            try file.install(keeping: session.masterKey)
            return .replaced
        case .given:
            try file.retire(keeping: !plan.has(.move))
            return plan.has(.move) ? .removed : .kept
        }
    }
}

extension Session {
    /// Finishes a change of the master key, where it was the new one that opened the vault: the old one opens it no more.
    /// Whoever changes it at this moment is left alone; what cannot be written now is done by a later command.
    func finishRekey() throws -> PendingRekey? {
        guard vault.slotCount > 1, let pending = try vault.read({ try $0.pendingRekey() }),
            pending.newSlot == vault.slot
        else { return nil }
        let file = HomeKeyFile(home: home, surroundings: surroundings)
        guard let lock = (try? file.lock(milliseconds: 0)) ?? nil else { return nil }
        defer { withExtendedLifetime(lock) {} }
        guard !pending.plan.has(.dataKey) else {
            surroundings.say(
                .warn("The data key is still to be changed: \(command: ["vault", "rekey", "--compromised"])"))
            return nil
        }
        do {
            // A key file that opens nothing would be in the way of every command.
            if try file.slot(in: vault) == pending.oldSlot { try file.retire(keeping: !pending.plan.has(.move)) }
            guard let finished = try vault.finishRekey() else { return nil }
            let isWiped = try vault.wipeRemoved()
            let old = Int(finished.oldSlot)
            surroundings.say(
                .info("The new master key has opened the vault: the old one, slot \(old), opens it no more"))
            if !isWiped {
                surroundings.say(
                    .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
            }
            return finished
        } catch VaultError.integrity(let damage) {
            throw VaultError.integrity(damage)
        } catch {
            return nil
        }
    }
}

extension KeySlotError: FailureConvertible {
    package var failure: Failure {
        let list: Message = "see them:  \(command: ["vault", "key", "list"])"
        switch self {
        case .full(let limit):
            return .usage(
                "The vault has \(limit) keys, and no slot for another",
                hints: ["remove one:  \(command: ["vault", "key", "remove", "SLOT", "--confirm", "SLOT"])", list])
        case .missing(let number):
            return Failure(.missing, code: "no-such-slot", "No key slot \(Int(number))", hints: [list])
        case .last:
            return .usage(
                "The only key of a vault cannot be removed: nothing would open it any more",
                hints: ["add another first:  \(command: ["vault", "key", "add"])", "nothing was changed"])
        case .inUse(let number):
            return .usage(
                "Slot \(Int(number)) is the one that opened the vault now: it cannot be removed",
                hints: ["open the vault with another key to remove this one: that proves that another opens it", list])
        case .known(let number):
            return .usage(
                "This key opens the vault already, by slot \(Int(number))", hints: ["nothing was changed", list])
        }
    }
}
