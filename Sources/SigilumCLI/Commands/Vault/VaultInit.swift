internal import ArgumentParser
internal import VaultCore

/// `sigilum vault init`
struct VaultInit: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes the vault and, where no master key is set, a key file.",
        discussion: """
            Where there is a vault already, nothing is changed.

            Example:
              sigilum vault init
            """)

    @Flag(help: "Lock the vault with a passphrase, asked for twice and stored nowhere.") var passphrase = false
    @Flag(help: "In your own home folder: ~/.sigilum-workspace.") var global = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard !global || vault.sigilumHome == nil else {
            throw Failure.usage("Use only one of: --global, --sigilum-home")
        }
        let location = global ? try HomeResolution.global(Surroundings(context)) : nil
        let place = try VaultPlace.find(context, vault, location: location)
        let home = Field("home", .untrusted(place.location.path))
        guard !place.holdsVault else {
            return Report(
                .ok("There is a vault already: \(place.path)"), fields: [home, Field("made", .boolean(false))])
        }
        let key = passphrase ? try Passphrase.new(context, vault, place) : nil
        let session = try Session.open(context, vault, for: .storing, location: place.location, masterKey: key)
        return Report(
            .ok(session.isNew ? "Vault made: \(place.path)" : "There is a vault already: \(place.path)"),
            fields: [
                home, Field("made", .boolean(session.isNew)),
                Field("vault_id", .plain(Hexadecimal.text(session.vault.id))),
                Field("key_source", .untrusted(session.masterKey.source.message.text(as: context.program))),
                Field("key_kind", .plain(session.vault.keyKind.word)),
            ])
    }
}
