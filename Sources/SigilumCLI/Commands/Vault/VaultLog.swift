internal import ArgumentParser
internal import VaultCore

/// `sigilum vault log`
struct VaultLog: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Shows who did what to which entry when; never a value.",
        discussion: """
            With --json, one document a line.

            Example:
              sigilum vault log --since 7d
              sigilum vault log --entry ci/token --follow
              sigilum vault log --export /mnt/backup/log-2026-03-01
              sigilum vault log --verify log-2026-03-01 --auditor-key auditor.key \\
                --anchor log-2026-02-01
            """)

    @OptionGroup var selection: LogSelection
    @OptionGroup var forward: LogForwardOptions
    @OptionGroup var proof: LogProofOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        try LogRules(selection: selection, forward: forward, proof: proof).check()
        let filter = try LogFilter(selection, now: context.now())
        if let file = proof.verify {
            return try LogVerification(options: proof, filter: filter, file: file, context: context)
                .report(json: output.json)
        }
        let session = try Session.open(context, vault, for: .reading)
        if let key = proof.auditor { return try LogAuditors(session: session).add(key) }
        if proof.auditors { return try LogAuditors(session: session).list() }
        if let file = proof.export { return try LogExporting.export(session, to: file, context) }
        if forward.syslog {
            let forwarding = try LogForwarding(
                session, socket: forward.syslogSocket ?? LogForwardOptions.usualSocket, filter: filter)
            return selection.follow ? try await forwarding.follow(context) : try forwarding.report()
        }
        var reading = LogReading(vault: session.vault, filter: filter)
        return selection.follow ? try await reading.follow(context) : try reading.report()
    }
}
