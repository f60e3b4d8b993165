internal import ArgumentParser
internal import VaultCore

/// `sigilum vault status`
struct VaultStatus: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows where the vault is, how it is locked, and what needs hands.",
        discussion: """
            Pending is what is to be delivered; expired and expiring are owner tokens (within a day); drifted is what was
            delivered on this machine and changed since. The gateway and the API are not asked: vault diff does.

            Example:
              sigilum vault status
            """)

    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let vault = session.vault
        // The anchor first: what is read may raise it.
        let anchor = try vault.anchorPair().stored
        let (entries, plans, generation, isWipePending) = try vault.read { snapshot in
            (
                try snapshot.inventory().entries, try snapshot.plans(), snapshot.generation,
                try snapshot.setting("wipe-pending") != nil
            )
        }
        context.tokens.saw(entries)
        let needs = try await VaultNeeds.find(entries, plans, session, now: context.now())
        let targets = TargetKind.allCases.compactMap { kind -> (kind: TargetKind, count: Int)? in
            let count = plans.count { $0.delivery.id.target == kind }
            return count > 0 ? (kind, count) : nil
        }
        var facts: [(key: String, value: Value, json: JSON?)] = [
            ("home", .untrusted(session.home.location.path), nil),
            ("vault_id", .plain(Hexadecimal.text(vault.id)), nil),
            ("entries", .integer(Int64(entries.count)), nil),
            ("versions", .integer(entries.reduce(0) { $0 + $1.versionCount }), nil),
            ("size", .plain("\(vault.size) bytes"), .integer(vault.size)),
            ("key_source", .untrusted(session.masterKey.source.message.text(as: context.program)), nil),
            ("key_kind", .plain(vault.keyKind.word), nil),
        ]
        if vault.keyKind == .passphrase {
            let (passes, memory) = vault.keyCost
            facts.append(
                (
                    "key_cost", .plain("Argon2id, \(passes) passes, \(memory / 1024) MiB"),
                    ["kdf": "argon2id", "passes": .integer(Int64(passes)), "memory_kib": .integer(Int64(memory))]
                ))
        }
        if vault.keyKind == .passphrase {
            let end = Unlocking(context).find(vault.id)?.end
            facts.append(
                (
                    "unlocked", .plain(end.map { "until \(Timestamp.text($0))" } ?? "no"),
                    end.map { .string(Timestamp.text($0)) } ?? .null
                ))
        }
        let slots = try vault.read { try $0.slots() }.count
        facts.append(
            (
                "key_slots", .plain("\(slots) of \(KeySlot.limit), opened by slot \(vault.slot)"),
                ["count": .integer(Int64(slots)), "opened_by": .integer(Int64(vault.slot))]
            ))
        let anchored = anchor.map { "generation \($0.generation), audit record \($0.auditSequence)" } ?? "none"
        facts += [
            ("generation", .integer(Int64(generation)), nil),
            (
                "targets",
                .plain(
                    targets.isEmpty ? "none" : targets.map { "\($0.kind.rawValue) \($0.count)" }.joined(separator: ", ")
                ),
                .object(targets.map { (key: $0.kind.rawValue, value: .integer(Int64($0.count))) })
            ),
        ]
        facts += needs.facts
        facts += [
            ("anchor", .plain(anchored), anchor?.document ?? .null),
            ("wipe_pending", .plain(isWipePending ? "yes" : "no"), .boolean(isWipePending)),
        ]
        let path = session.home.path(of: "vault.db")
        return Report(
            needs.isAny ? .warn("Vault, with something to do: \(path)") : .ok("Vault: \(path)"),
            fields: facts.map { Field($0.key, $0.value) }, lines: needs.next(vault).map { .text(indent: 2, $0) },
            json: .object(facts.map { (key: $0.key, value: $0.json ?? $0.value.json) }))
    }
}
