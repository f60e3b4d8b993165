/// When the owner tokens of a vault end, noted apart from it: so that a command can say that one is about to without reading
/// any more of the vault. It is a convenience: a note that is lost, wrong or made up changes nothing but when something is
/// said.
package struct TokenNote: Sendable, Equatable {
    /// How many tokens are noted: those that end first.
    package static let limit = 32

    /// 16 bytes that name the vault.
    package let vaultID: [UInt8]
    /// By namespace: when its token ends, in milliseconds since 1970 UTC.
    package let ends: [Namespace: Int64]
    /// The day, counted from 1970-01-01 UTC, on which it was last said that a token ends; nil: never.
    package let saidOn: Int64?

    package init(vaultID: [UInt8], ends: [Namespace: Int64], saidOn: Int64?) {
        self.vaultID = vaultID
        self.ends = Dictionary(
            uniqueKeysWithValues: Self.inOrder(ends).prefix(Self.limit).map { ($0.namespace, $0.end) })
        self.saidOn = saidOn
    }

    /// The one that ends first comes first.
    package var inOrder: [(namespace: Namespace, end: Int64)] { Self.inOrder(ends) }

    private static func inOrder(_ ends: [Namespace: Int64]) -> [(namespace: Namespace, end: Int64)] {
        ends.map { (namespace: $0.key, end: $0.value) }
            .sorted { ($0.end, $0.namespace.text) < ($1.end, $1.namespace.text) }
    }
}

/// Where the note of one vault is kept. Nothing here fails: what cannot be read is not there.
package protocol TokenNoteStore: Sendable {
    /// The note; nil where there is none, or none that was written here.
    func read() -> TokenNote?

    /// Replaces the note; false where it cannot be kept.
    func write(_ note: TokenNote) -> Bool
}
