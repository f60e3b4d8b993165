internal import VaultCore

/// What `vault rekey` does.
struct Rekey {
    let session: Session
    let source: NewKeySource
    let isCompromised: Bool
    let losses: GatewayLosses

    func report(_ context: Context) async throws -> Report {
        let new =
            source.isNamed
            ? try source.read(
                names: ["--new-key-from-env", "--new-key-from-file", "--new-key-file"], for: session, context) : nil
        // A run that was killed when nothing but the old slot was left: opening the vault has just finished it.
        if let finished = session.finishedRekey, !isCompromised, !finished.plan.has(.move),
            try finished.isChange(to: new, session.vault)
        {
            return try session.slotReport(
                "Master key changed: what was begun before is finished", try session.vault.wipeRemoved(),
                fields(session.vault), session.vault)
        }
        let file = HomeKeyFile(home: session.home, surroundings: session.surroundings)
        guard let lock = try file.lock(milliseconds: 10_000) else { throw VaultError.storage(.busy) }
        defer { withExtendedLifetime(lock) {} }
        let begun = try session.vault.read { try $0.pendingRekey() }
        try requireSource(isHalfDone: begun?.newSlot == session.vault.slot)
        let hasEntry = try session.vault.read { try $0.gatewayKeyIsEntry() }
        // Where the gateway has a key of its own, that one is another matter, unless whoever has the old key could read it.
        let changesGateway = !hasEntry || isCompromised
        if changesGateway, begun?.plan.has(.gateway) != true { try await losses.check() }
        var parts = Set<RekeyPlan.Part>()
        if new == nil { parts.insert(.home) }
        if changesGateway { parts.insert(.gateway) }
        if changesGateway, hasEntry || source.isPassphrase { parts.insert(.gatewayEntry) }
        if isCompromised { parts.insert(.dataKey) }
        let outcome = try MasterKeyChange(session: session, plan: RekeyPlan(parts))
            .perform(new.map(MasterKeyChange.NewKey.given) ?? .home)
        return try report(outcome, new?.path, parts, context)
    }

    /// Only the key file of the home can be replaced without being told by what. Of a change that was begun before, and
    /// where its new key opened the vault, only the data key is left to be changed.
    private func requireSource(isHalfDone: Bool) throws(Failure) {
        if source.isNamed || isHalfDone { return }
        if case .homeFile = session.masterKey.source { return }
        throw .usage(
            "The master key comes from \(session.masterKey.source.message): say where the new one is",
            hints: [
                "--new-key-file PATH makes a random one; --new-key-from-file PATH or --new-key-from-env NAME has it",
                "--passphrase takes a passphrase", "nothing was changed",
            ])
    }

    private func fields(_ vault: Vault) -> [Field] {
        var fields = [
            Field("slot", .integer(Int64(vault.slot))), Field("key_kind", .plain(vault.keyKind.word)),
        ]
        if isCompromised { fields.append(Field("data_key", .integer(Int64(vault.dataKeyEpoch)))) }
        return fields
    }

    private func report(
        _ outcome: MasterKeyChange.Outcome, _ path: String?, _ parts: Set<RekeyPlan.Part>, _ context: Context
    ) throws -> Report {
        var fields = fields(outcome.vault)
        if let path { fields.append(Field("key_file", context.shown(path: path))) }
        let home = session.home
        switch outcome.file {
        case .replaced:
            fields.append(Field("key_file", context.shown(path: home.path(of: MasterKeyResolution.fileName))))
            fields.append(Field("previous", context.shown(path: home.path(of: HomeKeyFile.previousName))))
        case .kept: fields.append(Field("previous", context.shown(path: home.path(of: HomeKeyFile.previousName))))
        case .untouched, .removed: break
        }
        var report: Report
        if outcome.isFinished {
            report = try session.slotReport("Master key changed", outcome.isWiped ?? false, fields, outcome.vault)
        } else {
            fields.append(Field("slots", .integer(Int64(try outcome.vault.read { try $0.slots() }.count))))
            report = Report(.ok("New master key added: both open the vault"), fields: fields)
            let remove = ["vault", "key", "remove", "\(outcome.oldSlot)", "--confirm", "\(outcome.oldSlot)"]
            report.remarks = [
                .info(
                    "the old one goes when the new one has opened the vault once, by any command; or:  \(command: remove)"
                )
            ]
        }
        if outcome.isKeptBeside { report.remarks.append(.info(MasterKeyChange.keptBeside)) }
        report.remarks += remarks(outcome, parts)
        return report
    }

    private func remarks(_ outcome: MasterKeyChange.Outcome, _ parts: Set<RekeyPlan.Part>) -> [Remark] {
        var remarks: [Remark] = []
        if isCompromised, outcome.isFinished {
            let add = ["vault", "key", "add"]
            remarks.append(.info("every other key is gone: add those that are needed (\(command: add))"))
            remarks.append(.warn("Whoever had the old key may have read every value until now: rotate them"))
        }
        guard parts.contains(.gateway) else {
            remarks.append(.info("the gateway keeps its own key, the entry \(GatewayKeyEntry.current)"))
            return remarks
        }
        if parts.contains(.gatewayEntry) {
            remarks.append(.info("the gateway's new master key is random, and the entry \(GatewayKeyEntry.current)"))
        }
        let redeliver = ["vault", "rekey", "--redeliver"]
        remarks.append(.info("start the gateway with the new key, then:  \(command: redeliver)"))
        return remarks
    }
}

/// What `vault rekey --redeliver` does: makes the connections of a gateway again that runs with another master key.
struct Redelivery {
    let session: Session
    let delivery: DeliveryOptions

    func report() async throws -> Report {
        let ids = try session.vault.read { snapshot in
            try snapshot.plans().map(\.delivery.id).filter { $0.target == .gateway }
        }
        let reconciler = ids.isEmpty ? session.reconciler(targets: []) : try session.reconciler(delivery)
        let outcomes = try await reconciler.reconcile(ids)
        let changed = outcomes.filter { $0.result != .unchanged && !$0.isPending }
        return try Conclusion(
            done: changed.isEmpty ? "Nothing to deliver again" : "Delivered again: \(changed.count)",
            saved: "Not everything is delivered", fields: [],
            lines: outcomes.map { Line.row([.untrusted($0.id.text), .plain($0.state)]) },
            json: .object([("targets", .array(outcomes.map(\.document)))]), outcomes: outcomes,
            namespace: try session.namespace(of: outcomes)
        ).report()
    }
}
