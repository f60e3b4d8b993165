internal import SecureMemory
internal import VaultCore

/// An audit in the form that was asked for, on standard output or in a file.
struct AuditPresentation {
    let guide: AuditGuide
    /// Values that are shown; empty but with `--reveal-secrets`.
    let values: [EntryName: SharedSecret]
    let format: VaultAudit.Format

    var report: Report {
        var report = AuditText(guide: guide, values: values).report
        switch format {
        case .text, .json: report.json = AuditDocument(guide: guide).json
        case .sarif: report.json = AuditSARIF(guide: guide).json
        case .html:
            // All of it, and nothing that a terminal would need escaped.
            report.headline = nil
            report.lines = [.text(indent: 0, "\(plain: AuditPage(guide: guide).html)")]
        }
        return report
    }

    /// Writes it, and says where.
    func write(to file: SecretFile, _ context: Context) throws -> Report {
        let written = SharedSecret(content())
        try file.write(written.bytes)
        let audit = guide.report
        let counts = AuditSeverity.allCases.map { Field($0.rawValue + "s", .integer(Int64(audit.count(of: $0)))) }
        return Report(
            AuditText.headline(audit), fields: counts + [Field("file", context.shown(path: file.path))],
            exit: audit.needsHands ? .found : .done)
    }

    /// The bytes of the file. There is no value in them.
    private func content() -> SecretBytes {
        let collector = ByteCollector()
        let renderer = Renderer(
            results: collector.channel, notes: collector.channel, program: guide.program, json: format.isJSON,
            reveal: false, options: guide.options)
        _ = renderer.showFacts(report)
        return SecretBytes(copying: collector.bytes)
    }
}
