internal import Glibc
internal import VaultCore

/// What a gateway loses when its master key becomes another one: everything that it keeps is sealed under it, and only what
/// the vault has can be delivered again.
struct GatewayLosses {
    let session: Session
    let options: GatewayOptions
    /// `--gateway-loses-them`
    let isAccepted: Bool

    private static let goOn: Message = "or go on, and have it lost: --gateway-loses-them"

    /// Asks the gateway. Where it loses something, or nobody knows, goes on only where that is accepted.
    ///
    /// - Throws: 76 with a list of what would be lost; 69 where the gateway does not answer.
    func check() async throws {
        let (context, surroundings) = (session.context, session.surroundings)
        let address = try GatewaySettings.adminAddress(option: options.gatewayAdminUrl, surroundings)
        let inputs = Openers.GatewayInputs(
            adminURL: address.text, adminToken: try GatewaySettings.adminToken(surroundings), program: nil,
            warnOfArguments: {})
        let holdings: GatewayHoldings
        do {
            holdings = try await context.openers.gatewayHoldings(inputs)
        } catch let failure as DeliveryFailure {
            if failure.isUnreachable, try !isExpected() { return }
            return try refuseUnknown(failure)
        }
        let lost = try session.vault.read { try $0.lacking(of: holdings) }
        let count = lost.connections.count + lost.variables.count
        guard count > 0 else { return }
        let rows = Self.rows(lost)
        guard !isAccepted else {
            for row in rows { surroundings.say(.warn("Lost by the gateway: \(row.kind) \(row.name)")) }
            return
        }
        let documents = rows.map { row -> JSON in ["kind": .string(row.kind), "name": .string(row.name)] }
        throw Failure(
            .refused, code: "gateway-would-lose",
            "The gateway would lose what the vault does not have: it is sealed under the master key",
            hints: [
                "nothing was changed; store what you need in the vault first, or write it down", Self.goOn,
            ],
            report: Report(
                .warn("Only the gateway has: \(count)"),
                lines: rows.map { .row([.plain($0.kind), .untrusted($0.name)]) },
                json: .object([("lost", .array(documents))])))
    }

    private static func rows(_ lost: GatewayHoldings) -> [(kind: String, name: String)] {
        lost.variables.map { ("credential-variable", $0) }
            + lost.connections.map { connection in
                connection.keys.isEmpty
                    ? ("connection", connection.id)
                    : ("connection-secrets", connection.id + ": " + connection.keys.sorted().joined(separator: ", "))
            }
    }

    /// Whether there is a gateway at all, as far as anything here says: somebody named it, it has a data directory, or the vault
    /// delivers to it.
    private func isExpected() throws -> Bool {
        let surroundings = session.surroundings
        if options.gatewayAdminUrl != nil || surroundings.setting("GATEWAY_ADMIN_URL") != nil { return true }
        let directory = try GatewaySettings.dataDirectory(option: options.gatewayDataDir, surroundings)
        if directory.isNamed || access(directory.path, F_OK) == 0 { return true }
        return try session.vault.read { try $0.inventory().deliveries.contains { $0.id.target == .gateway } }
    }

    private func refuseUnknown(_ failure: DeliveryFailure) throws {
        guard !isAccepted else {
            session.surroundings.say(
                .warn("The gateway was not asked: what only it has (variables, connections not made here) is lost"))
            return
        }
        let base = failure.failure
        throw Failure(
            base.status, code: base.code, base.message,
            hints: [
                "nothing was changed: what only the gateway has (variables, connections not made here) cannot be known"
            ] + base.hints + [Self.goOn])
    }
}
