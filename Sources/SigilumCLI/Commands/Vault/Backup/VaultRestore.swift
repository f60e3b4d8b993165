internal import ArgumentParser
internal import VaultCore

/// `sigilum vault restore`
struct VaultRestore: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a backup in the place where no vault is, or proves one.",
        discussion: """
            All of the backup is proven before anything is put in place. A vault that is there is never overwritten.

            Example:
              sigilum vault restore /mnt/backup/vault-2026-03-01 --check
              sigilum vault restore /mnt/backup/vault-2026-03-01
            """)

    @Argument(help: ArgumentHelp("The backup.", valueName: "file")) var file: String
    @Flag(help: "Prove the backup, and put nothing in place.") var check = false
    @Option(
        help: ArgumentHelp("Open it with a recipient's secret key, instead of the master key.", valueName: "path"))
    var recipientKey: String?
    @Option(help: ArgumentHelp("What the vault's data key is named, as `backup` said.", valueName: "hex"))
    var fingerprint: String?
    @Flag(help: "Also where this machine has seen the vault in a newer state.") var acceptRollback = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard !check || !acceptRollback else { throw Failure.usage("Use only one of: --check, --accept-rollback") }
        let restoration = try Restoration(
            context, vault, file: file, recipientKey: recipientKey, fingerprint: fingerprint,
            acceptsRollback: acceptRollback)
        do {
            return check ? try restoration.check() : try restoration.restore()
        } catch VaultError.integrity(let damage) {
            throw BackupFacts.failure(damage)
        }
    }
}
