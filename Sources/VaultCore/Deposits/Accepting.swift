internal import Sealing
internal import SecureMemory

/// What became of a deposit: kept for ever, so that none is taken in twice.
private enum DepositMark {
    /// Its value is stored; what it is delivered to, and its file, may be as they were.
    static let accepted = "accepted"
    /// All of it is done.
    static let finished = "finished"
    static let rejected = "rejected"

    static func setting(_ deposit: Deposit) -> String { "deposit/" + hexadecimal(deposit.id) }
}

/// What accepting a deposit did.
package enum DepositOutcome: Sendable {
    /// It is a new version now.
    case stored(EntryOutcome)
    /// It was stored by a run that did not come to its end: there is nothing left but to deliver it.
    case toBeFinished(EntryOutcome)
}

extension Vault {
    /// Opens a deposit's file.
    package func deposit(_ file: [UInt8]) throws -> Deposit { try Deposit(opening: file, keys) }

    /// Why the deposit could not be accepted now; nil where it could.
    package func refusal(of deposit: Deposit) throws -> DepositError? {
        try read { snapshot in
            do {
                return try snapshot.checkMark(of: deposit) ? nil : try snapshot.refusal(of: deposit)
            } catch let error as DepositError {
                return error
            }
        }
    }

    /// Takes a deposit in: stores its value, and remembers that it did, in one transaction.
    ///
    /// - Throws: ``DepositError``; then nothing has changed.
    package func accept(_ deposit: Deposit) throws -> DepositOutcome {
        try write { transaction in
            if try transaction.checkMark(of: deposit) {
                guard let entry = try transaction.entry(deposit.name) else {
                    throw DepositError.acceptedBefore
                }
                return .toBeFinished(
                    EntryOutcome(
                        name: deposit.name, version: entry.currentVersion, isNew: false, deliveries: entry.deliveries))
            }
            if let refusal = try transaction.refusal(of: deposit) { throw refusal }
            try transaction.refuseIssued(deposit.name)
            let stored = try transaction.store(deposit.value.bytes, as: deposit.name, origin: .given)
            try transaction.joinConnection(deposit.name)
            try transaction.setQuietly(DepositMark.setting(deposit), to: DepositMark.accepted)
            try transaction.record(
                .depositAccepted, entry: try transaction.entry(deposit.name)?.id, name: deposit.name,
                facts: ["deposit": hexadecimal(deposit.id), "version": "\(stored.version)"])
            return .stored(try transaction.outcome(deposit.name, stored))
        }
    }

    /// Notes that an accepted deposit was delivered and its file is gone: from now on a copy of it is a copy.
    package func finish(_ deposit: Deposit) throws {
        try write { transaction in
            let setting = DepositMark.setting(deposit)
            guard try transaction.setting(setting) == DepositMark.accepted else { return }
            try transaction.set(setting, to: DepositMark.finished)
        }
    }

    /// Remembers that a deposit is not wanted. Of one that was accepted or rejected before nothing changes.
    package func reject(_ deposit: Deposit) throws {
        try write { transaction in
            let setting = DepositMark.setting(deposit)
            guard try transaction.setting(setting) == nil else { return }
            try transaction.setQuietly(setting, to: DepositMark.rejected)
            try transaction.record(
                .depositRejected, name: deposit.name, facts: ["deposit": hexadecimal(deposit.id)])
        }
    }
}

extension VaultSnapshot {
    /// Whether the deposit was accepted by a run that did not come to its end.
    fileprivate func checkMark(of deposit: Deposit) throws -> Bool {
        switch try setting(DepositMark.setting(deposit)) {
        case nil: false
        case DepositMark.accepted: true
        case DepositMark.finished: throw DepositError.acceptedBefore
        case DepositMark.rejected: throw DepositError.rejectedBefore
        default: throw VaultError.integrity(.record("deposit"))
        }
    }

    fileprivate func refusal(of deposit: Deposit) throws -> DepositError? {
        guard deposit.endsAt > now else { return .expired }
        let current = try entry(deposit.name)?.currentVersion
        guard current != deposit.base else { return nil }
        return current.map { .stale(base: deposit.base, current: $0) } ?? .noEntry
    }
}
