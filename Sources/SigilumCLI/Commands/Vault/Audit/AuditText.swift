internal import SecureMemory
internal import VaultCore

/// An audit for people: what was found, what to type next, then every credential.
struct AuditText {
    let guide: AuditGuide
    /// Values that are shown; empty but with `--reveal-secrets`.
    let values: [EntryName: SharedSecret]

    private var audit: AuditReport { guide.report }

    var report: Report {
        var report = Report(Self.headline(audit))
        report.lines = audit.findings.flatMap(lines)
        if !audit.findings.isEmpty, !audit.credentials.isEmpty { report.lines.append(.text(indent: 0, "")) }
        report.lines += credentials
        report.exit = audit.needsHands ? .found : .done
        return report
    }

    static func headline(_ audit: AuditReport) -> Headline {
        let credentials = count(audit.credentials.count, "credential")
        let notes = audit.count(of: .note), found = audit.findings.count
        if audit.needsHands { return .warn("Audit: \(plain: count(found, "finding")) in \(plain: credentials)") }
        guard notes > 0 else { return .ok("Audit: \(plain: credentials), nothing found") }
        return .ok("Audit: \(plain: credentials), nothing to do, \(plain: count(notes, "note"))")
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private func lines(_ finding: AuditFinding) -> [Line] {
        var head: Message = "\(plain: finding.rule.severity.rawValue)  \(plain: finding.rule.rawValue)"
        if let entry = finding.entry { head = "\(head)  \(entry.text)" }
        if let delivery = finding.delivery { head = "\(head)  \(delivery.text)" }
        let steps = guide.next(finding).enumerated().map { index, step in
            Line.text(indent: index == 0 ? 4 : 11, index == 0 ? "next:  \(step)" : step)
        }
        return [.text(indent: 2, head), .text(indent: 4, guide.message(finding))] + steps
    }

    private var credentials: [Line] {
        guard !audit.credentials.isEmpty else { return audit.findings.isEmpty ? [.text(indent: 2, "(none)")] : [] }
        let titles = ["NAME", "KIND", "AGE", "VERSIONS", "EXPIRES", "ROTATION DUE", "WHERE", "VALUE"]
        return [.row(titles.map { .plain($0) })]
            + audit.credentials.map { credential in
                .row([
                    .untrusted(credential.name.text), .plain(credential.kind.rawValue),
                    .plain(Timestamp.duration(audit.at - credential.updatedAt)),
                    .integer(Int64(credential.versions)), moment(credential.expiresAt, "expired"),
                    moment(credential.rotationDueAt, "overdue"), .plain(Self.places(credential)),
                    values[credential.name].map { .secret($0, prefix: credential.maskedPrefix) }
                        ?? .hidden(prefix: credential.maskedPrefix),
                ])
            }
    }

    private func moment(_ time: Int64?, _ past: String) -> Value {
        guard let time else { return .plain("-") }
        return .plain(Timestamp.text(time) + (time <= audit.at ? " (\(past))" : ""))
    }

    /// The kinds of places, each with its state where it is not as it should be.
    private static func places(_ credential: AuditedCredential) -> String {
        let places = credential.deployments.map { place in
            place.id.target.rawValue + (place.state == .same ? "" : " (\(place.state.rawValue))")
        }
        return places.isEmpty ? "-" : places.joined(separator: ", ")
    }
}
