internal import ArgumentParser
internal import VaultCore

/// `sigilum vault key move-out`
struct VaultKeyMoveOut: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "move-out",
        abstract: "Takes the key file away from the vault: a passphrase, or a key elsewhere, opens it.",
        discussion: """
            The gateway keeps its master key: it becomes the entry gateway-master-key, and gets no export file. The key file is
            removed once the new key has opened the vault. A passphrase is asked for twice on a terminal.

            Example:
              sigilum vault key move-out
            """)

    @Option(help: ArgumentHelp("The environment variable that has the new key.", valueName: "name"))
    var fromEnv: String?
    @Option(help: ArgumentHelp("The file that has the new key; - is standard input.", valueName: "path"))
    var fromFile: String?
    @Option(help: ArgumentHelp("Make a random key instead, and write it to this new file, 0600.", valueName: "path"))
    var newKeyFile: String?
    @Flag(help: "The new key from a variable or file is no passphrase, but a random key.") var randomKey = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        guard case .homeFile(let path) = session.masterKey.source else {
            return try notThere(session)
        }
        let file = HomeKeyFile(home: session.home, surroundings: session.surroundings)
        guard let lock = try file.lock(milliseconds: 10_000) else { throw VaultError.storage(.busy) }
        defer { withExtendedLifetime(lock) {} }
        let source = NewKeySource(
            variable: fromEnv, file: fromFile, newFile: newKeyFile, isPassphrase: newKeyFile == nil && !randomKey)
        let (key, newPath) = try source.read(
            names: ["--from-env", "--from-file", "--new-key-file"], for: session, context)
        let entry = try EntryName(GatewayKeyEntry.current)
        let hasEntry = try session.vault.read { try $0.entry(entry) } != nil
        let outcome = try MasterKeyChange(
            session: session, plan: RekeyPlan([.move]), keeps: hasEntry ? nil : entry, changesDataKey: false
        ).perform(.given(key))
        var fields = [
            Field("slot", .integer(Int64(outcome.vault.slot))), Field("key_kind", .plain(outcome.vault.keyKind.word)),
            Field("removed", context.shown(path: path)), Field("gateway_key", .plain(entry.text)),
        ]
        if let newPath { fields.append(Field("key_file", context.shown(path: newPath))) }
        var report = try session.slotReport(
            "The key file is gone; the new key opens the vault", outcome.isWiped ?? false, fields, outcome.vault)
        report.remarks = Self.remarks(outcome.vault.keyKind)
        return report
    }

    /// Where the file is gone already: by a run of this command that was killed, and finished as the vault was opened.
    private func notThere(_ session: Session) throws -> Report {
        if session.finishedRekey?.plan.has(.move) == true {
            return try session.slotReport(
                "The key file is gone; the new key opens the vault", true,
                [Field("slot", .integer(Int64(session.vault.slot)))], session.vault)
        }
        // A run before this one may have been killed before it wiped.
        try session.finishWipe()
        throw Failure.usage(
            "The key that opened the vault is not in the key file of its home: \(session.masterKey.source.message)",
            hints: [
                "there is nothing to move out; another key:  \(command: ["vault", "rekey"])", "nothing was changed",
            ])
    }

    private static func remarks(_ kind: MasterKeyKind) -> [Remark] {
        let start = ["gateway", "start"]
        return [
            .info("the gateway keeps its key, the entry \(GatewayKeyEntry.current): \(command: start) hands it over"),
            kind == .passphrase
                ? .info("commands ask for the passphrase, or take it by GATEWAY_MASTER_KEY_COMMAND")
                : .info("give commands the key by GATEWAY_MASTER_KEY_FILE or GATEWAY_MASTER_KEY_COMMAND"),
            .info("copies of the key file in backups and snapshots are not removed by this"),
        ]
    }
}
