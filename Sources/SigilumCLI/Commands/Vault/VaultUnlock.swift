internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault unlock`
struct VaultUnlock: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Lets the kernel keep what the passphrase was stretched to, for a while.",
        discussion: """
            Commands of this user then need no passphrase, and do not pay for stretching it. The passphrase itself is kept
            nowhere. Where a key is set (GATEWAY_MASTER_KEY and the like) that one is used.

            Example:
              sigilum vault unlock --ttl 15m
            """)

    @Option(help: ArgumentHelp("For how long: 45s, 15m, 8h, 1d; a week at most.", valueName: "time"))
    var ttl = "15m"
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard let span = PointInTime.duration(ttl), (1000...604_800_000).contains(span) else {
            throw Failure.usage("--ttl is no time from 1s to 7d", hints: ["nothing was kept"])
        }
        let session = try Session.open(context, vault, for: .reading, takesUnlocked: false)
        let path = session.home.path(of: "vault.db")
        guard let stretched = session.vault.stretched else {
            return Report(
                .ok("Nothing to unlock: a random key opens the vault: \(path)"),
                fields: [Field("unlocked", .boolean(false))])
        }
        let end = context.now() + span
        let name = UnlockedKey.name(of: session.vault.id)
        try context.openers.keyring.store(
            name, UnlockedKey(stretched, until: end).encoded, UInt32(clamping: (span + 999) / 1000))
        var report = Report(
            .ok("Vault unlocked: \(path)"),
            fields: [Field("unlocked", .boolean(true)), Field("until", .plain(Timestamp.text(end)))])
        if session.masterKey.source != .terminal {
            report.remarks.append(
                .info(
                    "Where \(session.masterKey.source.message) is set, that is used, and the passphrase stretched again"
                ))
        }
        return report
    }
}
