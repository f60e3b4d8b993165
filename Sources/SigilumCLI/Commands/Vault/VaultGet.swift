internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault get`
struct VaultGet: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Shows an entry, or prints its value alone with --reveal-secrets.",
        discussion: """
            Example:
              sigilum vault get upstream-secret/linear/access_token --reveal-secrets
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which version; the current one where none is given.", valueName: "number"))
    var version: UInt32?
    @Option(help: ArgumentHelp("Write the value to this file, 0600, and show it nowhere.", valueName: "path"))
    var out: String?
    @Flag(help: "Release the value even where the disk is full or read-only, so that the log cannot say so.")
    var allowUnrecorded = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        guard out == nil || !reveal.revealSecrets else {
            throw Failure.usage("Use only one of: --reveal-secrets, --out")
        }
        let name = try EntryName(name)
        let file = try out.map { try SecretFile($0, Surroundings(context)) }
        let session = try Session.open(context, vault, for: .reading)
        try file?.refuse(inside: session.home)
        let facts = EntryVersionFacts(name: name, version: version, session: session)
        guard file != nil || reveal.revealSecrets else { return try facts.report(value: nil) }
        let value = try release(name, session)
        guard let file else {
            var report = output.json ? try facts.report(value: value) : Report()
            report.bare = value
            return report
        }
        try file.write(value.bytes)
        let path = context.shown(path: file.path)
        return Report(
            .ok("Written: \(name.text)"), fields: [Field("name", .untrusted(name.text)), Field("file", path)])
    }

    /// Opens the value once the log says so, or, where the user allows it, although the log cannot.
    private func release(_ name: EntryName, _ session: Session) throws -> SharedSecret {
        let purpose = out == nil ? "vault get" : "vault get --out"
        guard allowUnrecorded else { return try session.vault.reveal(name, version: version, purpose: purpose) }
        let (value, isRecorded) = try session.vault.revealUnrecorded(name, version: version, purpose: purpose)
        if !isRecorded { session.surroundings.say(.warn("This release is not in the log: it could not be written")) }
        return value
    }
}
