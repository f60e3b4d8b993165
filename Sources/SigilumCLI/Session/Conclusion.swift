internal import SecureMemory
internal import VaultCore

/// How a command ends that stored something and delivered it: the facts, and what is still pending.
struct Conclusion {
    /// What is said under `[ok]`.
    let done: Message
    /// What is said under `[warn]` where something was not delivered.
    let saved: Message
    let fields: [Field]
    var lines: [Line] = []
    var json: JSON?
    /// A value that is printed alone; see ``Report/bare``.
    var bare: SharedSecret?
    /// See ``Report/isAlwaysBare``.
    var isAlwaysBare = false
    /// Whether the report shows secrets by itself; see ``Report/showsSecrets``.
    var showsSecrets = false
    let outcomes: [DeliveryOutcome]
    /// Whose gateway is to be started where none runs.
    var namespace: Namespace?
    /// Whether the command took something away rather than stored it.
    var isRemoval = false

    /// The report; where something could not be delivered, a failure that carries it.
    func report() throws -> Report {
        var report = Report(
            .ok(done), fields: fields, lines: lines, bare: bare, json: json, showsSecrets: showsSecrets)
        report.isAlwaysBare = isAlwaysBare
        for outcome in outcomes {
            guard case .delivered(let repaired) = outcome.result, !repaired.isEmpty else { continue }
            report.remarks.append(
                .warn("Repaired \(outcome.id.text): \(plain: repaired.joined(separator: ", ")) was not as delivered"))
        }
        let pending = outcomes.filter(\.isPending)
        guard !pending.isEmpty else { return report }
        let names = Self.names(pending)
        let failures = pending.compactMap { outcome -> (failure: DeliveryFailure, of: DeliveryOutcome)? in
            if case .pending(let failure) = outcome.result { (failure, outcome) } else { nil }
        }
        guard let first = failures.first else {
            report.remarks.append(.info("pending: \(plain: names)"))
            return report
        }
        report.headline = .warn(saved)
        let base = first.failure.failure(
            hints: [
                isRemoval
                    ? "removed from the vault; not yet taken away from: \(plain: names)"
                    : "saved in the vault; not yet delivered to: \(plain: names)"
            ], namespace: namespace,
            target: first.of.id.target, path: first.of.id.target.isFile ? first.of.id.key : nil,
            service: first.of.service)
        throw Failure(
            base.status, code: base.code, base.message,
            hints: base.hints + (first.failure.needsDecision ? [] : ["then run:  \(command: ["vault", "sync"])"]),
            report: report)
    }

    /// The kinds of targets, each once, in their order.
    static func names(_ outcomes: [DeliveryOutcome]) -> String {
        TargetKind.allCases.filter { kind in outcomes.contains { $0.id.target == kind } }.map(\.rawValue)
            .joined(separator: ", ")
    }
}
