internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault import`
struct VaultImport: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Stores values from elsewhere: all of them in one transaction, or none.",
        discussion: """
            An entry that is there with another value is listed and stays as it is (1). The source is never changed.

            Example:
              sigilum vault import --format env .env --prefix ci/ --dry-run
              sops -d --output-type json secrets.yaml | sigilum vault import --format sops -
            """)

    @Argument(help: "The file, - for standard input; of sigilum and pass the folder.") var path: String
    @Option(help: "What it is.") var format: ImportFormat
    @Option(help: ArgumentHelp("What stands before each name: ci/ for ci/NAME.", valueName: "text"))
    var prefix: String = ""
    @Flag(help: "Change nothing; say what would be done.") var dryRun = false
    @Flag(help: "Store what differs as new versions, and deliver them.") var overwrite = false
    @Option(help: ArgumentHelp("Of sigilum: the key under which connections have their secret.", valueName: "key"))
    var upstreamSecretKey: String?
    @Flag(help: "Let values of the form {{NAME}} through, which the gateway takes for one of its variables.")
    var allowVariableReference = false
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        try checkOptions()
        return try await ImportRun(command: self, context: context, surroundings: Surroundings(context)).perform()
    }

    /// - Throws: 64 where options do not go together.
    private func checkOptions() throws(Failure) {
        guard upstreamSecretKey == nil || format == .sigilum else {
            throw .usage("--upstream-secret-key is for --format sigilum")
        }
        guard prefix.isEmpty || format != .sigilum else {
            throw .usage("--prefix is not for --format sigilum: its entries have fixed names")
        }
    }
}
