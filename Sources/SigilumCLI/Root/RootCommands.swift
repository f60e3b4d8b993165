internal import ArgumentParser

/// What both roots say of themselves.
enum Program {
    static let version = "sigilum 0.1.0"
    static let abstract = "Keeps the credentials of services: sealed, versioned, delivered, proven."
    static let discussion = """
        Example:
          sigilum service add --service-slug my-native-service
          sigilum vault status
        """
}

/// The program called `sigilum`.
struct SigilumRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sigilum", abstract: Program.abstract,
        discussion: Program.discussion, version: Program.version,
        subcommands: [
            AuthGroup.self, ServiceGroup.self, GatewayGroup.self, VaultGroup.self, AuthLogin.self, DoctorCommand.self,
        ])
}

/// The program called `vault`: the vault's commands need no prefix.
struct VaultRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: Program.abstract,
        discussion: Program.discussion, version: Program.version,
        subcommands: VaultGroup.commands + [AuthGroup.self, ServiceGroup.self, GatewayGroup.self, AuthLogin.self])
}
