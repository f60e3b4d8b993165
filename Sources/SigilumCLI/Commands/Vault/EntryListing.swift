internal import ArgumentParser
internal import VaultCore

/// In which order entries are listed.
enum ListingOrder: String, ExpressibleByArgument, CaseIterable {
    /// By name, which takes all of them first.
    case name
    /// As they lie in the vault, each as soon as it is read.
    case vault
}

/// `--order`, for the commands that list entries.
struct ListingOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "name, or vault: as they lie there, shown while they are read. The default is name for up to 10,000.",
            valueName: "name|vault"))
    var order: ListingOrder?
}

/// Entries as rows: what `list` and `find` print.
struct EntryListing {
    /// How many entries are sorted where no order is asked for.
    static let sortedLimit = 10_000

    private static let columns: [(title: String, width: Int)] = [
        ("NAME", 32), ("KIND", 15), ("VERSION", 7), ("AGE", 10), ("ROTATION DUE", 12), ("VALUE", 0),
    ]

    let vault: Vault
    let tokens: TokenWatch
    let remarks: RemarkCollector
    let order: ListingOrder?
    /// Milliseconds since 1970 UTC.
    let now: Int64
    let limit: Int

    init(_ session: Session, order: ListingOrder?, limit: Int = Self.sortedLimit) {
        (vault, tokens, remarks) = (session.vault, session.context.tokens, session.context.remarks)
        (self.order, self.limit, now) = (order, limit, session.context.now())
    }

    /// The entries that are wanted; nil: all.
    func report(_ isWanted: (@Sendable (Entry) -> Bool)? = nil) -> Report {
        var report = Report()
        report.rows = RowStream(member: "entries", columns: Self.columns) { [self] take in
            try vault.read { try find(isWanted, in: $0, take) }
        }
        return report
    }

    /// Up to the limit entries are kept, and shown by name when there are no more. Of all entries the head tells at once whether
    /// there are more; of those that are chosen, the first that is too many.
    private func find(
        _ isWanted: ((Entry) -> Bool)?, in snapshot: VaultSnapshot, _ take: (any ReportRow) throws -> Bool
    ) throws -> Report {
        let hasMany = isWanted == nil && snapshot.recordCount > UInt64(limit)
        var isSorted = order.map { $0 == .name } ?? !hasMany
        var kept: [Entry] = []
        var ownerTokens: [Entry] = []
        var count = 0
        var isRead = true
        try snapshot.eachEntry { entry in
            if entry.kind == .ownerToken { ownerTokens.append(entry) }
            guard isWanted?(entry) ?? true else { return true }
            count += 1
            guard isSorted else {
                isRead = try take(row(entry))
                return isRead
            }
            kept.append(entry)
            if order == nil, count > limit {
                isSorted = false
                isRead = try kept.allSatisfy { try take(row($0)) }
                kept = []
            }
            return isRead
        }
        if isRead { tokens.saw(ownerTokens) }
        guard !isSorted else { return sorted(kept) }
        if order == nil {
            remarks.add(
                .info(
                    """
                    More than \(limit) records: the entries are shown in the vault's own order, as they are read; sorted: \
                    --order name, or | sort
                    """))
        }
        guard count > 0 else { return sorted([]) }
        return Report(.ok("Entries: \(count)"))
    }

    private func sorted(_ entries: [Entry]) -> Report {
        let entries = entries.byName
        var report = Report(.ok("Entries: \(entries.count)"))
        report.json = .object([("entries", .array(entries.map { row($0).document }))])
        guard !entries.isEmpty else {
            report.lines = [.text(indent: 2, "(none)")]
            return report
        }
        report.lines = [.row(Self.columns.map { .plain($0.title) })] + entries.map { .row(row($0).cells) }
        return report
    }

    private func row(_ entry: Entry) -> EntryLine { EntryLine(entry: entry, now: now) }
}

/// An entry in a list.
struct EntryLine: ReportRow {
    let entry: Entry
    /// Milliseconds since 1970 UTC.
    let now: Int64

    var cells: [Value] {
        [
            .untrusted(entry.name.text), .plain(entry.kind.rawValue), .integer(Int64(entry.currentVersion)),
            .plain(Timestamp.duration(now - entry.updatedAt)), entry.rotationDue(now: now), entry.masked,
        ]
    }

    var document: JSON { .object(entry.members(value: entry.masked.json)) }
}
