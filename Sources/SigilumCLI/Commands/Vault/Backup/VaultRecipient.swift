internal import ArgumentParser
internal import Sealing
internal import VaultCore

/// `sigilum vault recipient …`
struct VaultRecipientGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipient", abstract: "For whoever can open a vault's backups without its master key.",
        discussion: """
            Example:
              sigilum vault recipient new --out recipient.key
            """,
        subcommands: [VaultRecipientNew.self])
}

/// `sigilum vault recipient new`
struct VaultRecipientNew: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Makes a recipient's key pair; no vault is needed.",
        discussion: """
            The secret key opens every backup that is made for the public one: keep it apart, in a safe for one.

            Example:
              sigilum vault recipient new --out recipient.key
            """)

    @Option(help: ArgumentHelp("Where the secret key is written, 0600; a new file.", valueName: "path"))
    var out: String
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let file = try SecretFile(out, Surroundings(context))
        let pair = RecipientKeyPair.random()
        try file.create(RecipientKeyText.encode(pair))
        let recipient = Recipient(key: pair.publicKey)
        var report = Report(
            .ok("Recipient's key made"),
            fields: [
                Field("key_file", context.shown(path: file.path)), Field("public_key", .plain(recipient.text)),
            ])
        let words = ["vault", "backup", "FILE", "--recipient", recipient.text]
        report.remarks = [.info("what makes a backup that it opens:  \(command: words)")]
        return report
    }
}
