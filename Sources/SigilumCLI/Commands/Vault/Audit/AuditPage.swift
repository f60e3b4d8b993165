internal import Sealing
internal import SecureMemory
internal import VaultCore

/// An audit as one page for a browser, that needs nothing else: no network, no file beside it. Without scripts it shows
/// all the same; they add sorting, choosing and copying.
///
/// The content security policy allows the one style and the one script in the page, by their hashes, and nothing else.
/// Whatever may come from anybody goes through ``PageText``.
struct AuditPage {
    let guide: AuditGuide

    private var report: AuditReport { guide.report }

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
        <meta name="referrer" content="no-referrer">
        <meta name="robots" content="noindex">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Credential audit, \(date): \(summary.lowercasedFirst)</title>
        <style>\(AuditPageStyle.css)</style>
        </head>
        <body>
        \(PageIcon.symbols)
        <a class="skip" href="#credentials">Skip to the credentials</a>
        <header class="top">
        <div class="wide">
        <p class="brand">\(PageIcon.seal.html("mark"))<span>Sigilum Vault</span><span class="dim">Credential audit</span></p>
        \(verdict)
        </div>
        </header>
        <main class="wide">
        \(AuditPageFindings(guide: guide).html)
        \(AuditPageTable(guide: guide).html)
        </main>
        <footer class="wide">
        <p>Made \(date) \(time) UTC by <code>\(PageText.html(command))</code>, \(PageText.html(Program.version)). \
        No value of a credential is in this page: each shows as the prefix that its issuer prints, and stars.</p>
        </footer>
        <script>\(AuditPageScript.javaScript)</script>
        </body>
        </html>
        """
    }

    /// What the page may do: show its own style and run its own script.
    static var policy: String {
        "default-src 'none'; script-src 'sha256-\(hash(AuditPageScript.javaScript))'; "
            + "style-src 'sha256-\(hash(AuditPageStyle.css))'; base-uri 'none'; form-action 'none'"
    }

    private static func hash(_ text: String) -> String {
        let digits = Array(SHA256.hexDigest(of: SecretBytes(copying: Array(text.utf8))).utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).map { index in
            digits[index..<index + 2].reduce(UInt8(0)) { $0 << 4 | ($1 < 0x3a ? $1 - 0x30 : $1 - 0x57) }
        }
        return PageText.base64(bytes)
    }

    // MARK: At the top

    private var command: String { guide.text("\(command: ["vault", "audit", "--format", "html"])") }

    private var date: String { String(Timestamp.text(report.at).prefix(10)) }

    private var time: String { String(Timestamp.text(report.at).dropFirst(11).prefix(5)) }

    private var summary: String {
        let errors = report.count(of: .error), warnings = report.count(of: .warning), notes = report.count(of: .note)
        if errors > 0 { return "\(PageText.count(errors, "error")) to mend now" }
        if warnings > 0 { return "\(PageText.count(warnings, "warning")) to look at" }
        if notes > 0 { return "Nothing to do, \(PageText.count(notes, "note"))" }
        return report.credentials.isEmpty ? "No credentials yet" : "Everything is in order"
    }

    private var verdict: String {
        let worst = report.findings.first?.rule.severity
        let icon = worst.map(PageIcon.of) ?? .fine
        return """
            <div class="verdict \(worst?.rawValue ?? "fine")">
            \(icon.html("big"))
            <div>
            <h1>\(summary)</h1>
            <p>\(sentence) on \(date) at \(time) UTC.</p>
            </div>
            </div>
            <ul class="tiles" aria-label="Findings by severity">
            \(tile(.error, "broken or open now"))
            \(tile(.warning, "needs hands soon"))
            \(tile(.note, "good to know"))
            <li class="tile fine">\(PageIcon.fine.html())<b>\(sound)</b><span>in order</span>\
            <small>of \(PageText.count(report.credentials.count, "credential"))</small></li>
            </ul>
            \(health)
            """
    }

    private var sentence: String {
        let places = report.credentials.reduce(0) { $0 + $1.deployments.count }
        let looked = "\(PageText.count(report.credentials.count, "credential"))"
        return places == 0
            ? "\(looked) looked at" : "\(looked) and \(PageText.count(places, "deployment")) looked at"
    }

    private func tile(_ severity: AuditSeverity, _ words: String) -> String {
        let count = report.count(of: severity)
        return """
            <li class="tile \(count == 0 ? "none" : severity.rawValue)">\(PageIcon.of(severity).html())<b>\(count)</b>\
            <span>\(severity.rawValue)\(count == 1 ? "" : "s")</span><small>\(words)</small></li>
            """
    }

    /// How many credentials have nothing worse than notes.
    private var sound: Int { credentialsByWorst[.note, default: 0] + credentialsByWorst[nil, default: 0] }

    private var credentialsByWorst: [AuditSeverity?: Int] {
        let worst = guide.worstByEntry
        return Dictionary(report.credentials.map { (worst[$0.name], 1) }, uniquingKeysWith: +)
    }

    /// All credentials as one bar, by the worst that was found of each.
    private var health: String {
        guard !report.credentials.isEmpty else { return "" }
        let counts = credentialsByWorst
        let parts: [(String, String, Int)] = [
            ("error", "with an error", counts[.error, default: 0]),
            ("warning", "with a warning", counts[.warning, default: 0]),
            ("fine", "in order", sound),
        ]
        var start = 0
        var bars = ""
        for (kind, _, count) in parts where count > 0 {
            bars += "<rect class=\"\(kind)\" x=\"\(start)\" width=\"\(count)\" height=\"1\"/>"
            start += count
        }
        let words = parts.filter { $0.2 > 0 }.map { "\($0.2) \($0.1)" }.joined(separator: ", ")
        return """
            <figure class="health"><svg viewBox="0 0 \(report.credentials.count) 1" preserveAspectRatio="none" role="img" \
            aria-label="Credentials: \(words)">\(bars)</svg><figcaption>Credentials: \(words)</figcaption></figure>
            """
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension AuditGuide {
    /// The worst that was found of each entry.
    var worstByEntry: [EntryName: AuditSeverity] {
        Dictionary(
            report.findings.compactMap { finding in finding.entry.map { ($0, finding.rule.severity) } },
            uniquingKeysWith: min)
    }
}
