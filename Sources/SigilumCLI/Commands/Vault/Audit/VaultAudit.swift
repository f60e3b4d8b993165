internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault audit`
struct VaultAudit: SigilumCommand {
    /// What a report looks like.
    enum Format: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json, html, sarif

        /// Whether it is one JSON document.
        var isJSON: Bool { self == .json || self == .sarif }
    }

    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract:
            "One report of every credential: where it is, how old, how good, and what is wrong; 1 where something is.",
        discussion: """
            Changes nothing. Errors and warnings end with 1, notes alone with 0.

            Example:
              sigilum vault audit --max-age-days 90 --scan ~/projects
              sigilum vault audit --format html --out audit.html
            """)

    @Option(help: ArgumentHelp("From how many days on a value is too old.", valueName: "number"))
    var maxAgeDays: String?
    @Option(help: ArgumentHelp("Search this folder for copies of values too. May be repeated.", valueName: "path"))
    var scan: [String] = []
    @Option(help: "What the report looks like; text where none is given.") var format: Format?
    @Option(help: ArgumentHelp("Write the report to this file, 0600.", valueName: "path"))
    var out: String?
    @OptionGroup var openClaw: OpenClawHomeOption
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }
    var printsJSON: Bool { output.json || (out == nil && format?.isJSON == true) }

    func perform(_ context: Context) async throws -> Report {
        guard !output.json || format ?? .json == .json else { throw Failure.usage("Use only one of: --json, --format") }
        let format = output.json ? .json : format ?? .text
        guard !reveal.revealSecrets || (format == .text && out == nil) else {
            throw Failure.usage("--reveal-secrets shows values in the text on standard output alone")
        }
        let surroundings = Surroundings(context)
        let survey = try AuditSurvey(maxAgeDays: maxAgeDays, folders: scan, openClaw: openClaw, surroundings)
        let file = try out.map { try SecretFile($0, surroundings) }
        let session = try Session.open(context, vault, for: .reading)
        try file?.refuse(inside: session.home)
        let audit = try session.vault.audit(survey.request(session, try await compare(session)))
        let names = reveal.revealSecrets ? audit.credentials.map(\.name) : []
        let values = names.isEmpty ? [:] : try session.vault.revealAll(names, purpose: "vault audit")
        let services = try session.vault.read { try $0.inventory().services }
        let guide = AuditGuide(
            audit, program: context.program, options: context.options,
            namespaces: Dictionary(services.map { ($0.slug.text, $0.namespace) }) { first, _ in first })
        let presentation = AuditPresentation(guide: guide, values: values, format: format)
        guard let file else { return presentation.report }
        return try presentation.write(to: file, context)
    }

    private func compare(_ session: Session) async throws -> [DeliveryComparison] {
        // A vault that delivers nothing needs no gateway to be configured.
        guard try !session.vault.read({ try $0.inventory().deliveries.isEmpty }) else { return [] }
        return try await session.reconciler(delivery).compare()
    }
}
