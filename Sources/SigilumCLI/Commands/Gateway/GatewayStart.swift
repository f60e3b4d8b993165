internal import ArgumentParser
internal import SafeFiles
internal import VaultCore

/// `sigilum gateway start`
struct GatewayStart: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Becomes the gateway, with the master key in its environment.",
        discussion: """
            Where the vault has an entry gateway-master-key, that is the gateway's key; else the one that the vault was
            opened with. The log says that it is handed over before it is. A missing identity of the namespace is made.

            Example:
              sigilum gateway start --namespace johndee
            """)

    @Option(help: ArgumentHelp("Whose gateway it is.", valueName: "namespace")) var namespace: String?
    @Option(help: ArgumentHelp("The folder of the vault, as --sigilum-home.", valueName: "path")) var home: String?
    @Option(help: ArgumentHelp("The API that the gateway asks.", valueName: "url")) var apiUrl: String?
    @Option(help: ArgumentHelp("Where it listens; by default where --gateway-admin-url says.", valueName: "host:port"))
    var addr: String?
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let launch = try prepare(context)
        context.announce()
        throw launch.become()
    }

    /// All that can be known to be wrong is found before the key is released; the vault is closed when this returns.
    private func prepare(_ context: Context) throws -> GatewayLaunch {
        guard home == nil || vault.sigilumHome == nil else {
            throw Failure.usage("Use only one of: --home, --sigilum-home")
        }
        let surroundings = Surroundings(context)
        let address = try ListenAddress.resolve(
            option: addr, adminURL: gateway.gatewayAdminUrl, surroundings: surroundings)
        let directory = try GatewaySettings.dataDirectory(option: gateway.gatewayDataDir, surroundings)
        var options = vault
        options.sigilumHome = home ?? vault.sigilumHome
        let session = try Session.open(context, options, for: .reading)
        let launch = GatewayLaunch(
            program: try GatewayPrograms.gateway(surroundings), inherited: context.inherited,
            namespace: try Session.namespace(context, surroundings, option: namespace, session: session),
            home: session.home.folder.path, api: try session.gatewayAPI(option: apiUrl), address: address,
            dataDirectory: directory.path, adminToken: try GatewaySettings.adminToken(surroundings))
        try launch.ensureIdentity(surroundings)
        return launch.with(try GatewayKeyNote(session).handOver(purpose: "gateway start"))
    }
}
