internal import ArgumentParser
internal import VaultCore

/// `sigilum vault prune`
struct VaultPrune: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Removes the older versions of an entry for good.",
        discussion: """
            Example:
              sigilum vault prune upstream-secret/linear/access_token --keep 3
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many versions stay, the current one among them: 1 or more.", valueName: "number"))
    var keep: UInt32
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName(name)
        guard keep > 0 else {
            throw Failure.usage(
                "--keep takes 1 or more: the current version always stays",
                hints: ["nothing was removed; \(command: ["vault", "remove", name.text]) removes an entry"])
        }
        let session = try Session.open(context, vault, for: .reading)
        try GatewayKeyGuard(session: session).allow(losing: name, gatewayKey)
        let outcome = try session.vault.prune(name, keeping: keep)
        // Also where nothing was removed now: a run before this one may have been killed before it wiped.
        let isWiped = try session.vault.wipeRemoved()
        if !isWiped {
            session.surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        return Report(
            isWiped ? .ok("Pruned: \(name.text)") : .warn("Pruned, not yet wiped: \(name.text)"),
            fields: [
                Field("name", .untrusted(name.text)), Field("removed", .integer(Int64(outcome.removed.count))),
                Field("first_version", .integer(Int64(outcome.firstVersion))),
                Field("current_version", .integer(Int64(outcome.currentVersion))), Field("wiped", .boolean(isWiped)),
            ])
    }
}
