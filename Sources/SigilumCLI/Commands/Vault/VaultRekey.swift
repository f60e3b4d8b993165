internal import ArgumentParser
internal import VaultCore

/// `sigilum vault rekey`
struct VaultRekey: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Puts a new master key in the place of the one that opened the vault.",
        discussion: """
            A key file in the home gets a new random key. Of a key from elsewhere, say where the new one is; both open the vault
            until the new one has opened it once. The gateway is to be started with the new key too; then --redeliver makes its
            connections again.

            Example:
              sigilum vault rekey
            """)

    @Option(help: ArgumentHelp("The environment variable that has the new key.", valueName: "name"))
    var newKeyFromEnv: String?
    @Option(help: ArgumentHelp("The file that has the new key; - is standard input.", valueName: "path"))
    var newKeyFromFile: String?
    @Option(help: ArgumentHelp("Make a random key, and write it to this new file, 0600.", valueName: "path"))
    var newKeyFile: String?
    @Flag(help: "The new key is a passphrase, asked for twice on a terminal.") var passphrase = false
    @Flag(help: "Somebody else may have the old key: change the data key too, and seal everything again.")
    var compromised = false
    @Flag(help: "Go on though the gateway loses what only it has.") var gatewayLosesThem = false
    @Flag(help: "Make the gateway's connections again, once it runs with the new key.") var redeliver = false
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let source = NewKeySource(
            variable: newKeyFromEnv, file: newKeyFromFile, newFile: newKeyFile, isPassphrase: passphrase)
        let session = try Session.open(context, vault, for: .reading)
        guard !redeliver else {
            guard !source.isNamed, !compromised else {
                throw Failure.usage("--redeliver changes no key: leave the other options out")
            }
            return try await Redelivery(session: session, delivery: delivery).report()
        }
        let rekey = Rekey(
            session: session, source: source, isCompromised: compromised,
            losses: GatewayLosses(session: session, options: delivery.gateway, isAccepted: gatewayLosesThem))
        return try await rekey.report(context)
    }
}
