internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Puts another master key in the place of the one that opened the vault, by steps after each of which some key opens it;
/// a run that was killed is gone on with from wherever it stopped.
struct MasterKeyChange {
    let session: Session
    /// What this run is to do; of a change that was begun before, its own plan is carried out too.
    let plan: RekeyPlan

    /// What is said of an old key that ``Outcome/isKeptBeside``.
    static let keptBeside: Message =
        """
        The vault's key was another than the entry \(plain: GatewayKeyEntry.current), which gateway start hands over; \
        it is kept as \(plain: GatewayKeyEntry.previous), since the gateway's store may be under it
        """

    /// Where the new key comes from.
    enum NewKey {
        /// The key file of the home gets a new random one.
        case home
        case given(NewMasterKey)
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
        /// Whether the gateway's entry has another key than the one that was changed, which is kept beside it.
        let isKeptBeside: Bool

        enum HomeFile { case untouched, replaced, kept, removed }
    }

    private var file: HomeKeyFile { HomeKeyFile(home: session.home, surroundings: session.surroundings) }

    /// Whether the key that opened the vault is at hand nowhere but here, so that there is nobody to wait for. A key from a
    /// variable, a command or a credential opens the vault until those who have it got the new one.
    private func finishesAtOnce(_ begun: RekeyPlan) -> Bool {
        if plan.has(.dataKey) || begun.has(.dataKey) { return true }
        return switch session.masterKey.source {
        case .homeFile, .terminal, .unlocked: true
        case .option, .environment, .file, .command, .credential, .entry, .new: false
        }
    }

    func perform(_ new: NewKey) throws -> Outcome {
        let vault = session.vault
        let pending = try vault.read { try $0.pendingRekey() }
        let (key, begun) = try begin(new, pending)
        // What was stored opens the vault: from here on the old key may go.
        let renewed = try vault.reopened(with: key.secret.bytes)
        guard renewed.slot == begun.newSlot else { throw VaultError.wrongKey }
        let isKeptBeside = try isKeptBeside()
        guard finishesAtOnce(begun.plan) else {
            return Outcome(
                vault: renewed, oldSlot: begun.oldSlot, isFinished: false, isWiped: nil, file: .untouched,
                isKeptBeside: isKeptBeside)
        }
        let homeFile = begun.newSlot == vault.slot ? .untouched : try changeFile(new, begun.plan)
        var last = renewed
        if plan.has(.dataKey) || begun.plan.has(.dataKey) {
            try renewed.changeDataKey(key.secret.bytes)
            last = try renewed.reopened(with: key.secret.bytes)
        } else {
            _ = try renewed.finishRekey()
        }
        // What killed runs left half written may be a key.
        _ = try? session.home.folder.removeStaleTemporaries()
        return Outcome(
            vault: last, oldSlot: begun.oldSlot, isFinished: true, isWiped: try last.wipeRemoved(), file: homeFile,
            isKeptBeside: isKeptBeside)
    }

    /// Begins the change, or finds it begun by a run that was killed. A key is made after all that may refuse it.
    private func begin(_ new: NewKey, _ pending: PendingRekey?) throws -> (MasterKey, PendingRekey) {
        let vault = session.vault
        if let pending, pending.newSlot == vault.slot {
            try requireSame(pending, new)
            return (session.masterKey, pending)
        }
        if let known = try known(new, pending), let slot = try vault.slot(openedBy: known.secret.bytes) {
            guard let pending, pending.newSlot == slot else { throw KeySlotError.known(slot) }
            guard pending.plan.has(.move) == plan.has(.move) else { throw refusal(pending) }
            return (known, pending)
        }
        if let pending {
            guard mayGiveUp(pending) else { throw refusal(pending) }
            try vault.abandonRekey()
        }
        if !plan.has(.dataKey) { try vault.requireFreeSlot() }
        // A passphrase that opens the vault beside the gateway's entry was never the gateway's.
        let isEntry = try vault.read { try $0.gatewayKeyIsEntry() }
        let old = isEntry && vault.keyKind == .passphrase ? nil : try session.masterKey.secret
        let (key, path): (MasterKey, String?) =
            switch new {
            case .home: (try file.makeCandidate(), nil)
            case .given(let new): (try new.get(), new.path)
            }
        return (key, try vault.beginRekey(to: key.secret.bytes, keeping: old, plan, newKeyFile: path))
    }

