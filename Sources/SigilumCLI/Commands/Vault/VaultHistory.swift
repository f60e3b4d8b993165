internal import ArgumentParser
internal import VaultCore

/// `sigilum vault history`
struct VaultHistory: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Lists the versions of an entry, oldest first.",
        discussion: """
            Example:
              sigilum vault history upstream-secret/linear/access_token
            """)

    @Argument(help: "The entry's name.") var name: String
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let name = try EntryName(name)
        let session = try Session.open(context, vault, for: .reading)
        let (versions, rotateWith) = try session.vault.read { (try $0.history(name), try $0.entry(name)?.rotateWith) }
        let current = versions.last?.version
        var report = Report(.ok("Versions of: \(name.text)"))
        report.fields = rotateWith.map { [Field("rotate_with", RotationCommand.shown($0))] } ?? []
        report.lines = versions.map { version in
            .row([
                .integer(Int64(version.version)), .plain(Timestamp.text(version.createdAt)),
                .plain(version.version == current ? "current" : ""),
            ])
        }
        let documents = versions.map { version in
            JSON.object([
                ("version", .integer(Int64(version.version))),
                ("created_at", .string(Timestamp.text(version.createdAt))),
                ("current", .boolean(version.version == current)),
            ])
        }
        report.json = .object(
            [("name", .string(name.text)), ("versions", .array(documents))]
                + (rotateWith.map { [("rotate_with", RotationCommand.shown($0).json)] } ?? []))
        return report
    }
}
