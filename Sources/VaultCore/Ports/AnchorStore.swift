package import Sealing

/// What this machine last saw of a vault, kept apart from it: a vault that was put back is noticed against it.
package struct Anchor: Sendable, Equatable {
    /// 16 bytes.
    package let vaultID: [UInt8]
    package let generation: UInt64
    package let auditSequence: UInt64
    package let auditHead: Digest

    package init(vaultID: [UInt8], generation: UInt64, auditSequence: UInt64, auditHead: Digest) {
        self.vaultID = vaultID
        self.generation = generation
        self.auditSequence = auditSequence
        self.auditHead = auditHead
    }
}

/// What became of an anchor that should be kept.
package enum AnchorKeeping: Sendable, Equatable {
    case kept
    /// The folder cannot be written or read: a copy put back would not be noticed.
    case unavailable
}

/// Why a stored anchor cannot be used.
package enum AnchorError: Error, Sendable {
    /// It is there and is not an anchor.
    case unreadable
    /// The system has no descriptor or no memory left to read it with: whether it is there is not known.
    case exhausted
}

/// Where the anchor of one vault lies.
package protocol AnchorStore: Sendable {
    /// The anchor; nil where there is none or its folder cannot be read.
    func read() throws(AnchorError) -> Anchor?

    /// Keeps `anchor` unless a higher one of the same vault is there already. `durably`: synced before it returns.
    func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping

    /// Puts `anchor` in place of whatever is there: the audited way on after a deliberate restore.
    func replace(with anchor: Anchor) -> AnchorKeeping

    /// Forgets the anchor: the way on after the vault was deleted on purpose. Not being there is success.
    func remove() -> AnchorKeeping
}
