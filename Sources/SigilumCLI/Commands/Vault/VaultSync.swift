internal import ArgumentParser
internal import SafeFiles
internal import VaultCore

/// `sigilum vault sync`
struct VaultSync: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Delivers what is pending and repairs what drifted.",
        discussion: """
            A second run finds nothing to do.

            Example:
              sigilum vault sync
            """)

    @Flag(help: "Change nothing; 1 where there is something to do.") var dryRun = false
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let seen = try session.vault.read { try $0.allDeliveries() }
        // A vault that delivers nothing needs no gateway to be configured.
        let reconciler = seen.isEmpty ? session.reconciler(targets: []) : try session.reconciler(delivery)
        guard !dryRun else {
            return try TargetStates(comparisons: try await reconciler.compare()).report(same: "Nothing to do") {
                "To do: \($0)"
            }
        }
        try session.finishWipe()
        // What killed runs left half written; a folder that cannot be cleaned is no reason to stop.
        _ = try? session.home.folder.removeStaleTemporaries()
        let outcomes = try await reconciler.reconcile(seen)
        let changed = outcomes.filter { $0.result != .unchanged && !$0.isPending }
        let isPending = outcomes.contains(where: \.isPending)
        let rows = outcomes.map { Line.row([.untrusted($0.id.text), .plain($0.state)]) }
        return try Conclusion(
            done: !changed.isEmpty
                ? "Delivered: \(changed.count)" : isPending ? "Nothing that can be delivered offline" : "Nothing to do",
            saved: "Not everything is delivered", fields: [],
            lines: rows, json: .object([("targets", .array(outcomes.map(\.document)))]), outcomes: outcomes,
            namespace: try session.namespace(of: outcomes)
        ).report()
    }
}
