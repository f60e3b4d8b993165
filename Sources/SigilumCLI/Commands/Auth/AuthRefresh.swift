internal import ArgumentParser

/// `sigilum auth refresh`
struct AuthRefresh: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Replaces the owner token by a new one, everywhere it is.",
        discussion: """
            Example:
              sigilum auth refresh --mode oss-local --namespace johndee --ttl-seconds 3600
            """)

    @OptionGroup var auth: AuthOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        try await OwnerLogin(options: auth, vault: vault, context: context).report()
    }
}
