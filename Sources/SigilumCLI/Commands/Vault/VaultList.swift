internal import ArgumentParser
internal import VaultCore

/// `sigilum vault list`
struct VaultList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists entries, their values hidden.",
        discussion: """
            Example:
              sigilum vault list upstream-secret/
            """)

    @Argument(help: "Only names that begin so.") var prefix: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let entries = try session.vault.read { try $0.inventory().entries }
        context.tokens.saw(entries)
        let shown = prefix.map { prefix in entries.filter { $0.name.text.hasPrefix(prefix) } } ?? entries
        return EntryListing(entries: shown, now: context.now()).report
    }
}
