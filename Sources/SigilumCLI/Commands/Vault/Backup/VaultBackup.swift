internal import ArgumentParser
internal import VaultCore

/// `sigilum vault backup`
struct VaultBackup: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Writes the whole vault to one sealed file.",
        discussion: """
            The vault's master key opens it; with --recipient others can too, by their own secret key. What is written is one \
            consistent state, proven on the way, while others go on using the vault.

            Example:
              sigilum vault backup /mnt/backup/vault-2026-03-01
            """)

    @Argument(help: ArgumentHelp("The file, 0600; a new one.", valueName: "file")) var file: String
    @OptionGroup var recipients: RecipientOptions
    @Flag(help: "Replace a file that is there, in one step.") var force = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let surroundings = Surroundings(context)
        let recipients = try recipients.read(surroundings)
        guard file != "-" else { throw Failure.usage("A backup is written to a file, not to standard output") }
        let file = try SecretFile(file, surroundings)
        let session = try Session.open(context, vault, for: .reading)
        try file.refuse(inside: session.home)
        guard force || !file.exists else { throw BackupFacts.replacing(file) }
        let (id, isRecorded) = try session.vault.announceBackup(for: recipients)
        if !isRecorded {
            surroundings.say(.warn("The vault cannot be written: its log does not say that it was backed up"))
        }
        var made: BackupReport?
        // What takes the bytes lives as long as the file is open.
        func write(_ take: ([UInt8]) throws -> Void) throws {
            made = try withoutActuallyEscaping(take) { try session.vault.backUp(as: id, for: recipients, to: $0) }
        }
        if force { try file.write(piecewise: write) } else { try file.create(piecewise: write) }
        guard let made else { return Report() }
        var report = Report(.ok("Vault backed up"), fields: BackupFacts.fields(made, context.shown(path: file.path)))
        report.remarks = [
            .info("prove it, now and later:  \(command: ["vault", "restore", file.path, "--check"])")
        ]
        return report
    }
}
