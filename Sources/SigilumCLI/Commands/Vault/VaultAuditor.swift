internal import ArgumentParser
internal import Sealing
internal import VaultCore

/// `sigilum vault auditor …`
struct VaultAuditorGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auditor", abstract: "For whoever checks the log of another's vault, without its master key.",
        discussion: """
            Example:
              sigilum vault auditor new --out auditor.key
            """,
        subcommands: [VaultAuditorNew.self])
}

/// `sigilum vault auditor new`
struct VaultAuditorNew: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Makes an auditor's key pair; no vault is needed.",
        discussion: """
            The secret key stays with the auditor. The owner of a vault is given the public one.

            Example:
              sigilum vault auditor new --out auditor.key
            """)

    @Option(help: ArgumentHelp("Where the secret key is written, 0600; a new file.", valueName: "path"))
    var out: String
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let file = try SecretFile(out, Surroundings(context))
        let pair = RecipientKeyPair.random()
        try file.create(AuditorKeyText.encode(pair))
        let auditor = Auditor(key: pair.publicKey)
        var report = Report(
            .ok("Auditor's key made"),
            fields: [
                Field("key_file", context.shown(path: file.path)), Field("public_key", .plain(auditor.text)),
            ])
        let words = ["vault", "log", "--auditor", auditor.text]
        report.remarks = [.info("what the owner of the vault runs:  \(command: words)")]
        return report
    }
}
