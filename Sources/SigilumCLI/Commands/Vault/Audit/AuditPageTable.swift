internal import VaultCore

/// Every credential as a row: what it is, how old, until when, where.
struct AuditPageTable {
    let guide: AuditGuide
    private let worst: [EntryName: AuditSeverity]
    private let rules: [EntryName: [AuditRule]]
    /// What a full bar of age stands for.
    private let longestAge: Int64

    private static let day: Int64 = 86_400_000

    init(guide: AuditGuide) {
        self.guide = guide
        worst = guide.worstByEntry
        rules = Dictionary(grouping: guide.report.findings.filter { $0.entry != nil }) { $0.entry }
            .reduce(into: [:]) { rules, pair in
                if let entry = pair.key { rules[entry] = pair.value.map(\.rule) }
            }
        let oldest = guide.report.credentials.map { guide.report.at - $0.updatedAt }.max() ?? 0
        longestAge = max(oldest, 30 * Self.day)
    }

    private var report: AuditReport { guide.report }

    var html: String {
        guard !report.credentials.isEmpty else {
            return """
                <section class="credentials" aria-labelledby="credentials">
                <h2 id="credentials">Credentials</h2>
                <p class="nothing"><span>The vault holds none.</span></p>
                </section>
                """
        }
        return """
            <section class="credentials" aria-labelledby="credentials">
            <h2 id="credentials">Credentials <span class="dim">\(report.credentials.count)</span></h2>
            \(controls)
            <div class="sheet">
            <table>
            <caption class="hide">Every credential of the vault</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(report.credentials.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            <p class="none-left" hidden>No credential is like that.</p>
            </div>
            </section>
            """
    }

    /// For the script to show: without it they would do nothing.
    private var controls: String {
        let kinds = Set(report.credentials.map(\.kind.rawValue)).sorted()
        let options = kinds.map { "<option value=\"\(PageText.html($0))\">\(PageText.html($0))</option>" }
        return """
            <div class="controls" role="search" hidden>
            <label class="text"><span>Find</span><input type="search" id="find" placeholder="name, place or finding" \
            autocomplete="off" spellcheck="false"></label>
            <label><span>Worst finding</span><select id="severity"><option value="">any</option>\
            <option value="error">error</option><option value="warning">warning</option>\
            <option value="note">note</option><option value="fine">none</option></select></label>
            <label><span>Kind</span><select id="kind"><option value="">any</option>\(options.joined())</select></label>
            <label class="order"><span>Sort by</span><select id="order"></select></label>
            <output id="shown" for="find severity kind" aria-live="polite"></output>
            </div>
            """
    }

    private var head: String {
        let titles: [(String, String)] = [
            ("Status", "number"), ("Credential", "text"), ("Kind", "text"), ("Age", "number"), ("Expires", "number"),
            ("Rotation due", "number"), ("Versions", "number"), ("Deployed", "number"),
        ]
        return titles.map { "<th scope=\"col\" data-sort=\"\($0.1)\"><span>\($0.0)</span></th>" }.joined()
    }

    private func row(_ credential: AuditedCredential) -> String {
        let severity = worst[credential.name]
        let found = severity?.rawValue ?? "fine"
        let rules = Array(Set(self.rules[credential.name] ?? [])).sorted()
        let rank = severity.flatMap(AuditSeverity.allCases.firstIndex(of:)) ?? AuditSeverity.allCases.count
        let places = credential.deployments.map { "\($0.id.text) \($0.state.rawValue)" }
        let words = ([credential.name.text, credential.kind.rawValue] + places + rules.map(\.rawValue))
            .joined(separator: " ")
        let wrong = credential.deployments.filter { $0.state != .same }.count
        return """
            <tr data-severity="\(found)" data-kind="\(PageText.html(credential.kind.rawValue))" data-words="\(PageText.html(words))">
            \(cell("Status", sort: "\(rank)", "<span class=\"badge \(found)\">\((severity.map(PageIcon.of) ?? .fine).html())\(severity?.rawValue ?? "in order")</span>"))
            <th scope="row" data-label="Credential" data-value="\(PageText.html(credential.name.text))">\
            <span class="name">\(PageText.parts(credential.name.text))</span>\
            <span class="value">\(PageText.html(Redaction.masked(prefix: credential.maskedPrefix)))</span>\(links(rules))</th>
            \(cell("Kind", sort: credential.kind.rawValue, PageText.html(credential.kind.rawValue)))
            \(cell("Age", sort: "\(report.at - credential.updatedAt)", age(credential)))
            \(cell("Expires", sort: "\(credential.expiresAt ?? .max)", expiry(credential)))
            \(cell("Rotation due", sort: "\(credential.rotationDueAt ?? .max)", rotation(credential)))
            \(cell("Versions", sort: "\(credential.versions)", "\(credential.versions)"))
            \(cell("Deployed", sort: "\(wrong * 1000 + credential.deployments.count)", deployments(credential)))
            </tr>
            """
    }

