internal import ArgumentParser

/// `sigilum vault …`
struct VaultGroup: ParsableCommand {
    /// One line a command, in the order in which help lists them.
    static let commands: [any ParsableCommand.Type] = []

    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "The vault: entries, versions, deliveries, proofs.", subcommands: commands)
}
