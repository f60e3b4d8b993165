internal import SafeFiles
internal import VaultCore

/// Writes the log to a file that another machine keeps, and reads one.
enum LogExporting {
    static func export(_ session: Session, to given: String, _ context: Context) throws -> Report {
        let file = try SecretFile(given, session.surroundings)
        try file.refuse(inside: session.home)
        var exported: LogExport?
        try file.write(piecewise: { write in exported = try session.vault.exportLog(to: write) })
        guard let exported else { return Report() }
        let anchor = exported.anchor
        var report = Report(
            .ok("Log exported"),
            fields: [
                Field("file", context.shown(path: file.path)),
                Field("vault_id", .plain(Hexadecimal.text(anchor.vaultID))),
                Field("records", .integer(Int64(clamping: anchor.auditSequence))),
                Field("generation", .integer(Int64(clamping: anchor.generation))),
                Field("auditors", .integer(Int64(exported.auditors))),
            ])
        if exported.auditors == 0 {
            let words = ["vault", "log", "--auditor", "PUBLICKEY"]
            report.remarks = [.info("without an auditor only this vault can prove it:  \(command: words)")]
        }
        return report
    }

    /// An exported log, opened.
    ///
    /// - Throws: 66 where there is no such file, 65 for what is no exported log.
    static func open(_ given: String, _ surroundings: Surroundings) throws -> LogFile {
        let file = try SequentialFile(try surroundings.absolute(given))
        return try LogFile { try file.read(upTo: $0) }
    }
}
