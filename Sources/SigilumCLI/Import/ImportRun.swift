internal import SecureMemory
internal import VaultCore

/// One run of `vault import`: read and check all, then store all, then deliver what is used somewhere.
struct ImportRun {
    let command: VaultImport
    let context: Context
    let surroundings: Surroundings

    func perform() async throws -> Report {
        var existing: Session?
        let values: ImportedValues
        var adoptions: [ImportReport.Adoption] = []
        switch command.format {
        case .sigilum:
            existing = try Session.openIfThere(context, command.vault)
            let adoption = try await adoption(existing)
            (values, adoptions) = (adoption.values, adoption.adoptions)
        case .pass: values = try readStore()
        default:
            guard command.path != "-" || !context.terminal.inputIsTerminal() else {
                throw Failure.usage(
                    "Standard input is a terminal", hints: ["what is typed would be shown: name a file, or use a pipe"])
            }
            let content = try ImportFile.read(command.path, surroundings)
            values = try command.format.values(content) ?? ImportedValues()
        }
        let candidates = try ImportCandidates(
            values, prefix: command.prefix, allowsVariableReference: command.allowVariableReference,
            now: context.now() / 1000, say: surroundings.say)
        guard !candidates.candidates.isEmpty || !adoptions.isEmpty || !candidates.empty.isEmpty else {
            throw Failure(
                .missing, code: "nothing-to-import",
                "There is nothing to import in it: \(MisplacedSecret.shown(command.path))")
        }
        guard !command.dryRun else { return try dryRun(candidates, adoptions, existing) }
        guard !candidates.candidates.isEmpty else {
            return try ImportReport(
                names: [], states: [], empty: candidates.empty, isDryRun: false, adoptions: adoptions
            ).report(namespace: nil)
        }
        return try await store(candidates, adoptions, existing)
    }

    private func store(
        _ candidates: ImportCandidates, _ adoptions: [ImportReport.Adoption], _ existing: Session?
    ) async throws -> Report {
        let session = try existing ?? Session.open(context, command.vault, for: .storing)
        try allowGatewayKeys(candidates, session)
        // What may be delivered, so that a wrong address stops the command before anything is stored.
        let mayDeliver = try session.vault.read { try $0.mayDeliver(candidates.names) }
        let reconciler = mayDeliver ? try session.reconciler(command.delivery) : nil
        let bar = ProgressBar("Importing", context, isJSON: command.output.json)
        let outcome = try candidates.values.whileReadable {
            try session.vault.store(
                candidates.names, origin: command.format == .sigilum ? .adopted : .given,
                isReplacing: command.overwrite, progress: { bar.update($0, of: candidates.names.count) },
                value: candidates.value)
        }
        bar.clear()
        try session.finishWipe()
        let delivered =
            outcome.deliveries.isEmpty
            ? [] : try await (reconciler ?? session.reconciler(command.delivery)).reconcile(outcome.deliveries)
        let report = ImportReport(
            names: candidates.names, states: outcome.states, empty: candidates.empty, isDryRun: false,
            adoptions: adoptions, deliveries: delivered)
        return try report.report(namespace: try session.namespace(of: delivered))
    }

    /// Makes nothing, not even a vault.
    private func dryRun(
        _ candidates: ImportCandidates, _ adoptions: [ImportReport.Adoption], _ existing: Session?
    ) throws -> Report {
        let session = try existing ?? Session.openIfThere(context, command.vault)
        if let session { try allowGatewayKeys(candidates, session) }
        let states =
            try candidates.values.whileReadable {
                try session?.vault.importPlan(
                    candidates.names, isReplacing: command.overwrite, value: candidates.value)
            } ?? candidates.names.map { _ in .new }
        return try ImportReport(
            names: candidates.names, states: states, empty: candidates.empty, isDryRun: true, adoptions: adoptions
        ).report(namespace: nil)
    }

    /// What would be stored for a master key of the gateway is looked at as where it is put.
    private func allowGatewayKeys(_ candidates: ImportCandidates, _ session: Session) throws {
        for (index, name) in candidates.names.enumerated() where GatewayKeyEntry.all.contains(name.text) {
            guard try command.overwrite || session.vault.read({ try $0.entry(name) }) == nil else { continue }
            let value = candidates.value(index)
            try GatewayKeyGuard(session: session).allow(storing: session.vault.fingerprint(value.bytes), as: name)
        }
    }

    private func readStore() throws -> ImportedValues {
        let bar = ProgressBar("Opening", context, isJSON: command.output.json)
        let (values, more) = try PasswordStore(command.path, surroundings).values(progress: bar.update)
        bar.clear()
        if !more.isEmpty {
            surroundings.say(
                .info("Only the first line was taken of \(more.count): \(more.prefix(20).joined(separator: ", "))"))
        }
        return values
    }

    private func adoption(_ existing: Session?) async throws -> WorkspaceAdoption {
        let workspace = try PlainWorkspace(command.path, surroundings)
        let services = try existing?.vault.read { try $0.inventory().services }.filter { !$0.isRemoved } ?? []
        let key = try command.upstreamSecretKey.map(ConnectionRules.secretKey)
        return try WorkspaceAdoption(
            workspace, given: command.path, secretKey: key,
            services: Dictionary(uniqueKeysWithValues: services.map { ($0.slug, $0) }),
            listed: try await listed(), say: surroundings.say)
    }

    /// What the gateway has; nil, with a word about it, where it cannot be asked.
    private func listed() async throws -> [ListedConnection]? {
        guard !command.delivery.network.offline else { return nil }
        do {
            return try await context.openers.gatewayConnections(
                Session.gatewayInputs(context, surroundings, command.delivery.gateway))
        } catch let failure as DeliveryFailure {
            let reason = failure.failure(hints: [], namespace: nil, target: .gateway, path: nil, service: nil).message
            surroundings.say(.warn("What the gateway has is not listed: \(reason)"))
            return nil
        }
    }
}
