internal import VaultCore

extension AuditEvent {
    /// What `--json` prints.
    var document: JSON {
        .object([
            ("sequence", .integer(Int64(sequence))), ("time", .string(Timestamp.text(time))),
            ("operation", .string(operation.text)), ("entry", name.map { .string($0) } ?? .null),
            ("user_id", .integer(Int64(actor.userID))), ("process_id", .integer(Int64(actor.processID))),
            ("program", .string(actor.program)),
            ("facts", .object(facts.map { (key: $0.name, value: .string($0.value)) })),
        ])
    }

    var line: Line {
        .row([
            .integer(Int64(sequence)), .plain(Timestamp.text(time)),
            .untrusted("uid \(actor.userID) pid \(actor.processID) \(actor.program)"), .plain(operation.text),
            .untrusted(name ?? "-"), .untrusted(facts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")),
        ])
    }
}

extension Report {
    /// Events, as lines and as documents.
    init(events: [AuditEvent]) {
        self.init(lines: events.map(\.line), records: events.map(\.document))
    }
}
