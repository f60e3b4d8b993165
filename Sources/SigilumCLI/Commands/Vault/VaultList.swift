internal import ArgumentParser
internal import VaultCore

/// `sigilum vault list`
struct VaultList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists entries, their values hidden.",
        discussion: """
            More than 10,000 come in the vault's own order, each as soon as it is read.

            Example:
              sigilum vault list upstream-secret/
              sigilum vault list --order name
            """)

    @Argument(help: "Only names that begin so.") var prefix: String?
    @OptionGroup var listing: ListingOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let list = EntryListing(session, order: listing.order)
        guard let prefix else { return list.report() }
        return list.report { $0.name.text.hasPrefix(prefix) }
    }
}
