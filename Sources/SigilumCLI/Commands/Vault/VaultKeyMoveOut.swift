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
        let source = NewKeySource(
            variable: fromEnv, file: fromFile, newFile: newKeyFile, isPassphrase: newKeyFile == nil && !randomKey)
        func newKey() throws -> NewMasterKey {
            try source.read(names: ["--from-env", "--from-file", "--new-key-file"], for: session, context)
        }
        guard case .homeFile(let path) = session.masterKey.source else {
            return try notThere(session, newKey)
        }
        let new = try newKey()
        let file = HomeKeyFile(home: session.home, surroundings: session.surroundings)
        guard let lock = try file.lock(milliseconds: 10_000) else { throw VaultError.storage(.busy) }
        defer { withExtendedLifetime(lock) {} }
        let outcome = try MasterKeyChange(session: session, plan: RekeyPlan([.move])).perform(.given(new))
        var fields = [
            Field("slot", .integer(Int64(outcome.vault.slot))), Field("key_kind", .plain(outcome.vault.keyKind.word)),
            Field("removed", context.shown(path: path)), Field("gateway_key", .plain(GatewayKeyEntry.current)),
        ]
        if let path = new.path { fields.append(Field("key_file", context.shown(path: path))) }
        var report = try session.slotReport(
            "The key file is gone; the new key opens the vault", outcome.isWiped ?? false, fields, outcome.vault)
        report.remarks = Self.remarks(outcome.vault.keyKind)
        if outcome.isKeptBeside { report.remarks.insert(.warn(MasterKeyChange.keptBeside), at: 0) }
        return report
    }

    /// Where the file is gone already: by a run of this command that was killed, and finished as the vault was opened.
    private func notThere(_ session: Session, _ newKey: () throws -> NewMasterKey) throws -> Report {
        if let finished = session.finishedRekey, finished.plan.has(.move) {
            guard try finished.isChange(to: newKey(), session.vault) else {
                throw Failure(
                    .refused, code: "other-change-finished",
                    "A move-out that was begun before was finished just now, with another new key than this one",
                    hints: [
                        "the key file is gone; the key that opened the vault is its key now",
                        "another key:  \(command: ["vault", "rekey"])",
                    ])
            }
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
