import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("What an audit says of deployments")
struct AuditDeploymentTests {
    private let audit: AuditScene

    init() throws {
        audit = try AuditScene()
        try audit.put("a", AuditScene.strong)
    }

    @Test("every difference that a target can name is a finding of its own rule, with the field's name")
    func differences() async throws {
        let expected: [(TargetKind, String, AuditRule)] = [
            (.exportFile, "content", .exportFileDiffers), (.exportFile, "edited", .exportFileDiffers),
            (.exportFile, "kind", .exportFileUnsafe), (.exportFile, "mode", .exportFileUnsafe),
            (.exportFile, "owner", .exportFileUnsafe), (.exportFile, "links", .exportFileUnsafe),
            (.localAPI, "key", .localKeyInactive), (.localAPI, "user", .localServiceDiffers),
            (.localAPI, "email", .localServiceDiffers), (.localAPI, "description", .localServiceDiffers),
            (.openClaw, "owner_token", .openClawTokenDiffers), (.openClaw, "mode", .openClawFileUnsafe),
            (.openClaw, "hooks.enabled", .openClawSettingsDiffer), (.openClaw, "api_url", .openClawSettingsDiffer),
            (.gateway, "base_url", .connectionRedirected), (.gateway, "foreign", .connectionForeign),
            (.gateway, "secret_version", .connectionSecretDiffers), (.gateway, "created_at", .connectionSecretDiffers),
            (.gateway, "credential_keys", .connectionSecretDiffers),
            (.gateway, "auth_secret_key", .connectionSecretDiffers), (.gateway, "auth_prefix", .connectionDiffers),
            (.gateway, "status", .connectionDiffers), (.sigilumAPI, "api_key", .apiKeyInactive),
            (.sigilumAPI, "retired_key", .apiOldKeyActive), (.sigilumAPI, "name", .apiServiceDiffers),
        ]
        for (target, field, rule) in expected {
            let id = DeliveryID(target: target, key: "/linear")
            let report = try await audit.audit([.seen(id, .present(differences: [field]))])
            #expect(report.findings.map(\.rule) == [rule], "\(target) \(field)")
            #expect(report.findings.first?.details == [field])
            #expect(report.findings.first?.delivery == id)
            #expect(try await audit.rules([.seen(id, .present(differences: []))]) == [])
        }
    }

    @Test("what is missing is missing by the rule of its target")
    func missing() async throws {
        let expected: [TargetKind: AuditRule] = [
            .exportFile: .exportFileMissing, .localAPI: .localServiceMissing, .openClaw: .openClawTokenMissing,
            .gateway: .connectionMissing, .sigilumAPI: .apiServiceMissing,
        ]
        for target in TargetKind.allCases {
            let id = DeliveryID(target: target, key: "/linear")
            #expect(try await audit.rules([.seen(id, .absent)]) == [expected[target]])
        }
    }

    @Test("differences of several kinds are several findings, the worst first")
    func several() async throws {
        let id = DeliveryID(target: .exportFile, key: "service-api-key-linear")
        let report = try await audit.audit([.seen(id, .present(differences: ["content", "edited", "mode"]))])
        #expect(report.findings.map(\.rule) == [.exportFileDiffers, .exportFileUnsafe])
        #expect(report.findings.map(\.details) == [["content", "edited"], ["mode"]])
        #expect(report.findings.first?.place == AuditPlace(path: "/home/service-api-key-linear"))
    }

    @Test("what was not delivered yet is pending, and not missing as well; what is somebody else's is said besides")
    func pending() async throws {
        let id = DeliveryID(target: .gateway, key: "linear")
        #expect(try await audit.rules([.seen(id, .absent, isPending: true)]) == [.deliveryPending])
        let foreign = Observation.present(differences: [Observation.foreign])
        #expect(
            try await audit.rules([.seen(id, foreign, isPending: true)]) == [.connectionForeign, .deliveryPending])
        #expect(
            try await audit.rules([.seen(id, .present(differences: []), isPending: true, isWithdrawn: true)])
                == [.withdrawalPending])
    }

    @Test("nobody answering is a note; a refusal needs hands")
    func unseen() async throws {
        let id = DeliveryID(target: .gateway, key: "linear")
        let mute: [DeliveryFailure] = [.unreachable(endpoint: "http://127.0.0.1:9"), .busy, .tryLater(seconds: 3)]
        for failure in mute {
            let report = try await audit.audit([.seen(id, nil, failure: failure)])
            #expect(report.findings.map(\.rule) == [.notChecked])
            #expect(report.findings.first?.failure == failure)
            #expect(!report.needsHands)
        }
        #expect(try await audit.rules([.seen(id, nil)]) == [.notChecked])
        for failure in [DeliveryFailure.adminTokenRequired, .ownerTokenExpired, .wrongAnswer(.notJSON)] {
            let report = try await audit.audit([.seen(id, nil, failure: failure)])
            #expect(report.findings.map(\.rule) == [.checkFailed])
            #expect(report.needsHands)
        }
    }

    @Test("the drift is what the reconciler's own comparison says, and each credential has its deployments")
    func drift() async throws {
        let file = DeliveryID(target: .exportFile, key: "/elsewhere/a"),
            gateway = DeliveryID(target: .gateway, key: "a")
        try await audit.deliver("a", to: file)
        try await audit.deliver("a", to: gateway)
        let clean = try await audit.audit()
        #expect(clean.findings == [])
        #expect(
            clean.credentials.map(\.deployments) == [
                [AuditedDeployment(id: file, state: .same), AuditedDeployment(id: gateway, state: .same)]
            ])
        audit.files.objects = [:]
        audit.gateway.objects["a"] = ["a": "another"]
        let report = try await audit.audit()
        #expect(report.findings.map(\.rule) == [.exportFileMissing, .connectionDiffers])
        #expect(report.findings.map(\.entry) == [try EntryName("a"), try EntryName("a")])
        #expect(
            report.credentials.map(\.deployments) == [
                [
                    AuditedDeployment(id: file, state: .missing),
                    AuditedDeployment(id: gateway, state: .differs, differences: ["content"]),
                ]
            ])
        try audit.put("a", AuditScene.strongToo)
        #expect(try await audit.rules() == [.deliveryPending, .deliveryPending])
        #expect(try await audit.audit(postponed: [.gateway]).count(of: .note) == 1)
    }

    @Test("a file with the name of an export that nothing is delivered to belongs to nobody")
    func orphans() async throws {
        try await audit.deliver("a", to: DeliveryID(target: .exportFile, key: "service-api-key-linear"))
        let report = try await audit.audit(
            exportFiles: ["/home/service-api-key-linear", "/home/service-api-key-other"])
        #expect(report.findings.map(\.rule) == [.orphanFile])
        #expect(report.findings.first?.place?.path == "/home/service-api-key-other")
    }
}
