internal import ArgumentParser
internal import VaultCore

/// `sigilum vault verify`
struct VaultVerify: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Proves the whole vault, every version and the log untouched.",
        discussion: """
            Example:
              sigilum vault verify
            """)

    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let proven = try verify(session.vault)
        return Report(
            .ok("Vault verified: \(session.home.path(of: "vault.db"))"),
            fields: [
                Field("entries", .integer(Int64(proven.entries))), Field("versions", .integer(Int64(proven.versions))),
                Field("records", .integer(Int64(proven.records))),
                Field("audit_records", .integer(Int64(proven.auditRecords))),
            ])
    }

    /// The finding is the answer here: no further command would say more of it.
    private func verify(_ vault: Vault) throws -> VerificationReport {
        do {
            return try vault.verify()
        } catch VaultError.integrity(let damage) {
            let failure = VaultError.integrity(damage).failure
            throw Failure(
                failure.status, code: failure.code, failure.message,
                hints: ["nothing was changed and nothing was released", "put a backup in its place"])
        }
    }
}
