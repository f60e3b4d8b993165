internal import VaultCore

/// What is said of a backup, in the same words by all commands.
enum BackupFacts {
    static func fields(_ report: BackupReport, _ file: Value) -> [Field] {
        [
            Field("file", file), Field("vault_id", .plain(Hexadecimal.text(report.vaultID))),
            Field("fingerprint", .plain(report.fingerprint)),
            Field("made_at", .plain(Timestamp.text(report.time))),
            Field("entries", .integer(Int64(report.proven.entries))),
            Field("versions", .integer(Int64(report.proven.versions))),
            Field("audit_records", .integer(Int64(report.proven.auditRecords))),
            Field("generation", .integer(Int64(clamping: report.generation))),
            Field("recipients", .integer(Int64(report.recipients.count))),
        ]
    }

    /// A file is there, and was not to be replaced (73).
    static func replacing(_ file: SecretFile) -> Failure {
        Failure(
            .cannotWrite, code: "file-exists", "There is a file already: \(file.path)",
            hints: ["nothing was written; give another path, or replace it with --force"])
    }

    /// What is wrong with a backup, said so that it is not taken for the vault that is in use.
    static func failure(_ damage: Damage) -> Failure {
        switch damage {
        case .anchor, .forked:
            Failure(
                .damaged, code: "integrity", "Vault integrity: \(plain: damage.text)",
                hints: [
                    "nothing was changed",
                    damage == .forked
                        ? "the backup went another way than the vault that was here: use another one"
                        : "see it:  \(command: ["vault", "anchor", "show"])",
                ])
        default:
            Failure(
                .damaged, code: "integrity", "Backup integrity: \(plain: damage.text)",
                hints: ["nothing was changed; use another backup"])
        }
    }
}

extension BackupError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .unusableRecipient(let recipient):
            .usage("Nothing can be sealed to this public key: \(recipient.text)", hints: ["nothing was written"])
        case .tooManyRecipients(let limit):
            .usage("A backup has at most \(limit) recipients", hints: ["nothing was written"])
        case .otherRecipient:
            Failure(
                .unsafe, code: "wrong-key", "The backup was not made for this recipient's key",
                hints: ["nothing was changed"])
        case .otherVault:
            Failure(
                .damaged, code: "other-vault", "The backup is of another vault than the one that was here",
                hints: [
                    "nothing was changed",
                    "restore it into another home (--sigilum-home), or see the one that was here:",
                    "  \(command: ["vault", "anchor", "show"])",
                ])
        case .older(let backup, let seen):
            Failure(
                .damaged, code: "older-backup",
                "The backup is older than what this machine has seen: audit record \(backup), seen was \(seen)",
                hints: [
                    "nothing was changed; use a newer backup",
                    "or, where there is none, give up what came after it: the same with --accept-rollback",
                ])
        case .otherFingerprint:
            Failure(
                .damaged, code: "other-fingerprint", "The backup is of another vault than the fingerprint's",
                hints: ["nothing was changed; whoever knows the recipient's public key can make such a file"])
        case .vaultExists:
            Failure(.cannotWrite, code: "vault-exists", "There is a vault already", hints: ["nothing was changed"])
        }
    }
}
