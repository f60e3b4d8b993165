internal import ArgumentParser

/// `sigilum auth …`
struct AuthGroup: ParsableCommand {
    /// One line a command, in the order in which help lists them.
    static let commands: [any ParsableCommand.Type] = [
        AuthLogin.self, AuthRefresh.self, AuthShow.self, AuthLogout.self,
    ]

    static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "The owner token of a namespace: made, stored, delivered, shown.",
        discussion: """
            Example:
              sigilum auth login --mode oss-local --namespace johndee
            """, subcommands: commands)
}
