internal import ArgumentParser
internal import VaultCore

/// `sigilum gateway status`
struct GatewayStatus: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Asks the gateway how it is, and compares it with the vault.",
        discussion: """
            master_key is same where gateway start handed over the key that the vault has now and nothing speaks against it;
            different where the gateway's key does not open what it has sealed; else unknown: a gateway tells nobody its key.

            Example:
              sigilum gateway status
            """)

    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let surroundings = Surroundings(context)
        let inputs = Openers.GatewayInputs(
            adminURL: try GatewaySettings.adminAddress(option: gateway.gatewayAdminUrl, surroundings).text,
            adminToken: try GatewaySettings.adminToken(surroundings), program: nil, warnOfArguments: {})
        let known = try GatewayKnowledge.find(context, vault)
        let overview = try await context.openers.gatewayOverview(inputs, known.connection)
        let report = known.report(overview, endpoint: inputs.adminURL)
        guard let failure = overview.failure else { return report }
        let base = failure.failure(hints: [], namespace: known.namespace, target: .gateway)
        throw Failure(base.status, code: base.code, base.message, hints: base.hints, report: report)
    }
}

/// What a vault knows of its gateway.
private struct GatewayKnowledge {
    /// One that the vault made; nil where there is none.
    var connection: Slug?
    /// Whose connections they are, where the vault has any.
    var namespace: Namespace?
    /// What is to be delivered there; nil where there is no vault that can be opened.
    var pending: [DeliveryID]?
    /// Whether `gateway start` handed over the key that the vault has now; nil where it never did, or nobody knows.
    var isKeyHandedOver: Bool?

    /// Asks the vault, where there is one. One that nobody has the key for now is passed over with a warning.
    static func find(_ context: Context, _ options: VaultOptions) throws -> GatewayKnowledge {
        let session: Session?
        do {
            session = try Session.openIfThere(context, options)
        } catch let failure as Failure where failure.code == MasterKeyResolution.lockedCode {
            context.remarks.add(.warn("The vault is not asked: \(failure.message)"))
            return GatewayKnowledge()
        }
        guard let session else {
            context.remarks.add(.info("There is no vault here to compare the gateway with"))
            return GatewayKnowledge()
        }
        let (plans, services) = try session.vault.read { (try $0.plans(), try $0.inventory().services) }
        let ours = plans.filter { $0.delivery.id.target == .gateway }
        let slugs = ours.compactMap(\.delivery.service)
        return GatewayKnowledge(
            connection: ours.first { $0.delivery.isOwned && !$0.delivery.isWithdrawn }?.delivery.service,
            namespace: services.first { slugs.contains($0.slug) }?.namespace,
            pending: ours.filter(\.isPending).map(\.delivery.id),
            isKeyHandedOver: try GatewayKeyNote(session).isCurrent())
    }

    func report(_ overview: GatewayOverview, endpoint: String) -> Report {
        let isReachable = overview.isHealthy || overview.failure.map { !$0.isUnreachable } ?? true
        let admin: Bool? =
            overview.connections != nil ? true : overview.failure == .adminTokenRequired ? false : nil
        let key =
            overview.opensItsData == false ? "different" : isKeyHandedOver == true && isReachable ? "same" : "unknown"
        var report = Report(
            overview.failure == nil ? .ok("Gateway: \(endpoint)") : .warn("Gateway: \(endpoint)"),
            fields: [
                Field("health", .plain(overview.isHealthy ? "ok" : isReachable ? "not well" : "not reachable")),
                Field("admin", .plain(admin.map { $0 ? "allowed" : "refused" } ?? "unknown")),
                Field("connections", overview.connections.map { .integer(Int64($0)) } ?? .plain("unknown")),
                Field("master_key", .plain(key)),
                Field("pending", pending.map(Self.text) ?? .plain("unknown")),
            ])
        report.json = .object([
            ("gateway", .string(endpoint)), ("healthy", .boolean(overview.isHealthy)),
            ("admin", admin.map { .boolean($0) } ?? .null),
            ("connections", overview.connections.map { .integer(Int64($0)) } ?? .null), ("master_key", .string(key)),
            ("pending", pending.map { .array($0.map { .string($0.text) }) } ?? .null),
        ])
        if isKeyHandedOver == false {
            report.remarks.append(
                .info(
                    "The vault's key for the gateway changed since gateway start: one that was not restarted has the old"
                ))
        }
        if let pending, !pending.isEmpty, overview.failure == nil {
            report.remarks.append(.info("deliver what is pending:  \(command: ["vault", "sync"])"))
        }
        return report
    }

    private static func text(_ pending: [DeliveryID]) -> Value {
        pending.isEmpty ? .plain("none") : .untrusted(pending.map(\.text).joined(separator: ", "))
    }
}
