internal import ArgumentParser

/// `sigilum service …`
struct ServiceGroup: ParsableCommand {
    /// One line a command, in the order in which help lists them.
    static let commands: [any ParsableCommand.Type] = [
        ServiceAdd.self, ServiceShow.self, ServiceList.self, ServiceRemove.self, ServiceSecretGroup.self,
        ServiceKeyGroup.self,
    ]

    static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Services, their API keys and the secrets of their upstreams.",
        discussion: """
            Example:
              sigilum service add --service-slug my-native-service
              sigilum service list
            """,
        subcommands: commands)
}
