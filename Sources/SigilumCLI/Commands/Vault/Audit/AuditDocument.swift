internal import VaultCore

/// An audit for programs: the same facts, no value.
struct AuditDocument {
    let guide: AuditGuide

    var json: JSON {
        let audit = guide.report
        return .object([
            ("at", .string(Timestamp.text(audit.at))),
            (
                "summary",
                .object(
                    [("credentials", .integer(Int64(audit.credentials.count)))]
                        + AuditSeverity.allCases.map { severity in
                            (key: severity.rawValue + "s", value: .integer(Int64(audit.count(of: severity))))
                        })
            ),
            ("findings", .array(audit.findings.map(finding))),
            ("credentials", .array(audit.credentials.map(Self.credential))),
        ])
    }

    private func finding(_ finding: AuditFinding) -> JSON {
        .object([
            ("severity", .string(finding.rule.severity.rawValue)), ("rule", .string(finding.rule.rawValue)),
            ("entry", finding.entry.map { .string($0.text) } ?? .null),
            ("target", finding.delivery.map { .string($0.text) } ?? .null),
            ("path", finding.place.map { .string($0.path) } ?? .null),
            ("line", finding.place?.line.map { .integer(Int64($0)) } ?? .null),
            ("encoding", finding.place?.encoding.map { .string($0.rawValue) } ?? .null),
            ("details", .array(finding.details.map { .string($0) })),
            ("message", .string(guide.text(guide.message(finding)))),
            ("next", .array(guide.next(finding).map { .string(guide.text($0)) })),
        ])
    }

    private static func credential(_ credential: AuditedCredential) -> JSON {
        .object([
            ("name", .string(credential.name.text)), ("kind", .string(credential.kind.rawValue)),
            ("versions", .integer(Int64(credential.versions))),
            ("created_at", .string(Timestamp.text(credential.createdAt))),
            ("updated_at", .string(Timestamp.text(credential.updatedAt))),
            ("expires_at", time(credential.expiresAt)), ("rotation_due_at", time(credential.rotationDueAt)),
            (
                "deployments",
                .array(
                    credential.deployments.map { place in
                        .object([
                            ("target", .string(place.id.text)), ("state", .string(place.state.rawValue)),
                            ("differences", .array(place.differences.map { .string($0) })),
                        ])
                    })
            ),
            ("value", .hidden(prefix: credential.maskedPrefix)),
        ])
    }

    private static func time(_ time: Int64?) -> JSON { time.map { .string(Timestamp.text($0)) } ?? .null }
}
