internal import ArgumentParser

/// `sigilum gateway …`
struct GatewayGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "The gateway: started with the vault's key, and how it is.",
        discussion: """
            Example:
              sigilum gateway start --namespace johndee
              sigilum gateway status
            """,
        subcommands: [GatewayStart.self, GatewayStatus.self])
}
