internal import SecureMemory
internal import VaultCore

/// What `vault get` does, whoever read its words.
struct EntryReading: Sendable, Equatable {
    let name: String
    var version: UInt32?
    /// The file that the value is written to.
    var out: String?
    var allowUnrecorded = false
    let revealSecrets: Bool
    let vault: VaultChoice
    let output: OutputChoice

    /// - Throws: What the vault refuses; 64 where the value is to go two ways.
    func perform(_ context: Context) throws -> Report {
        guard out == nil || !revealSecrets else {
            throw Failure.usage("Use only one of: --reveal-secrets, --out")
        }
        let name = try EntryName(name)
        let file = try out.map { try SecretFile($0, Surroundings(context)) }
        let session = try Session.open(context, vault, for: .reading)
        try file?.refuse(inside: session.home)
        let facts = EntryVersionFacts(name: name, version: version, session: session)
        guard file != nil || revealSecrets else { return try facts.report(value: nil) }
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
