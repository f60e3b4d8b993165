internal import ArgumentParser

/// Where the gateway is; of every command that delivers.
struct GatewayOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The gateway's admin address.", valueName: "url"))
    var gatewayAdminUrl: String?

    @Option(help: ArgumentHelp("The gateway's data directory, for when no gateway runs.", valueName: "path"))
    var gatewayDataDir: String?
}

/// Where the API over HTTP is.
struct APIOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The API's base address.", valueName: "url"))
    var apiUrl: String?

    @Flag(help: "Let the owner token travel to another machine over plain http.")
    var allowInsecureHttp = false
}

/// Everything that a command needs to deliver.
struct DeliveryOptions: ParsableArguments, Sendable {
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var api: APIOptions

    @Option(help: ArgumentHelp("The local API's database.", valueName: "path"))
    var apiDb: String?

    @OptionGroup var network: OfflineOptions

    var choice: DeliveryChoice {
        DeliveryChoice(
            gatewayAdminURL: gateway.gatewayAdminUrl, gatewayDataDirectory: gateway.gatewayDataDir, apiURL: api.apiUrl,
            allowInsecureHTTP: api.allowInsecureHttp, apiDatabase: apiDb, offline: network.offline)
    }
}

/// What ``DeliveryOptions`` say.
struct DeliveryChoice: Sendable, Equatable {
    var gatewayAdminURL: String?
    var gatewayDataDirectory: String?
    var apiURL: String?
    var allowInsecureHTTP = false
    var apiDatabase: String?
    var offline = false
}

extension DeliveryOptions {
    init(_ choice: DeliveryChoice) {
        self.init()
        gateway = GatewayOptions()
        gateway.gatewayAdminUrl = choice.gatewayAdminURL
        gateway.gatewayDataDir = choice.gatewayDataDirectory
        api = APIOptions()
        api.apiUrl = choice.apiURL
        api.allowInsecureHttp = choice.allowInsecureHTTP
        apiDb = choice.apiDatabase
        network = OfflineOptions()
        network.offline = choice.offline
    }
}