    private func cell(_ label: String, sort: String, _ content: String) -> String {
        let empty = content == Self.never ? " class=\"empty\"" : ""
        return "<td\(empty) data-label=\"\(label)\" data-value=\"\(PageText.html(sort))\">\(content)</td>"
    }

    private func links(_ rules: [AuditRule]) -> String {
        guard !rules.isEmpty else { return "" }
        let links = rules.map {
            "<a class=\"\($0.severity.rawValue)\" href=\"#r-\($0.rawValue)\">\(PageText.html($0.rawValue))</a>"
        }
        return "<span class=\"rules\">\(links.joined())</span>"
    }

    // MARK: Time

    private func age(_ credential: AuditedCredential) -> String {
        let age = max(0, report.at - credential.updatedAt)
        let isOld = rules[credential.name]?.contains(.tooOld) == true
        return bar(Self.share(age, of: longestAge), isOld ? "warning" : "plain", Timestamp.duration(age))
            + moment("since", credential.updatedAt)
    }

    /// How much of its time is left.
    private func expiry(_ credential: AuditedCredential) -> String {
        guard let end = credential.expiresAt else { return Self.never }
        guard end > report.at else {
            return bar(100, "error", "expired \(Timestamp.duration(report.at - end)) ago") + moment("on", end)
        }
        let isSoon = rules[credential.name]?.contains(.tokenExpiresSoon) == true
        return bar(
            Self.share(end - report.at, of: max(1, end - credential.updatedAt)), isSoon ? "warning" : "fine",
            "\(Timestamp.duration(end - report.at)) left") + moment("until", end)
    }

    private func rotation(_ credential: AuditedCredential) -> String {
        guard let due = credential.rotationDueAt else { return Self.never }
        guard due > report.at else {
            return bar(100, "error", "\(Timestamp.duration(report.at - due)) overdue") + moment("since", due)
        }
        return bar(
            Self.share(due - report.at, of: max(1, due - credential.updatedAt)), "fine",
            "in \(Timestamp.duration(due - report.at))") + moment("on", due)
    }

    private static let never = "<span class=\"dim\">–<span class=\"hide\"> none</span></span>"

    private func moment(_ word: String, _ time: Int64) -> String {
        let text = Timestamp.text(time)
        return "<time datetime=\"\(text)\">\(word) \(text.prefix(10))</time>"
    }

    private static func share(_ part: Int64, of whole: Int64) -> Int {
        Int(max(2, min(100, part / max(1, whole / 100))))
    }

    private func bar(_ percent: Int, _ kind: String, _ words: String) -> String {
        """
        <span class="bar \(kind)">\(words)<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">\
        <rect class="rail" width="100" height="1"/><rect class="fill" width="\(percent)" height="1"/></svg></span>
        """
    }

    // MARK: Places

    private func deployments(_ credential: AuditedCredential) -> String {
        guard !credential.deployments.isEmpty else { return Self.never }
        let items = credential.deployments.map { place in
            let differences = place.differences.isEmpty ? "" : ": " + place.differences.joined(separator: ", ")
            let words = place.state == .same ? "" : "<em>\(place.state.rawValue)\(PageText.html(differences))</em>"
            return """
                <li class="\(Self.kind(place.state))" title="\(PageText.html(place.id.text))">\
                \(Self.icon(place.state).html())<span>\(PageText.html(place.id.target.rawValue))</span>\(words)</li>
                """
        }
        return "<ul class=\"places\">\(items.joined())</ul>"
    }

    private static func kind(_ state: AuditedState) -> String {
        switch state {
        case .same: "fine"
        case .missing, .differs: "error"
        case .pending, .leaving: "warning"
        case .unseen: "note"
        }
    }

    private static func icon(_ state: AuditedState) -> PageIcon {
        switch state {
        case .same: .fine
        case .missing, .differs: .error
        case .pending, .leaving: .warning
        case .unseen: .note
        }
    }
}
