internal import ArgumentParser

/// `sigilum vault get`
struct VaultGet: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Shows an entry, or prints its value alone with --reveal-secrets.",
        discussion: """
            Example:
              sigilum vault get upstream-secret/linear/access_token --reveal-secrets
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which version; the current one where none is given.", valueName: "number"))
    var version: UInt32?
    @Option(help: ArgumentHelp("Write the value to this file, 0600, and show it nowhere.", valueName: "path"))
    var out: String?
    @Flag(help: "Release the value even where the disk is full or read-only, so that the log cannot say so.")
    var allowUnrecorded = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report { try reading.perform(context) }

    var reading: EntryReading {
        EntryReading(
            name: name, version: version, out: out, allowUnrecorded: allowUnrecorded,
            revealSecrets: reveal.revealSecrets, vault: vault.choice, output: output.choice)
    }
}
