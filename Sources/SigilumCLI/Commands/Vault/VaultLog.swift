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
            """)

    @Option(help: ArgumentHelp("From when on: 2026-03-01, 2026-03-01T10:00:00Z, 7d or 12h.", valueName: "time"))
    var since: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let start = try since.map { text in
            guard let start = PointInTime.parse(text, now: context.now()) else {
                throw Failure.usage(
                    "--since is a date or how long ago", hints: ["like 2026-03-01, 2026-03-01T10:00:00Z, 7d or 12h"])
            }
            return start
        }
        let session = try Session.open(context, vault, for: .reading)
        var report = Report(records: [])
        try session.vault.read { snapshot in
            try snapshot.log { event in
                guard event.time >= start ?? .min else { return }
                if output.json { report.records?.append(event.document) } else { report.lines.append(event.line) }
            }
        }
        if report.lines.isEmpty { report.lines = [.text(indent: 2, "(none)")] }
        return report
    }
}

extension AuditEvent {
    fileprivate var document: JSON {
        .object([
            ("sequence", .integer(Int64(sequence))), ("time", .string(Timestamp.text(time))),
            ("operation", .string(operation.text)), ("entry", name.map { .string($0) } ?? .null),
            ("user_id", .integer(Int64(actor.userID))), ("process_id", .integer(Int64(actor.processID))),
            ("program", .string(actor.program)),
            ("facts", .object(facts.map { (key: $0.name, value: .string($0.value)) })),
        ])
    }

    fileprivate var line: Line {
        .row([
            .integer(Int64(sequence)), .plain(Timestamp.text(time)),
            .untrusted("uid \(actor.userID) pid \(actor.processID) \(actor.program)"), .plain(operation.text),
            .untrusted(name ?? "-"), .untrusted(facts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")),
        ])
    }
}
