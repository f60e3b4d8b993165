package import SecureMemory

/// What becomes of one value that is imported. The raw value is what users read and what `--json` prints.
package enum ImportState: String, Sendable, CaseIterable {
    /// There was no entry of that name.
    case new
    /// It is the current value already.
    case unchanged
    /// The entry has another value, which stays.
    case differs
    /// The entry had another value, which is its previous version now.
    case replaced
    /// The API makes the values of this entry: none can be given.
    case issued
}

/// What an import did, or would do.
package struct ImportOutcome: Sendable {
    /// In the order of the names.
    package let states: [ImportState]
    /// What is to be delivered now.
    package let deliveries: [DeliveryID]
}

extension Vault {
    /// Stores many values in one transaction: all of them, or none. Each touched row of the tree is written once.
    ///
    /// - Parameters:
    ///   - names: Where the values go; each name once.
    ///   - origin: What the versions say about where they came from.
    ///   - isReplacing: Whether an entry that has another value gets a new version.
    ///   - progress: Told after each how many are done.
    ///   - value: The value at an index of `names`; asked for one after the other, and kept by nobody.
    /// - Returns: What became of each.
    /// - Throws: ``VaultError``, or what `value` throws; then nothing is stored.
    package func store(
        _ names: [EntryName], origin: VersionOrigin, isReplacing: Bool, progress: (Int) -> Void = { _ in },
        value: (Int) throws -> SharedSecret
    ) throws -> ImportOutcome {
        try write { transaction in
            var states: [ImportState] = []
            var deliveries: Set<DeliveryID> = []
            states.reserveCapacity(names.count)
            try keys.whileReadable {
                for (index, name) in names.enumerated() {
                    let secret = try value(index)
                    let found = try transaction.importState(of: name, secret.bytes, isReplacing: isReplacing)
                    if found.state == .new || found.state == .replaced {
                        _ = try transaction.store(
                            secret.bytes, as: name, origin: origin, over: found.standing)
                        try transaction.joinConnection(name)
                        // What is new and no connection's is delivered nowhere.
                        if found.state == .replaced || name.kind == .upstreamSecret {
                            deliveries.formUnion(try transaction.entry(name)?.deliveries ?? [])
                        }
                    }
                    states.append(found.state)
                    progress(index + 1)
                }
            }
            return ImportOutcome(states: states, deliveries: deliveries.sorted())
        }
    }

    /// What ``store(_:origin:isReplacing:progress:value:)`` would do. Changes nothing.
    package func importPlan(
        _ names: [EntryName], isReplacing: Bool, value: (Int) throws -> SharedSecret
    ) throws -> [ImportState] {
        try read { snapshot in
            try keys.whileReadable {
                try names.enumerated().map { index, name in
                    try snapshot.importState(of: name, try value(index).bytes, isReplacing: isReplacing).state
                }
            }
        }
    }
}

extension VaultSnapshot {
    /// Whether something is delivered where values are stored under these names, as the vault is now.
    ///
    /// - Parameter names: Where values go.
    /// - Returns: False where none of them is delivered anywhere.
    /// - Throws: ``VaultError/integrity(_:)`` where a record is not as it was written.
    package func mayDeliver(_ names: [EntryName]) throws -> Bool {
        try keys.whileReadable {
            try names.contains { try $0.kind == .upstreamSecret || entry($0)?.deliveries.isEmpty == false }
        }
    }

    fileprivate func importState(
        of name: EntryName, _ value: borrowing SecretBytes, isReplacing: Bool
    ) throws -> (state: ImportState, standing: Standing) {
        let standing = try standing(of: name, value)
        if let entry = standing.entry, entry.fingerprint == standing.fingerprint { return (.unchanged, standing) }
        if try isIssued(name) { return (.issued, standing) }
        guard standing.entry != nil else { return (.new, standing) }
        return (isReplacing ? .replaced : .differs, standing)
    }
}
