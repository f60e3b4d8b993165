internal import ArgumentParser
internal import VaultCore

/// `sigilum vault find`
struct VaultFind: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "find", abstract: "Lists the entries with a text in their names, in small or capital letters.",
        discussion: """
            Example:
              sigilum vault find linear
            """)

    @Argument(help: "A part of the name.") var text: String
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let wanted = text.lowercased()
        let all = try session.vault.read { try $0.inventory().entries }
        context.tokens.saw(all)
        let entries = all.filter { $0.name.text.lowercased().contains(wanted) }
        return EntryListing(entries: entries, now: context.now()).report
    }
}
