internal import VaultCore

/// The findings: one card a rule, worst first, with every place that it was found at and what to type there.
struct AuditPageFindings {
    let guide: AuditGuide

    var html: String {
        let findings = guide.report.findings
        guard !findings.isEmpty else {
            return """
                <section class="findings" aria-labelledby="findings">
                <h2 id="findings">Findings</h2>
                <p class="nothing">\(PageIcon.fine.html())<span><b>Nothing found.</b> What is deployed is what the vault holds, \
                no copy lies about, nothing is old, due or weak.</span></p>
                </section>
                """
        }
        var cards: [(rule: AuditRule, findings: [AuditFinding])] = []
        for finding in findings {
            if cards.last?.rule == finding.rule {
                cards[cards.count - 1].findings.append(finding)
            } else {
                cards.append((finding.rule, [finding]))
            }
        }
        return """
            <section class="findings" aria-labelledby="findings">
            <h2 id="findings">Findings <span class="dim">\(findings.count)</span></h2>
            \(cards.map { card($0.rule, $0.findings) }.joined(separator: "\n"))
            </section>
            """
    }

    private func card(_ rule: AuditRule, _ findings: [AuditFinding]) -> String {
        let severity = rule.severity.rawValue
        let times = findings.count > 1 ? "<span class=\"times\">\(findings.count) times</span>" : ""
        return """
            <article class="card \(severity)" aria-labelledby="r-\(rule.rawValue)">
            <header><span class="badge \(severity)">\(PageIcon.of(rule.severity).html())\(severity)</span>\
            <h3 id="r-\(rule.rawValue)">\(PageText.html(rule.title))</h3>\(times)<code class="rule">\(rule.rawValue)</code></header>
            <p class="why">\(PageText.html(rule.explanation))</p>
            <ul>
            \(findings.map(item).joined(separator: "\n"))
            </ul>
            </article>
            """
    }

    private func item(_ finding: AuditFinding) -> String {
        var lines: [String] = []
        if let entry = finding.entry { lines.append("<b class=\"name\">\(PageText.parts(entry.text))</b>") }
        if let place = finding.place {
            let line = place.line.map { "<span class=\"line\">line \($0)</span>" } ?? ""
            lines.append("<span class=\"path\">\(PageText.parts(place.path))</span>\(line)\(Self.encoding(place))")
        } else if let delivery = finding.delivery {
            lines.append("<span class=\"path\">\(PageText.parts(delivery.text))</span>")
        }
        if !finding.details.isEmpty {
            lines.append(
                finding.details.map { "<span class=\"detail\">\(PageText.html($0))</span>" }.joined(separator: " "))
        }
        if let failure = finding.failure {
            let cause = failure.failure(hints: [], target: finding.delivery?.target, service: nil).message
            lines.append("<span class=\"details\">\(PageText.html(guide.text(cause)))</span>")
        }
        let facts = lines.map { "<p>\($0)</p>" }.joined()
        return "<li><div class=\"facts\">\(facts)</div>\(commands(guide.next(finding)))</li>"
    }

    private static func encoding(_ place: AuditPlace) -> String {
        switch place.encoding {
        case nil, .plain: ""
        case .base64: "<span class=\"line\">in base64</span>"
        case .urlEncoded: "<span class=\"line\">URL-encoded</span>"
        }
    }

    /// Each command in a box of its own, that can be selected as a whole.
    private func commands(_ messages: [Message]) -> String {
        guard !messages.isEmpty else { return "" }
        let boxes = messages.map { message in
            // A message may begin with words of ours: `or adopt it:  sigilum …`.
            let text = guide.text(message)
            guard let end = text.firstRange(of: ":  ") else { return Self.box(text) }
            return "<span class=\"or\">\(PageText.html(String(text[..<end.lowerBound])))</span>"
                + Self.box(String(text[end.upperBound...]))
        }
        return "<div class=\"next\"><span class=\"label\">Next</span>\(boxes.joined())</div>"
    }

    /// A line ends between words alone, where it can: `--from-file` stays in one piece.
    private static func box(_ command: String) -> String {
        let words = command.split(separator: " ", omittingEmptySubsequences: false)
        let text = words.map { $0.isEmpty ? "" : "<span>\(PageText.html(String($0)))</span>" }.joined(separator: " ")
        return "<div class=\"command\"><code tabindex=\"0\">\(text)</code></div>"
    }
}
