internal import VaultCore

/// What comparing deliveries found, as `diff`, `sync --dry-run` and `export --check` report it.
struct TargetStates {
    let comparisons: [DeliveryComparison]
    /// Which versions are desired and applied; empty where they are not shown.
    var versions: [DeliveryID: DeliveryVersions] = [:]

    /// The report: 0 where all is as it should be, 1 where something is not, and else why a target could not be seen.
    func report(same: Message, different: (Int) -> Message) throws -> Report {
        let found = comparisons.filter(\.isFound).count
        var report = Report(found == 0 ? .ok(same) : .warn(different(found)))
        report.lines = comparisons.map { comparison in
            let texts = versions[comparison.id]?.texts ?? []
            return .row([.untrusted(comparison.id.text), .untrusted(comparison.words)] + texts.map { .untrusted($0) })
        }
        if comparisons.isEmpty { report.lines = [.text(indent: 2, "(none)")] }
        report.json = .object([("targets", .array(comparisons.map { $0.document(versions[$0.id]) }))])
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

    fileprivate func document(_ versions: DeliveryVersions?) -> JSON {
        .object(
            [
                ("target", .string(id.text)), ("service", service.map { .string($0.text) } ?? .null),
                ("states", .array(states.map { .string($0) })),
                ("differences", .array(differences.map { .string($0) })),
            ] + (versions?.members ?? []))
    }
}

extension DeliveryVersions {
    /// As people read them, one a column.
    fileprivate var texts: [String] {
        ["desired: " + Self.text(desired), "applied: " + (applied.map(Self.text) ?? "an older state")]
    }

    /// An entry is named where there are several: by the last part, which is its key.
    private static func text(_ parts: [Part]) -> String {
        guard let first = parts.first else { return "nothing" }
        guard parts.count > 1 else { return "version \(first.version)" }
        return parts.map { "\($0.entry.text.split(separator: "/").last ?? "") version \($0.version)" }
            .joined(separator: ", ")
    }

    fileprivate var members: [(key: String, value: JSON)] {
        [("desired", Self.json(desired)), ("applied", applied.map(Self.json) ?? .null)]
    }

    private static func json(_ parts: [Part]) -> JSON {
        .array(
            parts.map { part in
                .object([("entry", .string(part.entry.text)), ("version", .integer(Int64(part.version)))])
            })
    }
}
