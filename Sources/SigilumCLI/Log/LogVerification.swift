internal import SafeFiles
internal import Sealing
internal import SecureMemory
internal import VaultCore

/// Proves an exported log with an auditor's key: no vault, no master key, no network.
struct LogVerification {
    let options: LogProofOptions
    let filter: LogFilter
    let file: String
    let context: Context

    func report(json: Bool) throws -> Report {
        let surroundings = Surroundings(context)
        guard let keyFile = options.auditorKey else {
            throw Failure.usage("--verify needs --auditor-key FILE", hints: ["the auditor's own secret key"])
        }
        let pair = try AuditorKeyFile.read(keyFile, surroundings)
        let log = try LogExporting.open(file, surroundings)
        let older = try options.anchor.map { try LogExporting.open($0, surroundings) }
        var events: [AuditEvent] = []
        let proof: LogProof
        do {
            proof = try LogProof.prove(log, with: pair, fingerprint: options.fingerprint, older: older) { event in
                if options.list { events.append(event) }
            }
        } catch VaultError.integrity(.otherExport) {
            throw Failure(
                .damaged, code: "integrity", "Log integrity: \(plain: Damage.otherExport.text)",
                hints: [
                    "use an older export of the same vault as --anchor",
                    "if both are said to be of one vault, ask the owner: it was exchanged",
                ])
        } catch VaultError.integrity(.logFile) {
            throw Failure(
                .damaged, code: "integrity", "Log integrity: \(plain: Damage.logFile.text)",
                hints: ["use another copy of the export, or ask the owner for a new one, and why"])
        } catch VaultError.integrity(let damage) {
            throw Failure(
                .damaged, code: "integrity", "Log integrity: \(plain: damage.text)",
                hints: ["what comes before it is as it was written", "ask the owner for a new export, and why"])
        }
        var report = Report(.ok("Log verified"), fields: fields(proof))
        if proof.comparedTo == nil, options.fingerprint == nil {
            report.remarks = [
                .warn(
                    "Nothing to compare with: a log that was made anew as a whole is not noticed (--fingerprint, --anchor)"
                )
            ]
        }
        for record in proof.restored {
            report.remarks.append(
                .warn(
                    """
                    Record \(record) says that the vault was restored from a backup: what was recorded after that \
                    backup is not in this log, and from there on it is proven by a new key. Ask the owner
                    """))
        }
        if options.list {
            var filter = filter
            let shown = filter.wanted(events)
            guard filter.isKnown else {
                throw Failure(
                    .missing, code: "no-such-entry", "No event of the exported log is of this entry",
                    hints: ["see all of them: the same without --entry"])
            }
            report.lines = shown.map(\.line)
            if json { report.records = shown.map(\.document) }
        }
        return report
    }

    private func fields(_ proof: LogProof) -> [Field] {
        [
            Field("file", context.shown(path: (try? Surroundings(context).absolute(file)) ?? file)),
            Field("vault_id", .plain(Hexadecimal.text(proof.vaultID))),
            Field("fingerprint", .plain(proof.fingerprint)),
            Field("records", .integer(Int64(clamping: proof.last))),
            Field("proven_from", .integer(Int64(clamping: proof.first))),
            Field("epochs", .integer(Int64(proof.epochs))),
            Field("first_time", .plain(Timestamp.text(proof.firstTime))),
            Field("last_time", .plain(Timestamp.text(proof.lastTime))),
            Field("goes_on_from", proof.comparedTo.map { .integer(Int64(clamping: $0)) } ?? .plain("none")),
        ]
    }
}

/// The file that an auditor's secret key is in.
enum AuditorKeyFile {
    /// - Throws: 66 where there is none, 77 where others may read it or it holds no such key.
    static func read(_ given: String, _ surroundings: Surroundings) throws -> RecipientKeyPair {
        let (content, path) = try PrivateKeyFile.read(given, surroundings)
        guard let pair = AuditorKeyText.decode(content.bytes) else {
            throw Failure(
                .unsafe, code: "wrong-key", "Not an auditor's secret key: \(path)",
                hints: ["make one:  \(command: ["vault", "auditor", "new", "--out", "FILE"])"])
        }
        return pair
    }
}

/// A file that a secret key of a pair is in.
enum PrivateKeyFile {
    /// - Throws: 66 where there is none, 77 where others may read it.
    static func read(_ given: String, _ surroundings: Surroundings) throws -> (content: SharedSecret, path: String) {
        let path = try surroundings.absolute(given)
        try SafetyCheck(surroundings).secretFile(path, .strict)
        let parts = path.split(separator: "/")
        let folder = try Folder.open("/" + parts.dropLast().joined(separator: "/"))
        guard let name = parts.last, let content = try folder.readSecret(String(name), limit: 4096) else {
            throw Failure(.missing, code: "file-not-found", "File not found: \(path)")
        }
        return (SharedSecret(content), path)
    }
}

extension LogProofError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .otherKey:
            Failure(
                .unsafe, code: "wrong-key", "Nothing in the log is sealed to this auditor's key",
                hints: ["the owner adds an auditor:  \(command: ["vault", "log", "--auditor", "PUBLICKEY"])"])
        case .otherFingerprint:
            Failure(
                .damaged, code: "other-fingerprint", "Log integrity: it begins with another key than the fingerprint's",
                hints: ["this log is not the one that the fingerprint was given for: ask the owner"])
        }
    }
}
