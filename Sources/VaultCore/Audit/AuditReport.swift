/// What one look at every credential of a vault found. Holds no secret and no part of one.
package struct AuditReport: Sendable {
    /// When it was made, in milliseconds since 1970 UTC.
    package let at: Int64
    /// By name.
    package let credentials: [AuditedCredential]
    /// Worst first, then in the order of the rules, then by entry, delivery and place.
    package let findings: [AuditFinding]

    package init(at: Int64, credentials: [AuditedCredential], findings: [AuditFinding]) {
        self.at = at
        self.credentials = credentials.sorted { $0.name < $1.name }
        self.findings = findings.sorted()
    }

    /// How many findings are as bad as this.
    package func count(of severity: AuditSeverity) -> Int {
        findings.count { $0.rule.severity == severity }
    }

    /// Whether somebody has to do something: an error or a warning. Notes alone are none.
    package var needsHands: Bool { findings.contains { $0.rule.severity != .note } }
}

/// One thing that was found.
package struct AuditFinding: Sendable, Equatable {
    package let rule: AuditRule
    /// The credential that it is about; nil where it is about none that the vault knows.
    package let entry: EntryName?
    /// The delivery that it is about.
    package let delivery: DeliveryID?
    /// Where in the file system it is.
    package let place: AuditPlace?
    /// What else there is to say: names of fields, other entries' names, counts, times. Never a value.
    package let details: [String]
    /// Why a place could not be looked at; nil for every other finding.
    package let failure: DeliveryFailure?

    package init(
        _ rule: AuditRule, entry: EntryName? = nil, delivery: DeliveryID? = nil, place: AuditPlace? = nil,
        details: [String] = [], failure: DeliveryFailure? = nil
    ) {
        self.failure = failure
        self.rule = rule
        self.entry = entry
        self.delivery = delivery
        self.place = place
        self.details = details
    }
}

extension AuditFinding: Comparable {
    package static func < (left: AuditFinding, right: AuditFinding) -> Bool {
        if left.rule != right.rule { return left.rule < right.rule }
        let (one, other) = (left.entry?.text ?? "", right.entry?.text ?? "")
        if one != other { return one < other }
        let (here, there) = (left.delivery?.text ?? "", right.delivery?.text ?? "")
        if here != there { return here < there }
        let (path, otherPath) = (left.place?.path ?? "", right.place?.path ?? "")
        return path == otherPath ? (left.place?.line ?? 0) < (right.place?.line ?? 0) : path < otherPath
    }
}

/// Where a finding is.
package struct AuditPlace: Sendable, Equatable {
    /// Absolute.
    package let path: String
    /// From 1; nil where the whole file is meant.
    package let line: Int?
    /// How a value is written there; nil where no value was searched for.
    package let encoding: AuditEncoding?

    package init(path: String, line: Int? = nil, encoding: AuditEncoding? = nil) {
        self.path = path
        self.line = line
        self.encoding = encoding
    }
}

/// How a value is written in a file. The raw value is printed and never changes.
package enum AuditEncoding: String, Sendable, CaseIterable {
    case plain
    case base64
    case urlEncoded = "url-encoded"
}

/// One credential as the report shows it.
package struct AuditedCredential: Sendable {
    package let name: EntryName
    package let kind: EntryKind
    /// The public prefix of the value; empty where there is none.
    package let maskedPrefix: String
    /// How many versions are kept.
    package let versions: Int
    /// Milliseconds since 1970 UTC: of the first version, and of the current one.
    package let createdAt: Int64
    package let updatedAt: Int64
    /// When the value itself expires (a token), in milliseconds since 1970 UTC.
    package let expiresAt: Int64?
    /// When the next rotation is due, in milliseconds since 1970 UTC; nil where none is asked for.
    package let rotationDueAt: Int64?
    /// How it gets a new value.
    package let renewal: AuditedRenewal
    /// In the order of the deliveries.
    package let deployments: [AuditedDeployment]

    package init(
        name: EntryName, kind: EntryKind, maskedPrefix: String, versions: Int, createdAt: Int64, updatedAt: Int64,
        expiresAt: Int64?, rotationDueAt: Int64?, renewal: AuditedRenewal, deployments: [AuditedDeployment]
    ) {
        self.renewal = renewal
        self.name = name
        self.kind = kind
        self.maskedPrefix = maskedPrefix
        self.versions = versions
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.expiresAt = expiresAt
        self.rotationDueAt = rotationDueAt
        self.deployments = deployments
    }
}

/// How a credential gets a new value.
package enum AuditedRenewal: Sendable, Equatable {
    /// The vault or the API makes one.
    case made
    /// Somebody else gives one out.
    case given
    /// It is a token that is signed here.
    case signed
    /// It is a token that somebody else signs.
    case signedElsewhere
}

/// One place where a credential is deployed.
package struct AuditedDeployment: Sendable, Equatable {
    package let id: DeliveryID
    package let state: AuditedState
    /// The fields that are not as they should be.
    package let differences: [String]

    package init(id: DeliveryID, state: AuditedState, differences: [String] = []) {
        self.id = id
        self.state = state
        self.differences = differences
    }
}

/// How a deployment is. The raw value is printed and never changes.
package enum AuditedState: String, Sendable, CaseIterable {
    /// What is there is what the vault holds.
    case same
    /// It is not there.
    case missing
    /// It is there, and not as it should be.
    case differs
    /// The vault knows that it was not delivered yet.
    case pending
    /// It is still to be taken away.
    case leaving = "to be taken away"
    /// It was not looked at, or could not be seen.
    case unseen = "not seen"
}
