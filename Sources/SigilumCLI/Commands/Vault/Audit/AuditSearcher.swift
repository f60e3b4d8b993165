internal import Glibc
internal import SecretScan
internal import SecureMemory
internal import VaultCore

/// Searches folders for values, all at once.
struct AuditSearcher {
    /// Absolute, links resolved.
    let roots: [String]
    /// The Sigilum home: the files of its vault are sealed, and not searched.
    let home: String

    private static let vaultFiles = ["vault.db", "vault.db-wal", "vault.db-shm", "vault.db-journal"]

    func search(_ values: [SharedSecret]) -> AuditSearch {
        let scanner = SecretScanner(values.enumerated().map { ScanPattern(label: $0.offset, value: $0.element) })
        let sealed = Set(Self.vaultFiles.map { home + "/" + $0 })
        let findings = ScanWalk.search(roots, with: scanner) { sealed.contains($0.path) }
        var search = AuditSearch()
        search.hits = findings.matches.map { path, match in
            AuditSearch.Hit(
                value: match.label,
                place: AuditPlace(path: path, line: match.line, encoding: AuditEncoding(match.encoding)))
        }
        search.unread =
            findings.troubles.map { (path: $0.path, reason: String(cString: strerror($0.errno))) }
            + findings.otherFileSystems.map { (path: $0, reason: "another file system") }
            + findings.cut.map { (path: $0, reason: "too many copies to name them all") }
        search.unreadCount = findings.troubleCount + findings.otherFileSystems.count + findings.cut.count
        return search
    }
}

extension AuditEncoding {
    fileprivate init(_ encoding: ScanEncoding) {
        switch encoding {
        case .plain: self = .plain
        case .base64: self = .base64
        case .urlEncoded: self = .urlEncoded
        }
    }
}
