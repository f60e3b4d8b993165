internal import SecureMemory
internal import VaultCore

/// `vault rotate NAME`: the new value is there and tried before anything is stored.
struct SingleRotation {
    let command: VaultRotate
    let context: Context
    let name: EntryName

    func perform() async throws -> Report {
        try GatewayKeyGuard.refuseRotation(of: name)
        let call = try command.trial.read()
        let newCommand = try newCommand()
        let given = command.source.isNamed ? try command.source.read(for: name, context) : nil
        let session = try Session.open(context, command.vault, for: .reading)
        guard let entry = try session.vault.read({ try $0.entry(name) }) else { throw VaultError.noSuchEntry(name) }
        try checkInterval(of: entry)
        if command.rotateWith == RotationCommand.none, given == nil {
            guard call == nil, command.rotationIntervalDays == nil else {
                throw Failure.usage("--rotate-with none goes with a value, or alone")
            }
            return try clear(session)
        }
        let means = try session.vault.read { try $0.rotationMeans(of: entry) }
        if means == .issued, given != nil || newCommand != nil {
            throw ServiceError.keyIsIssued(try Slug(String(name.text.split(separator: "/")[1])))
        }
        let reconciler = try session.reconciler(for: name, command.delivery)
        let value = try given ?? printed(newCommand, means, session)
        if let call {
            guard let value else {
                throw Failure.usage(
                    "--try is for a value that is given, or that a command prints: nobody knows a new random one yet")
            }
            try await SecretTrialRun(session: session, options: command.delivery).perform(value, as: name, call)
        }
        let outcome = try session.vault.rotate(
            name, to: value,
            command: command.rotateWith == RotationCommand.none
                ? .cleared : newCommand.map { .set($0.text) } ?? .kept,
            intervalDays: command.rotationIntervalDays)
        return try await EntryChange(
            session: session, done: outcome.isNew ? "Rotated: \(name.text)" : "Unchanged: \(name.text)",
            saved: "Rotated, not delivered: \(name.text)", outcome: outcome
        ).concluded(command.delivery, through: reconciler)
    }

    /// The command of `--rotate-with`; nil where there is none, or the word that takes one away.
    private func newCommand() throws(Failure) -> RotationCommand? {
        guard let text = command.rotateWith, text != RotationCommand.none else { return nil }
        guard !command.source.isNamed else {
            throw .usage("Use only one of: --rotate-with, --from-env, --from-file", hints: ["nothing was changed"])
        }
        return try RotationCommand(text)
    }

    /// What a command prints; nil where the value is made elsewhere.
    private func printed(
        _ new: RotationCommand?, _ means: RotationMeans, _ session: Session
    ) throws -> SharedSecret? {
        let runs: RotationCommand
        switch (new, means) {
        case (let new?, _): runs = new
        case (nil, .command(let stored)): runs = try RotationCommand(stored)
        case (nil, .generated), (nil, .issued): return nil
        case (nil, .givenOnly):
            guard name.kind != .ownerToken else { throw Failure.ownerTokenIsNotRandom }
            throw Failure.usage(
                "The value was given, not generated: \(name.text)",
                hints: ["give the new one:  \(command: ["vault", "rotate", name.text, "--from-file", "-"])"])
        }
        let value = try runs.run(
            for: name, allowsVariableReference: command.source.allowVariableReference, now: context.now() / 1000,
            say: session.surroundings.say)
        let isCurrent =
            try session.vault.read { try $0.entry(name)?.fingerprint } == session.vault.fingerprint(value.bytes)
        guard !isCurrent else { throw RotationBatch.sameValue(name) }
        return value
    }

    private func clear(_ session: Session) throws -> Report {
        let outcome = try session.vault.clearRotationCommand(of: name)
        return Report(
            .ok(outcome.isNew ? "No command any more: \(name.text)" : "Unchanged: \(name.text)"),
            fields: [Field("name", .untrusted(name.text)), Field("version", .integer(Int64(outcome.version)))])
    }

    /// The interval of a connection's secret stands at the gateway too.
    private func checkInterval(of entry: Entry) throws {
        guard let days = command.rotationIntervalDays else { return }
        guard days > 0, days <= 36_500 else { throw Failure.usage("--rotation-interval-days is 1 to 36500") }
        guard entry.kind != .upstreamSecret else {
            throw Failure.usage(
                "The interval of a connection's secret is its service's",
                hints: [
                    "set it:  \(command: ["service", "add", "--service-slug", String(name.text.split(separator: "/")[1]), "--rotation-interval-days", String(days)])"
                ])
        }
    }
}
