internal import ArgumentParser
internal import VaultCore

/// `sigilum vault anchor …`
struct VaultAnchorGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor", abstract: "What this machine remembers of the vault, so that one put back is noticed.",
        discussion: """
            Example:
              sigilum vault anchor show
            """,
        subcommands: [VaultAnchorShow.self, VaultAnchorAccept.self])
}

/// `sigilum vault anchor show`
struct VaultAnchorShow: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the vault beside its anchor.",
        discussion: """
            Example:
              sigilum vault anchor show
            """)

    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let place = try VaultPlace.find(context, vault)
        let facts = try AnchorFacts(try place.open(context, vault), place)
        let headline: Headline =
            switch facts.standing {
            case .agrees: .ok("The anchor agrees with the vault: \(place.path)")
            case .missing: .warn("There is no anchor of the vault: \(place.path)")
            case .rolledBack, .forked, .otherVault, .vaultGone, .unreadable:
                .warn("The anchor does not agree with the vault: \(place.path)")
            }
        var report = Report(headline, fields: facts.fields, json: facts.document)
        if facts.standing != .agrees, facts.standing != .missing {
            let words = ["vault", "anchor", "accept", "--confirm", facts.id]
            report.remarks = [.info("if this was done on purpose, accept it:  \(command: words)")]
        }
        return report
    }
}

/// `sigilum vault anchor accept`
struct VaultAnchorAccept: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Takes the vault as it is for the right one, after a deliberate restore or move.",
        discussion: """
            The log says that it was done. Where the vault was deleted, its anchor is forgotten, so that a new one can be made.

            Example:
              sigilum vault anchor accept --confirm 5b0c1d7e9a3f4c62b8d0e1f2a3b4c5d6
            """)

    @Option(help: ArgumentHelp("The vault's id, as `anchor show` shows it.", valueName: "vault-id"))
    var confirm: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let show: [Message] = ["nothing was changed; see the id:  \(command: ["vault", "anchor", "show"])"]
        guard let confirm else { throw Failure.usage("Accepting needs --confirm VAULT_ID", hints: show) }
        let place = try VaultPlace.find(context, vault)
        let vault = try place.open(context, vault)
        let facts = try AnchorFacts(vault, place)
        guard confirm.lowercased() == facts.id else {
            throw Failure.usage("--confirm is not the id of this vault", hints: show)
        }
        let headline: Headline
        if let vault {
            // One that agrees stays as it is: the log tells of decisions.
            if facts.standing != .agrees { try vault.acceptAnchor() }
            headline = .ok(facts.standing == .agrees ? "The anchor agrees already" : "Anchor accepted: \(place.path)")
        } else {
            guard place.anchors.remove() == .kept else {
                throw Failure(
                    .cannotWrite, code: "cannot-write", "The anchor cannot be forgotten: its folder cannot be written")
            }
            headline = .ok("Anchor of the deleted vault forgotten: \(place.path)")
        }
        return Report(
            headline, fields: [Field("vault_id", .plain(facts.id)), Field("was", .plain(facts.standing.rawValue))])
    }
}
