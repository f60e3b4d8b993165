import SecureMemory
import VaultCore

@testable import SigilumCLI

/// Reports as they could be, for the formats that show them.
enum AuditSample {
    static let now: Int64 = 1_772_359_200_000
    private static let day: Int64 = 86_400_000

    static func name(_ text: String) throws -> EntryName { try EntryName(text) }

    static func guide(_ report: AuditReport) -> AuditGuide {
        AuditGuide(report, program: .sigilum, options: .none)
    }

    static var nothing: AuditReport { AuditReport(at: now, credentials: [], findings: []) }

    /// A credential of so many days.
    static func credential(
        _ name: String, kind: EntryKind = .userSecret, prefix: String = "", versions: Int = 1, age: Int64 = 10,
        expires: Int64? = nil, due: Int64? = nil, renewal: AuditedRenewal = .given,
        _ places: [(TargetKind, String, AuditedState, [String])] = []
    ) throws -> AuditedCredential {
        AuditedCredential(
            name: try self.name(name), kind: kind, maskedPrefix: prefix, versions: versions,
            createdAt: now - (age + 100) * day, updatedAt: now - age * day, expiresAt: expires.map { now + $0 * day },
            rotationDueAt: due.map { now + $0 * day }, renewal: renewal,
            deployments: places.map {
                AuditedDeployment(id: DeliveryID(target: $0, key: $1), state: $2, differences: $3)
            })
    }

    /// What an ordinary vault of some weeks could look like.
    static func ordinary() throws -> AuditReport {
        let linear = DeliveryID(target: .gateway, key: "linear")
        let notion = DeliveryID(target: .exportFile, key: "service-api-key-notion")
        let refused = AuditFinding(
            .checkFailed, entry: try name("service-api-key/search"),
            delivery: DeliveryID(target: .sigilumAPI, key: "search"), failure: .ownerTokenExpired)
        let findings = [
            AuditFinding(
                .plainCopy, entry: try name("upstream-secret/linear/access_token"),
                place: AuditPlace(path: "/home/user/projects/agent/.env", line: 14, encoding: .plain)),
            AuditFinding(
                .plainCopy, entry: try name("upstream-secret/linear/access_token"),
                place: AuditPlace(path: "/home/user/.openclaw/logs/gateway.log", line: 20417, encoding: .urlEncoded)),
            AuditFinding(
                .exportFileDiffers, entry: try name("service-api-key/notion"), delivery: notion,
                place: AuditPlace(path: "/home/user/.sigilum-workspace/service-api-key-notion"), details: ["content"]),
            AuditFinding(
                .connectionRedirected, entry: try name("upstream-secret/linear/access_token"), delivery: linear,
                details: ["upstream_url"]),
            AuditFinding(.tokenExpiresSoon, entry: try name("owner-token/johndee"), details: ["2026-03-04T09:00:00Z"]),
            AuditFinding(
                .rotationOverdue, entry: try name("upstream-secret/stripe/api_key"), details: ["2026-02-14T09:00:00Z"]),
            AuditFinding(
                .sharedValue, entry: try name("deploy/staging-password"), details: ["deploy/production-password"]),
            AuditFinding(.shortValue, entry: try name("deploy/staging-password")), refused,
            AuditFinding(
                .orphanFile,
                place: AuditPlace(path: "/home/user/.sigilum-workspace/service-api-key-old-crm")),
            AuditFinding(
                .rolledBack, entry: try name("upstream-secret/typefully/access_token"), details: ["version 3"]),
        ]
        return AuditReport(at: now, credentials: try credentials(), findings: findings)
    }

    private static func credentials() throws -> [AuditedCredential] {
        [
            try credential(
                "owner-token/johndee", kind: .ownerToken, versions: 9, age: 4, expires: 3, renewal: .signed,
                [
                    (.exportFile, "/home/user/.openclaw/.sigilum/owner-token-johndee.jwt", .same, []),
                    (.openClaw, "johndee", .same, []),
                ]),
            try credential(
                "service-api-key/linear", kind: .serviceAPIKey, prefix: "sk_", age: 41, renewal: .made,
                [(.exportFile, "service-api-key-linear", .same, []), (.localAPI, "linear", .same, [])]),
            try credential(
                "service-api-key/notion", kind: .serviceAPIKey, prefix: "sk_", versions: 2, age: 17, renewal: .made,
                [(.exportFile, "service-api-key-notion", .differs, ["content"]), (.localAPI, "notion", .same, [])]),
            try credential(
                "service-api-key/search", kind: .serviceAPIKey, prefix: "sk_", age: 88, renewal: .made,
                [(.exportFile, "service-api-key-search", .same, []), (.sigilumAPI, "search", .unseen, [])]),
            try credential(
                "upstream-secret/linear/access_token", kind: .upstreamSecret, prefix: "lin_", versions: 4, age: 23,
                due: 67,
                [
                    (.exportFile, "gateway-connection-secret-linear", .same, []),
                    (.gateway, "linear", .differs, ["upstream_url"]),
                ]),
            try credential(
                "upstream-secret/stripe/api_key", kind: .upstreamSecret, prefix: "rk_", versions: 2, age: 105, due: -15,
                [(.exportFile, "gateway-connection-secret-stripe", .same, []), (.gateway, "stripe", .same, [])]),
            try credential(
                "upstream-secret/typefully/access_token", kind: .upstreamSecret, prefix: "tfy_", versions: 6, age: 2,
                due: 28, [(.gateway, "typefully", .pending, [])]),
            try credential("deploy/production-password", age: 12),
            try credential("deploy/staging-password", age: 260),
            try credential("backup/restic", versions: 1, age: 31, due: 59),
            try credential("ci/github", prefix: "github_pat_", versions: 3, age: 58, expires: 32),
            try credential("local-jwt-secret", kind: .localJWTSecret, age: 88, renewal: .made),
        ]
    }
}
