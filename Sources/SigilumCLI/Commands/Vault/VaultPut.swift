internal import ArgumentParser

/// `sigilum vault put`
struct VaultPut: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Stores a value: a new entry, or a new version of one that is there.",
        discussion: """
            The value comes from standard input, or from a prompt on a terminal, where no option names another source.

            Example:
              sigilum vault put ci/deploy-key --from-file deploy-key.pem
            """)

    @Argument(help: "The entry's name.") var name: String
    @OptionGroup var source: EntryValueOptions
    @OptionGroup var gatewayKey: GatewayKeyOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report { try await storing.perform(context) }

    var storing: EntryStoring {
        EntryStoring(
            name: name, value: source.choice, isMeant: gatewayKey.force, delivery: delivery.choice, vault: vault.choice,
            output: output.choice)
    }
}
