internal import ArgumentParser
internal import VaultCore

/// `sigilum vault find`
struct VaultFind: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "find", abstract: "Lists the entries with a text in their names, in small or capital letters.",
        discussion: """
            More than 10,000 come in the vault's own order, each as soon as it is read.

            Example:
              sigilum vault find linear
            """)

    @Argument(help: "A part of the name.") var text: String
    @OptionGroup var listing: ListingOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let wanted = text.lowercased()
        return EntryListing(session, order: listing.order).report { $0.name.text.lowercased().contains(wanted) }
    }
}
