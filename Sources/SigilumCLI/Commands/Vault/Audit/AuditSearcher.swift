internal import SecureMemory
internal import VaultCore

/// Searches folders for values.
struct AuditSearcher {
    /// Absolute, links resolved.
    let roots: [String]
    /// The Sigilum home, whose vault is sealed and not searched.
    let home: String

    func search(_ values: [SharedSecret]) -> AuditSearch {
        AuditSearch()
    }
}
