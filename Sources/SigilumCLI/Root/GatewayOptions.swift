internal import ArgumentParser

/// Where the gateway is; of every command that delivers.
struct GatewayOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The gateway's admin address.", valueName: "url"))
    var gatewayAdminUrl: String?

    @Option(help: ArgumentHelp("The gateway's data directory, for when no gateway runs.", valueName: "path"))
    var gatewayDataDir: String?
}

/// Everything that a command needs to deliver.
struct DeliveryOptions: ParsableArguments, Sendable {
    @OptionGroup var gateway: GatewayOptions

    @Option(help: ArgumentHelp("The local API's database.", valueName: "path"))
    var apiDb: String?

    @OptionGroup var network: OfflineOptions
}
