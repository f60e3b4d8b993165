internal import VaultFormat

/// What a pruning did.
package struct PruneOutcome: Sendable, Equatable {
    /// The versions that are gone, ascending; empty where there were no more than wanted.
    package let removed: [UInt32]
    /// The oldest version that is kept, and the current one.
    package let firstVersion: UInt32, currentVersion: UInt32
}

extension Vault {
    /// Removes the versions of an entry but the last `count`, which is 1 or more. What was removed is still to be wiped
    /// (``wipeRemoved()``).
    package func prune(_ name: EntryName, keeping count: UInt32) throws -> PruneOutcome {
        try write { try $0.prune(name, keeping: count) }
    }
}
