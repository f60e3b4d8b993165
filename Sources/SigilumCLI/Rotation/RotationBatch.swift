internal import SecureMemory
internal import VaultCore

/// `vault rotate --due` and `--max-age-days`: every entry that is due, each in a transaction and with deliveries of its own.
struct RotationBatch {
    let session: Session
    let options: DeliveryOptions
    let isDryRun: Bool
    let allowsVariableReference: Bool

    /// What became of one entry.
    private struct Result {
        let name: EntryName
        let state: State
        var version: UInt32?
    }

    private enum State {
        case rotated
        /// What would be done.
        case planned(RotationMeans)
        case needsValue
        case failed(Failure)

        /// A few words for people and programs.
        var text: String {
            switch self {
            case .rotated: "rotated"
            case .planned(.command): "its command would be run"
            case .planned(.generated): "would be generated"
            case .planned(.issued): "would be asked for at the API"
            case .planned(.givenOnly), .needsValue: "needs a value"
            case .failed: "failed"
            }
        }
    }

    func perform(isDue: Bool, maxAgeDays: UInt32?) async throws -> Report {
        let due = try session.vault.read { snapshot in
            try snapshot.rotationsDue(isDue: isDue, maxAge: maxAgeDays.map { Int64($0) * 86_400_000 })
        }
        guard !isDryRun else {
            let results = due.map { Result(name: $0.entry.name, state: .planned($0.means)) }
            var report = report(results, [])
            report.exit = results.isEmpty ? .done : .found
            return report
        }
        // Deliveries of an earlier run that did not come to its end are made too.
        let waiting = try session.vault.read { try $0.plans().filter(\.isPending).map(\.delivery.id) }
        let isDelivering = !waiting.isEmpty || due.contains { !$0.entry.deliveries.isEmpty }
        let reconciler = isDelivering ? try session.reconciler(options) : session.reconciler(targets: [])
        var (results, outcomes) = ([Result](), [DeliveryOutcome]())
        for (entry, means) in due {
            let rotated: EntryOutcome
            do {
                guard let outcome = try rotate(entry, means) else {
                    results.append(Result(name: entry.name, state: .needsValue))
                    continue
                }
                rotated = outcome
            } catch {
                results.append(Result(name: entry.name, state: .failed(Failure(describing: error))))
                continue
            }
            results.append(Result(name: entry.name, state: .rotated, version: rotated.version))
            outcomes += try await reconciler.reconcile(rotated.deliveries)
        }
        outcomes += try await reconciler.reconcile(waiting.filter { id in !outcomes.contains { $0.id == id } })
        try session.finishWipe()
        return try conclude(results, outcomes)
    }

    /// nil: only somebody else can give the value.
    private func rotate(_ entry: Entry, _ means: RotationMeans) throws -> EntryOutcome? {
        switch means {
        case .givenOnly: return nil
        case .generated, .issued: return try session.vault.rotate(entry.name, to: nil)
        case .command(let text):
            let value = try RotationCommand(text).run(
                for: entry.name, allowsVariableReference: allowsVariableReference, now: session.context.now() / 1000,
                say: session.surroundings.say)
            let outcome = try session.vault.rotate(entry.name, to: value)
            guard outcome.isNew else { throw Self.sameValue(entry.name) }
            return outcome
        }
    }

    /// A command that prints what is stored already rotates nothing.
    static func sameValue(_ name: EntryName) -> Failure {
        Failure(
            .refused, code: "rotation-command",
            "The command for the next value of \(name.text) printed the current one",
            hints: ["nothing was changed"])
    }

    private func conclude(_ results: [Result], _ outcomes: [DeliveryOutcome]) throws -> Report {
        var report = report(results, outcomes)
        let failed = results.compactMap { result -> (name: EntryName, failure: Failure)? in
            if case .failed(let failure) = result.state { (result.name, failure) } else { nil }
        }
        guard let first = failed.first else {
            let concluded = try Conclusion(
                done: headline(results), saved: headline(results), fields: [], lines: report.lines,
                json: report.json, outcomes: outcomes, namespace: try session.namespace(of: outcomes)
            ).report()
            report.remarks += concluded.remarks
            return report
        }
        report.headline = .warn(headline(results))
        throw Failure(
            first.failure.status, code: first.failure.code, "Not rotated: \(failed.count) of \(results.count)",
            hints: failed.map { "\($0.name.text): \($0.failure.message)" }, report: report)
    }

    private func headline(_ results: [Result]) -> Message {
        if results.isEmpty { return "Nothing is due" }
        if isDryRun { return "Due: \(results.count)" }
        let rotated = results.count { if case .rotated = $0.state { true } else { false } }
        return rotated == results.count ? "Rotated: \(rotated)" : "Rotated: \(rotated) of \(results.count)"
    }

    private func report(_ results: [Result], _ outcomes: [DeliveryOutcome]) -> Report {
        let needing = results.filter { result in
            switch result.state {
            case .needsValue, .planned(.givenOnly): true
            default: false
            }
        }
        var report = Report(needing.isEmpty ? .ok(headline(results)) : .warn(headline(results)))
        report.exit = needing.isEmpty ? .done : .found
        report.lines = results.map { .row([.untrusted($0.name.text), .plain($0.state.text)]) }
        if !needing.isEmpty {
            report.lines.append(.text(indent: 2, "give these a value:"))
            report.lines += needing.map { .text(indent: 4, next($0.name)) }
        }
        let entries = results.map { result -> JSON in
            var members: [(key: String, value: JSON)] = [
                ("name", .string(result.name.text)), ("state", .string(result.state.text)),
            ]
            if let version = result.version { members.append(("version", .integer(Int64(version)))) }
            if case .failed(let failure) = result.state { members.append(("code", .string(failure.code))) }
            return .object(members)
        }
        report.json = .object([
            ("dry_run", .boolean(isDryRun)), ("entries", .array(entries)),
            ("deliveries", .array(outcomes.map(\.document))),
        ])
        return report
    }

    /// What to type for an entry whose value somebody else gives out.
    private func next(_ name: EntryName) -> Message {
        if name.kind == .ownerToken {
            return TokenRenewal.command(String(name.text.drop { $0 != "/" }.dropFirst()), in: session.vault)
        }
        return "\(command: ["vault", "rotate", name.text, "--from-file", "-"])"
    }
}
