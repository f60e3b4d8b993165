internal import Sealing
package import SecureMemory

/// How an entry's command for the next value is to change.
package enum RotationCommandChange: Sendable, Equatable {
    case kept
    case set(String)
    case cleared
}

/// Where the next value of an entry comes from when nobody gives one.
package enum RotationMeans: Sendable, Equatable {
    /// The output of a command.
    case command(String)
    /// Made here, in the way of the entry or of its kind.
    case generated
    /// Made by the API.
    case issued
    /// From somebody else alone: a value that was made up would open nothing.
    case givenOnly
}

extension VaultSnapshot {
    /// Where the next value of an entry comes from.
    package func rotationMeans(of entry: Entry) throws -> RotationMeans {
        if try isIssued(entry.name) { return .issued }
        if let command = entry.rotateWith { return .command(command) }
        if entry.generator != nil { return .generated }
        switch entry.kind {
        case .serviceAPIKey, .localJWTSecret: return .generated
        case .ownerToken, .upstreamSecret, .userSecret: return .givenOnly
        }
    }

    /// The entries whose rotation is due, by name. Not the gateway's master keys: those are changed with `rekey`, which
    /// knows what else is sealed by them.
    ///
    /// - Parameters:
    ///   - isDue: Those whose own interval is over.
    ///   - maxAge: Those whose value is older, in milliseconds; nil: whatever their age.
    /// - Returns: Each with where its next value comes from.
    /// - Throws: ``VaultError``.
    package func rotationsDue(isDue: Bool, maxAge: Int64?) throws -> [(entry: Entry, means: RotationMeans)] {
        let entries = try inventory().entries.filter { entry in
            if GatewayKeyEntry.all.contains(entry.name.text) { return false }
            if isDue, let due = entry.rotationDueAt, due <= now { return true }
            return maxAge.map { entry.updatedAt <= now - $0 } ?? false
        }
        return try entries.map { (entry: $0, means: try rotationMeans(of: $0)) }
    }
}

extension Vault {
    /// A new value of the kind that the entry has; the entry must be there. `command` and `intervalDays` (nil keeps what is
    /// there) change in the same transaction.
    package func rotate(
        _ name: EntryName, to value: SharedSecret?, command: RotationCommandChange = .kept, intervalDays: UInt32? = nil
    ) throws -> EntryOutcome {
        try write { transaction in
            guard let entry = try transaction.entry(name) else { throw VaultError.noSuchEntry(name) }
            if try transaction.isIssued(name), value == nil {
                try transaction.keep(StorePolicy(rotationIntervalDays: intervalDays), of: entry)
                try transaction.wantCredential(.sigilumAPI(try Slug(String(name.text.split(separator: "/")[1]))))
                return EntryOutcome(
                    name: name, version: entry.currentVersion, isNew: true, deliveries: entry.deliveries)
            }
            try transaction.refuseIssued(name)
            let policy = StorePolicy(rotationIntervalDays: intervalDays)
            let outcome: StoreOutcome
            if let value {
                outcome = try transaction.store(value.bytes, as: name, origin: .given, policy: policy)
            } else {
                let rule = entry.generator.flatMap(GeneratorRule.init(text:)) ?? .standard(for: entry.kind)
                outcome = try transaction.store(rule.make().bytes, as: name, origin: .generated, policy: policy)
            }
            try transaction.change(command: command, of: name)
            return try transaction.outcome(name, outcome)
        }
    }

    /// Takes the command for the next value away, without a new version.
    package func clearRotationCommand(of name: EntryName) throws -> EntryOutcome {
        try write { transaction in
            guard let entry = try transaction.entry(name) else { throw VaultError.noSuchEntry(name) }
            try transaction.change(command: .cleared, of: name)
            return EntryOutcome(
                name: name, version: entry.currentVersion, isNew: entry.rotateWith != nil, deliveries: [])
        }
    }

    /// Declares the connection on which a secret is about to be tried, so that it is taken away whatever happens: from here
    /// on it is a delivery to be withdrawn. Says in the log that the value leaves.
    ///
    /// - Parameters:
    ///   - name: The entry that is to have the value; it need not be there yet.
    ///   - intent: What the target must know of a connection whose making had no answer.
    /// - Returns: The connection's id: `sigilum-try-` and 16 random hexadecimal digits.
    /// - Throws: ``VaultError``; then nothing is declared.
    package func beginTrial(of name: EntryName, intent: (DeliveryJob) -> DeliveryReceipt) throws -> Slug {
        let digits = RandomBytes.make(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let id = try Slug(DeliveryID.trialPrefix + digits)
        try write { transaction in
            var delivery = Delivery(id: .gateway(id), service: nil, entries: [])
            delivery.isWithdrawn = true
            delivery.isOwned = true
            try transaction.saveQuietly(delivery)
            if let plan = try transaction.plan(delivery.id) {
                delivery.receipt = intent(plan.job())
                try transaction.saveQuietly(delivery)
            }
            let entry = try transaction.entry(name)?.id
            try transaction.record(.secretTried, entry: entry, name: name, facts: ["target": delivery.id.text])
        }
        return id
    }
}

extension DeliveryID {
    /// What ids of connections begin with on which secrets are tried.
    package static let trialPrefix = "sigilum-try-"

    /// Whether it is a connection on which a secret was tried.
    package var isTrial: Bool { target == .gateway && key.hasPrefix(Self.trialPrefix) }
}

extension VaultTransaction {
    fileprivate func change(command: RotationCommandChange, of name: EntryName) throws {
        switch command {
        case .kept: return
        case .set(let text): try keep(rotateWith: text, of: name)
        case .cleared: try keep(rotateWith: nil, of: name)
        }
    }
}
