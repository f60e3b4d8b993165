internal import ArgumentParser
internal import VaultCore

/// `sigilum vault verify`
struct VaultVerify: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Proves the whole vault, every version and the log untouched.",
        discussion: """
            Example:
              sigilum vault verify --anchor /mnt/backup/log-2026-03-01
            """)

    @Option(
        help: ArgumentHelp("An exported log that was kept, which this vault must go on from.", valueName: "path"))
    var anchor: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let kept = try anchor.map { try LogExporting.open($0, Surroundings(context)) }
        let session = try Session.open(context, vault, for: .reading)
        let (proven, known) = try verify(session.vault, kept)
        let descent = known.map { Field("goes_on_from", .integer(Int64(clamping: $0.auditSequence))) }
        return Report(
            .ok("Vault verified: \(session.home.path(of: "vault.db"))"),
            fields: [
                Field("entries", .integer(Int64(proven.entries))), Field("versions", .integer(Int64(proven.versions))),
                Field("records", .integer(Int64(proven.records))),
                Field("audit_records", .integer(Int64(proven.auditRecords))),
            ] + (descent.map { [$0] } ?? []))
    }

    /// The finding is the answer here: no further command would say more of it.
    private func verify(_ vault: Vault, _ kept: LogFile?) throws -> (VerificationReport, Anchor?) {
        do {
            // First, since it names the record where the anchor of this machine only says that there is one.
            let known: Anchor?
            do {
                known = try kept.map { try vault.verify(against: $0) }
            } catch VaultError.integrity(let damage) where damage.isOfExport {
                // Damage of the vault is said before that of the file.
                _ = try vault.verify()
                throw Self.failure(ofExport: damage)
            }
            return (try vault.verify(), known)
        } catch VaultError.integrity(let damage) {
            let failure = VaultError.integrity(damage).failure
            throw Failure(
                failure.status, code: failure.code, failure.message,
                hints: ["nothing was changed and nothing was released", "put a backup in its place"])
        }
    }

    /// The vault is in order, as far as can be seen without the export.
    private static func failure(ofExport damage: Damage) -> Failure {
        let failure = VaultError.integrity(damage).failure
        return Failure(
            failure.status, code: failure.code, failure.message,
            hints: ["the vault itself was not found damaged", failure.hints.last ?? "use another copy of the export"])
    }
}
