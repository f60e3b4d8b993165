internal import VaultCore

/// What an import did, or would do, as it is told.
struct ImportReport {
    let names: [EntryName]
    let states: [ImportState]
    /// What had no value.
    let empty: [String]
    let isDryRun: Bool
    /// What only the gateway, or only the folder, knows: each with the command that adopts it.
    var adoptions: [Adoption] = []
    var deliveries: [DeliveryOutcome] = []

    /// A service that the vault does not know yet.
    struct Adoption: Sendable {
        let service: String
        /// The words of the command; nil where none can.
        let words: [String]?
    }

    /// How many are of a state.
    func count(_ state: ImportState) -> Int { states.count { $0 == state } }

    /// Whether something stays that the user has to decide about.
    var isLeftOver: Bool { count(.differs) + count(.issued) > 0 }

    var done: Message {
        let count = count(.new) + count(.replaced)
        let text: Message = isDryRun ? "Would be imported: \(count)" : "Imported: \(count)"
        guard isLeftOver else { return text }
        return "\(text); left as they are, since they differ: \(self.count(.differs) + self.count(.issued))"
    }

    var fields: [Field] {
        [
            Field("new", .integer(Int64(count(.new)))), Field("replaced", .integer(Int64(count(.replaced)))),
            Field("unchanged", .integer(Int64(count(.unchanged)))),
            Field("differing", .integer(Int64(count(.differs) + count(.issued)))),
            Field("empty", .integer(Int64(empty.count))),
        ]
    }

    /// What is left, and in a dry run what would be done, name by name; then what adopts the rest.
    var lines: [Line] {
        let shown = zip(names, states).filter { isDryRun ? $0.1 != .unchanged : [.differs, .issued].contains($0.1) }
        let rows = shown.map { Line.row([.untrusted($0.0.text), .plain($0.1.rawValue)]) }
        let nothing = empty.map { Line.row([.untrusted($0), .plain("empty")]) }
        guard !adoptions.isEmpty else { return rows + nothing }
        return rows + nothing + [.text(indent: 2, "services that the vault does not know yet:")]
            + adoptions.map { adoption in
                guard let words = adoption.words else {
                    return .text(indent: 4, "\(adoption.service): its id is no slug; make it anew under another one")
                }
                return .text(indent: 4, "\(adoption.service):  \(command: words)")
            }
    }

    var json: JSON {
        let entries = zip(names, states).map { name, state in
            JSON.object([("name", .string(name.text)), ("state", .string(state.rawValue))])
        }
        return .object([
            ("dry_run", .boolean(isDryRun)), ("entries", .array(entries)),
            ("empty", .array(empty.map { .string($0) })),
            (
                "adopt",
                .array(
                    adoptions.map { adoption in
                        .object([
                            ("service", .string(adoption.service)),
                            ("command", adoption.words.map { .array($0.map { .string($0) }) } ?? .null),
                        ])
                    })
            ), ("deliveries", .array(deliveries.map(\.document))),
        ])
    }

    /// The report; a failure that carries it where something could not be delivered. 1 where something differs.
    func report(namespace: Namespace?) throws -> Report {
        var report = try Conclusion(
            done: done, saved: "Imported, not delivered: \(deliveries.count(where: \.isPending))", fields: fields,
            lines: lines, json: json, outcomes: deliveries, namespace: namespace
        ).report()
        guard isLeftOver else { return report }
        report.headline = .warn(done)
        report.exit = .found
        if count(.differs) > 0 {
            report.remarks.append(
                .info("what differs is not overwritten; to store it as new versions:  --overwrite"))
        }
        return report
    }
}
