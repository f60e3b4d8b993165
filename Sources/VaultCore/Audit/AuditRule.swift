/// How bad a finding is. The raw values are the levels of SARIF; errors come first.
package enum AuditSeverity: String, Sendable, CaseIterable, Comparable {
    /// Something is broken or open now.
    case error
    /// Something needs hands soon.
    case warning
    /// Good to know; nothing has to be done.
    case note

    package static func < (left: AuditSeverity, right: AuditSeverity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .error: 0
        case .warning: 1
        case .note: 2
        }
    }
}

/// What was found. The raw value is printed, programs compare it, and it never changes. The order is that of a report
/// within one severity.
package enum AuditRule: String, Sendable, CaseIterable {
    // Copies and values that anybody can have.
    case plainCopy = "plain-copy"
    case knownSample = "known-sample"
    case commonWord = "common-word"
    // What is deployed.
    case exportFileMissing = "export-file-missing"
    case exportFileDiffers = "export-file-differs"
    case exportFileUnsafe = "export-file-unsafe"
    case localServiceMissing = "local-service-missing"
    case localKeyInactive = "local-key-inactive"
    case localServiceDiffers = "local-service-differs"
    case openClawTokenMissing = "openclaw-token-missing"
    case openClawTokenDiffers = "openclaw-token-differs"
    case openClawFileUnsafe = "openclaw-file-unsafe"
    case openClawSettingsDiffer = "openclaw-settings-differ"
    case connectionMissing = "gateway-connection-missing"
    case connectionForeign = "gateway-connection-foreign"
    case connectionRedirected = "gateway-connection-redirected"
    case connectionSecretDiffers = "gateway-secret-differs"
    case connectionDiffers = "gateway-connection-differs"
    case apiServiceMissing = "api-service-missing"
    case apiKeyInactive = "api-key-inactive"
    case apiOldKeyActive = "api-old-key-active"
    case apiServiceDiffers = "api-service-differs"
    case deliveryPending = "delivery-pending"
    case withdrawalPending = "withdrawal-pending"
    case checkFailed = "check-failed"
    case notChecked = "not-checked"
    // Time.
    case tokenExpired = "token-expired"
    case tokenExpiresSoon = "token-expires-soon"
    case rotationOverdue = "rotation-overdue"
    case tooOld = "too-old"
    // Values.
    case shortValue = "short-value"
    case lowEntropy = "low-entropy"
    case sharedValue = "shared-value"
    case reusedValue = "reused-value"
    case rolledBack = "rolled-back"
    // Files.
    case orphanFile = "orphan-export-file"
    case scanIncomplete = "scan-incomplete"

    /// How bad it is, always.
    package var severity: AuditSeverity {
        switch self {
        case .plainCopy, .knownSample, .commonWord, .exportFileMissing, .exportFileDiffers, .exportFileUnsafe,
            .localServiceMissing, .localKeyInactive, .openClawTokenMissing, .openClawTokenDiffers, .openClawFileUnsafe,
            .connectionMissing, .connectionForeign, .connectionRedirected, .connectionSecretDiffers,
            .apiServiceMissing, .apiKeyInactive, .tokenExpired:
            .error
        case .localServiceDiffers, .openClawSettingsDiffer, .connectionDiffers, .apiOldKeyActive, .apiServiceDiffers,
            .deliveryPending, .withdrawalPending, .checkFailed, .tokenExpiresSoon, .rotationOverdue, .tooOld,
            .shortValue, .lowEntropy, .sharedValue, .reusedValue, .orphanFile:
            .warning
        case .notChecked, .rolledBack, .scanIncomplete: .note
        }
    }
}

extension AuditRule: Comparable {
    /// The worse first, then in the order above.
    package static func < (left: AuditRule, right: AuditRule) -> Bool {
        guard left.severity == right.severity else { return left.severity < right.severity }
        let order = allCases
        return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
    }
}
