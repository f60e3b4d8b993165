internal import SafeFiles

/// Turns findings about permissions into what the user reads: a failure (77), or warnings.
struct SafetyCheck: Sendable {
    /// Turns every refusal into a warning when it is `1`.
    static let override = "SIGILUM_ALLOW_UNSAFE_PERMISSIONS"

    /// Whose process this is.
    private let user: UInt32
    private let isOverridden: Bool
    private let say: @Sendable (Remark) -> Void

    init(_ surroundings: Surroundings) {
        user = surroundings.user
        isOverridden = surroundings.setting(Self.override) == "1"
        say = surroundings.say
    }

    /// Checks a home or vault folder, and all that leads to it; of one that does not exist yet, what is above it.
    func folder(_ path: String) throws(Failure) {
        let findings: [PathFinding]
        do throws(FileError) {
            findings = try PathSafety.inspect(folder: path, user: user)
        } catch {
            throw error.failure
        }
        try judge(findings)
    }

    /// Checks a file that holds a secret, and all that leads to it.
    func secretFile(_ path: String, _ leniency: SecretFileLeniency) throws(Failure) {
        try judge(try findings(secretFile: path, leniency))
    }

    /// Warns of the vault's own files where unsafe permissions are allowed; where they are not, opening them refuses.
    func vaultFiles(of home: SigilumHome) throws(Failure) {
        guard isOverridden else { return }
        for name in ["vault.db", "vault.lock", "vault.db-wal", "vault.db-shm", "vault.db-journal"] {
            let status: FileStatus?
            do throws(FileError) {
                status = try home.folder.status(name)
            } catch {
                throw error.failure
            }
            guard let status, status.kind == .regular else { continue }
            var problems: [UnsafePath] = []
            if status.uid != user, status.uid != home.owner?.uid { problems.append(.foreignOwner) }
            if status.mode & 0o022 != 0 { problems.append(.othersMayWrite) }
            let path = home.path(of: name)
            try judge(problems.map { PathFinding(path: path, problem: $0, severity: .warn, mend: nil) })
        }
    }

    /// Checks a file of settings: only who may write it matters, so nothing is warned of.
    func settingsFile(_ path: String) throws(Failure) {
        try judge(try findings(secretFile: path, .mounted).filter { $0.severity == .refuse })
    }

    private func findings(secretFile path: String, _ leniency: SecretFileLeniency) throws(Failure) -> [PathFinding] {
        do throws(FileError) {
            return try PathSafety.inspect(secretFile: path, user: user, leniency: leniency)
        } catch {
            throw error.failure
        }
    }

    /// The first refusal is the failure; the others and every mend are its hints.
    func judge(_ findings: [PathFinding]) throws(Failure) {
        let refusals = findings.filter { $0.severity == .refuse }
        if !isOverridden, let first = refusals.first {
            var hints = refusals.dropFirst().map { Self.describe($0) }
            for case let mend? in refusals.map(\.mend) { hints.append("mend it:  \(mend)") }
            hints.append("or go on with a warning:  set \(Self.override)=1")
            throw Failure(.unsafe, code: "unsafe-permissions", Self.describe(first), hints: hints)
        }
        for finding in findings { say(.warn(Self.describe(finding))) }
    }

    private static func describe(_ finding: PathFinding) -> Message {
        "Unsafe permissions: \(finding.path): \(finding.problem.rawValue)"
    }
}
