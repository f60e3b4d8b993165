internal import ArgumentParser

/// `sigilum auth login`, and `sigilum login`
struct AuthLogin: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Makes or takes an owner token, stores it and delivers it.",
        discussion: """
            Managed: takes the token that is given. oss-local: makes the owner in the local API's database and signs a new \
            token with JWT_SECRET.

            Example:
              sigilum auth login --mode oss-local --namespace johndee
              sigilum auth login --owner-token-stdin --namespace johndee < token.jwt
            """)

    @OptionGroup var auth: AuthOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        try await OwnerLogin(options: auth, vault: vault, context: context).report()
    }
}
