internal import VaultCore

/// Adds and lists the auditors of a vault.
struct LogAuditors {
    let session: Session

    func add(_ text: String) throws -> Report {
        guard let auditor = Auditor(text: text) else {
            guard !text.hasPrefix(AuditorKeyText.prefix) else {
                throw Failure.usage(
                    "That is an auditor's secret key: the vault is given the public one",
                    hints: ["who could read the process list has it: make a new one", "nothing was changed"])
            }
            throw Failure.usage(
                "Not an auditor's public key: auditor- and 64 hexadecimal digits",
                hints: ["the auditor makes one:  \(command: ["vault", "auditor", "new", "--out", "FILE"])"])
        }
        let (added, isNew) = try session.vault.write { try $0.add(auditor) }
        var report = Report(
            .ok(isNew ? "Auditor added: a new epoch of the log has begun" : "The auditor was added before"),
            fields: [
                Field("auditor", .plain(added.auditor.text)), Field("audit_epoch", .integer(Int64(added.auditEpoch))),
                Field("first_record", .integer(Int64(clamping: added.first))),
                Field("fingerprint", .plain(added.fingerprint)),
            ])
        report.remarks = [
            .info("tell the auditor the fingerprint in another way than with the exported log"),
            .info("what to give them:  \(command: ["vault", "log", "--export", "FILE"])"),
        ]
        return report
    }

    func list() throws -> Report {
        let auditors = try session.vault.read { try $0.auditors() }
        let lines = auditors.map { registered in
            Line.row([
                .plain(registered.auditor.text), .plain("epoch \(registered.auditEpoch)"),
                .plain("from record \(registered.first)"), .plain(registered.fingerprint),
            ])
        }
        let documents = auditors.map { registered -> JSON in
            [
                "auditor": .string(registered.auditor.text), "audit_epoch": .integer(Int64(registered.auditEpoch)),
                "first_record": .integer(Int64(clamping: registered.first)),
                "fingerprint": .string(registered.fingerprint),
            ]
        }
        return Report(
            .ok("Auditors: \(auditors.count)"), lines: lines.isEmpty ? [.text(indent: 2, "(none)")] : lines,
            json: ["auditors": .array(documents)])
    }
}

extension AuditorError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .unusableKey:
            .usage("Nothing can be sealed to this public key", hints: ["nothing was changed"])
        case .tooMany(let limit):
            .usage("A vault has at most \(limit) auditors", hints: ["nothing was changed"])
        }
    }
}