    /// The new key, where it is there. One that a killed run left in the home is, where it opens the slot that was made
    /// for it.
    private func known(_ new: NewKey, _ pending: PendingRekey?) throws -> MasterKey? {
        if case .given(let new) = new { return new.known }
        guard let pending, let left = try file.candidate(),
            try session.vault.slot(openedBy: left.secret.bytes) == pending.newSlot
        else { return nil }
        return left
    }

    /// Of a change whose new key opened the vault nothing but the data key is left to be changed: opening the vault
    /// finishes every other. Words that name another key than that one are not taken for it.
    private func requireSame(_ pending: PendingRekey, _ new: NewKey) throws {
        guard pending.plan.has(.dataKey) else { throw VaultError.storage(.busy) }
        switch new {
        case .home: return
        case .given(let new): if try !plan.has(.move) && pending.isChange(to: new, session.vault) { return }
        }
        throw Failure(
            .refused, code: "rekey-begun", "Another change of the master key is not finished: that of the data key",
            hints: ["finish it:  \(command: ["vault", "rekey", "--compromised"])", "nothing was changed"])
    }

    /// Whether a change that was begun with another new key can go without a word: its key is nowhere but in the file
    /// that this run replaces, or every other key is to go.
    private func mayGiveUp(_ pending: PendingRekey) -> Bool {
        if plan.has(.dataKey) { return true }
        guard case .homeFile = session.masterKey.source else { return false }
        return pending.plan.has(.home) && pending.oldSlot == session.vault.slot
    }

    private func refusal(_ pending: PendingRekey) -> Failure {
        let (old, new) = (Int(pending.oldSlot), Int(pending.newSlot))
        var file = pending.newKeyFile
        if pending.plan.has(.home) {
            let isInstalled = ((try? session.home.folder.status(HomeKeyFile.newName)) ?? nil) == nil
            file = session.home.path(of: isInstalled ? MasterKeyResolution.fileName : HomeKeyFile.newName)
        }
        return Failure(
            .refused, code: "rekey-begun",
            "Another change of the master key is not finished: slot \(new) is to take the place of slot \(old)",
            hints: [
                file.map { "its new key is in \($0)" } ?? "its new key is where it was given from",
                "go on with it: open the vault with that key, by any command; slot \(old) goes then",
                "or give it up:  \(command: ["vault", "key", "remove", "\(new)", "--confirm", "\(new)"])",
                "nothing was changed",
            ])
    }

    /// Whether the key that opened the vault is kept although the gateway has an entry of its own.
    private func isKeptBeside() throws -> Bool {
        let (current, previous) = (try EntryName(GatewayKeyEntry.current), try EntryName(GatewayKeyEntry.previous))
        let (entry, kept) = try session.vault.read { (try $0.entry(current), try $0.entry(previous)) }
        guard let entry, let kept, let key = try? session.masterKey.secret else { return false }
        let mark = session.vault.fingerprint(key.bytes)
        return entry.fingerprint != mark && kept.fingerprint == mark
    }

    private func changeFile(_ new: NewKey, _ plan: RekeyPlan) throws -> Outcome.HomeFile {
        guard case .homeFile = session.masterKey.source else { return .untouched }
        switch new {
        case .given where !plan.has(.home):
            try file.retire(keeping: !plan.has(.move))
            return plan.has(.move) ? .removed : .kept
        case .home, .given:
            try file.install(keeping: session.masterKey)
            return .replaced
        }
    }
}

extension PendingRekey {
    /// Whether this change, by whose new key the vault is open, is the one that is asked for: to this new key, or,
    /// where that is nil, to one of the home's key file.
    func isChange(to new: NewMasterKey?, _ vault: Vault) throws -> Bool {
        guard let new else { return plan.has(.home) }
        guard let key = new.known else { return false }
        return try vault.slot(openedBy: key.secret.bytes) == newSlot
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
