internal import VaultCore

/// Which events of a log are shown.
struct LogFilter {
    /// Milliseconds since 1970 UTC; nil: from the first.
    private let start: Int64?
    /// Whose events; nil: everybody's.
    private let entry: EntryName?
    /// The ids of every entry that has, or had, that name.
    private var entries: Set<[UInt8]> = []

    init(_ selection: LogSelection, now: Int64) throws {
        start = try selection.since.map { text in
            guard let start = PointInTime.parse(text, now: now) else {
                throw Failure.usage(
                    "--since is a date or how long ago", hints: ["like 2026-03-01, 2026-03-01T10:00:00Z, 7d or 12h"])
            }
            return start
        }
        entry = try selection.entry.map { try EntryName($0) }
    }

    /// Those of the events that are wanted. An entry's are all that it ever had, under whatever name: from its first
    /// version on, through every move.
    mutating func wanted(_ events: [AuditEvent]) -> [AuditEvent] {
        learn(events)
        return events.filter { event in
            event.time >= start ?? .min && (entry == nil || entries.contains(event.entryID) || names(event))
        }
    }

    /// Whether any event was of an entry of that name, where one is asked for.
    var isKnown: Bool { entry == nil || !entries.isEmpty }

    /// - Throws: 66 where no event was ever of an entry of that name.
    func requireKnown() throws(VaultError) {
        if let entry, !isKnown { throw .noSuchEntry(entry) }
    }

    private mutating func learn(_ events: [AuditEvent]) {
        guard entry != nil else { return }
        for event in events where names(event) && event.entryID.contains(where: { $0 != 0 }) {
            entries.insert(event.entryID)
        }
    }

    private func names(_ event: AuditEvent) -> Bool {
        guard let entry else { return false }
        return event.name == entry.text
            || event.operation == .entryMoved && event.facts.contains { $0.name == "from" && $0.value == entry.text }
    }
}
