internal import VaultCore

/// What comparing deliveries found, as `diff`, `sync --dry-run` and `export --check` report it.
struct TargetStates {
    let comparisons: [DeliveryComparison]

    /// The report: 0 where all is as it should be, 1 where something is not, and else why a target could not be seen.
    func report(same: Message, different: (Int) -> Message) throws -> Report {
        let found = comparisons.filter(\.isFound).count
        var report = Report(found == 0 ? .ok(same) : .warn(different(found)))
        report.lines = comparisons.map { .row([.untrusted($0.id.text), .untrusted($0.words)]) }
        if comparisons.isEmpty { report.lines = [.text(indent: 2, "(none)")] }
        report.json = .object([("targets", .array(comparisons.map(\.document)))])
        report.exit = found == 0 ? .done : .found
        // What a sync alone does not mend.
        for slug in comparisons.filter(\.lacksKey).compactMap(\.service) {
            report.remarks.append(
                .warn("The API key of \(slug.text) is not active at the API; \(DeliveryFailure.newKey(slug))"))
        }
        guard found == 0, let unseen = comparisons.first(where: { $0.failure != nil }), let failure = unseen.failure
        else { return report }
        // Nothing is known to differ, and not everything was seen: not the time for an [ok].
        report.headline = .warn("Not everything could be compared")
        let base = failure.failure(
            hints: [], target: unseen.id.target, path: unseen.id.target.isFile ? unseen.id.key : nil,
            service: unseen.service)
        throw Failure(base.status, code: base.code, base.message, hints: base.hints, report: report)
    }
}

extension DeliveryComparison {
    /// Whether a sync would change something, as far as could be seen.
    fileprivate var isFound: Bool {
        isPending || isWithdrawn || observation.map { $0 != .present(differences: []) } ?? false
    }

    /// Whether the API does not let in the key that was delivered.
    fileprivate var lacksKey: Bool {
        guard id.target == .sigilumAPI, !isPending, !isWithdrawn else { return false }
        return observation == .absent || differences.contains("api_key")
    }

    /// One or more words for people and programs.
    fileprivate var states: [String] {
        var states: [String] = []
        if isWithdrawn { states.append("to be taken away") } else if isPending { states.append("pending") }
        switch observation {
        case .absent where !isWithdrawn: states.append("missing")
        case .present(let differences) where !isWithdrawn && !differences.isEmpty: states.append("differs")
        case .absent, .present: break
        case nil: states.append(failure == nil ? "not looked at" : "not seen")
        }
        return states.isEmpty ? ["same"] : states
    }

    fileprivate var differences: [String] {
        if case .present(let differences) = observation, !isWithdrawn { differences } else { [] }
    }

    fileprivate var words: String {
        let words = states.joined(separator: ", ")
        return differences.isEmpty ? words : words + ": " + differences.joined(separator: ", ")
    }

    fileprivate var document: JSON {
        .object([
            ("target", .string(id.text)), ("service", service.map { .string($0.text) } ?? .null),
            ("states", .array(states.map { .string($0) })), ("differences", .array(differences.map { .string($0) })),
        ])
    }
}
