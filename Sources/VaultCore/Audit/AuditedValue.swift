internal import SecureMemory
internal import VaultFormat

/// An entry with what its current value is worth, and what its versions say of each other. The value itself is sealed
/// again: thousands of open ones are more than a process may lock in memory.
struct AuditedValue {
    let entry: Entry
    /// The current version, to be opened again where it is searched for.
    let sealed: SealedVersion
    /// In bytes.
    let width: Int
    /// What is wrong with the value by itself.
    private let weakness: AuditRule?
    /// Where the current version came from.
    private let origin: VersionOrigin
    /// The latest earlier version with the same value; nil where there is none.
    private let earlier: UInt32?

    /// Opens every kept version of an entry, proven against its history.
    init(_ entry: Entry, in snapshot: VaultSnapshot) throws {
        guard let (_, row) = try snapshot.row(.secret, entry.name.text) else {
            throw VaultError.noSuchEntry(entry.name)
        }
        var current: (sealed: SealedVersion, width: Int, weakness: AuditRule?, origin: VersionOrigin)?
        var earlier: UInt32?
        for (version, body) in try snapshot.bodies(of: row) {
            let sealed = SealedVersion(entry: row.id, version: version, body: body)
            let value = try sealed.open(snapshot.keys)
            let isSame = snapshot.keys.fingerprint(value.bytes) == entry.fingerprint
            guard version == row.currentVersion else {
                if isSame { earlier = version }
                continue
            }
            guard isSame, let origin = VersionOrigin(rawValue: body.origin) else {
                throw VaultError.integrity(.body(entry: row.id, version: version))
            }
            let weakness = ValueStrength.weakness(of: value.bytes, kind: entry.kind, prefix: entry.maskedPrefix)
            current = (sealed, value.bytes.count, weakness, origin)
        }
        guard let current else { throw VaultError.integrity(.history(entry: row.id)) }
        (sealed, width, weakness, origin) = current
        self.entry = entry
        self.earlier = earlier
    }

    /// What is wrong with the value by itself, and with its history.
    var findings: [AuditFinding] {
        var findings: [AuditFinding] = []
        if let weakness { findings.append(AuditFinding(weakness, entry: entry.name)) }
        if let earlier {
            findings.append(
                AuditFinding(
                    origin == .rolledBack ? .rolledBack : .reusedValue, entry: entry.name,
                    details: ["version \(earlier)"]))
        }
        return findings
    }

    /// Entries that have the value of another one. Each but the oldest is named once, with the oldest: new values for
    /// those that are named end it.
    static func sharedFindings(_ values: [AuditedValue]) -> [AuditFinding] {
        Dictionary(grouping: values, by: \.entry.fingerprint).values.filter { $0.count > 1 }.flatMap { group in
            let group = group.map(\.entry).sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
            return group.dropFirst().map { entry in
                AuditFinding(.sharedValue, entry: entry.name, details: ["the other: \(group[0].name.text)"])
            }
        }
    }

    func credential(expiresAt: Int64?, deployments: [AuditedDeployment]) -> AuditedCredential {
        AuditedCredential(
            name: entry.name, kind: entry.kind, maskedPrefix: entry.maskedPrefix,
            versions: Int(entry.currentVersion - entry.firstVersion) + 1, createdAt: entry.createdAt,
            updatedAt: entry.updatedAt, expiresAt: expiresAt, rotationDueAt: entry.rotationDueAt, renewal: renewal,
            deployments: deployments)
    }

    private var renewal: AuditedRenewal {
        switch entry.kind {
        case .ownerToken: origin == .generated ? .signed : .signedElsewhere
        case .serviceAPIKey, .localJWTSecret: .made
        case .upstreamSecret, .userSecret: entry.generator == nil ? .given : .made
        }
    }
}
