import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

/// A vault with targets in memory, and an audit of it with everything else given by the test.
struct AuditScene: Sendable {
    static let day: Int64 = 86_400_000
    /// Values that nothing is wrong with.
    static let strong = "lin_api_Zq83kdLs92Mxa02kdPq11zzQ7"
    static let strongToo = "gh7Kq2Lw9Zx4Vb8Nm3Pd6Rt1Yc5Sf0Aj"

    let scene: VaultScene
    let files = TargetInMemory(.exportFile)
    let gateway = TargetInMemory(.gateway)

    init() throws {
        scene = try VaultScene()
    }

    func put(_ name: String, _ value: String, origin: VersionOrigin = .given) throws {
        try scene.put(name, value, origin: origin)
    }

    func pass(days: Int64) { scene.clock.now += days * Self.day }

    /// Declares and delivers an entry to a target.
    func deliver(_ name: String, to id: DeliveryID, target: TargetInMemory? = nil) async throws {
        let name = try EntryName(name)
        try scene.vault.write { try $0.declare(id, service: nil, entries: [name]) }
        _ = try await reconciler(target).reconcile([id])
    }

    func reconciler(_ target: TargetInMemory? = nil, postponed: Set<TargetKind> = []) -> Reconciler {
        Reconciler(
            vault: scene.vault, targets: target.map { [$0] } ?? [files, gateway], locks: LockInMemory().locks,
            postponed: postponed)
    }

    /// An audit with these comparisons, or with what the targets in memory say.
    func audit(
        _ comparisons: [DeliveryComparison]? = nil, maxAgeDays: UInt32? = nil, tokenEnd: Int64? = nil,
        exportFiles: [String] = [], postponed: Set<TargetKind> = [],
        search: @escaping @Sendable ([SharedSecret]) -> AuditSearch = { _ in AuditSearch() }
    ) async throws -> AuditReport {
        let compared = try await reconciler(postponed: postponed).compare()
        return try scene.vault.audit(
            AuditRequest(
                comparisons: comparisons ?? compared, maxAgeDays: maxAgeDays,
                tokenEnd: { $0.kind == .ownerToken ? tokenEnd : nil }, home: "/home", exportFiles: exportFiles,
                resolve: { $0 }, search: search))
    }

    /// The rules that were found, in the order of the report.
    func rules(
        _ comparisons: [DeliveryComparison]? = nil, maxAgeDays: UInt32? = nil, tokenEnd: Int64? = nil
    ) async throws -> [AuditRule] {
        try await audit(comparisons, maxAgeDays: maxAgeDays, tokenEnd: tokenEnd).findings.map(\.rule)
    }
}

extension DeliveryComparison {
    /// What a look at a delivery said.
    static func seen(
        _ id: DeliveryID, _ observation: Observation?, isPending: Bool = false, isWithdrawn: Bool = false,
        failure: DeliveryFailure? = nil
    ) -> DeliveryComparison {
        DeliveryComparison(
            id: id, service: nil, isPending: isPending, isWithdrawn: isWithdrawn, observation: observation,
            failure: failure)
    }
}
