internal import VaultCore

/// Shows the log of a vault, once or as it grows.
struct LogReading {
    /// How often a log that is followed is looked at.
    static let interval = Duration.milliseconds(250)

    let vault: Vault
    var filter: LogFilter

    /// What the log has now.
    mutating func report() throws -> Report {
        let (events, _) = try Self.events(of: vault, from: nil)
        var report = Report(events: filter.wanted(events))
        try filter.requireKnown()
        if report.lines.isEmpty { report.lines = [.text(indent: 2, "(none)")] }
        return report
    }

    /// What the log has now and what comes, until nobody reads any more; a signal ends the process as any other.
    mutating func follow(_ context: Context) async throws -> Report {
        let end = Report(records: [])
        var (events, place) = try Self.events(of: vault, from: nil)
        let first = filter.wanted(events)
        try filter.requireKnown()
        guard first.isEmpty || context.publish(Report(events: first)) else { return end }
        while context.results.isRead() {
            try await Task.sleep(for: Self.interval)
            (events, place) = try Self.events(of: vault, from: place)
            let more = filter.wanted(events)
            guard more.isEmpty || context.publish(Report(events: more)) else { break }
        }
        return end
    }

    /// The events after a place, and the place after them. Where others hold the vault there are none for now.
    static func events(of vault: Vault, from place: LogPlace?) throws -> (events: [AuditEvent], place: LogPlace) {
        var events: [AuditEvent] = []
        do {
            let end = try vault.read { snapshot in
                if let place, place.sequence == snapshot.auditSequence { return place }
                return try snapshot.log(from: place) { events.append($0) }
            }
            return (events, end)
        } catch let error as StorageError where error == .busy {
            guard let place else { throw error }
            return ([], place)
        }
    }
}
