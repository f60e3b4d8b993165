internal import Glibc
internal import SafeFiles
internal import VaultCore

/// The user's state folder, where the anchors lie.
struct StateChecks {
    /// `$XDG_STATE_HOME/sigilum`
    let folder: String
    /// Whether there is a vault, so that there should be an anchor.
    let hasVault: Bool
    let user: UInt32

    var diagnoses: [Diagnosis] {
        let check = "state-folder"
        let anchors = folder + "/anchors"
        let findings: [PathFinding]
        do throws(FileError) {
            findings = try PathSafety.inspect(folder: anchors, user: user).filter { $0.severity == .refuse }
        } catch {
            return [Diagnosis(check, .unknown, error.failure)]
        }
        if !findings.isEmpty {
            return findings.map { finding in
                let isOurs = finding.problem == .othersMayWrite && isOwnFolder(anchors, at: finding.path)
                return Diagnosis(
                    check, .error,
                    "Others could take the vault's anchor away: \(finding.path): \(plain: finding.problem.rawValue)",
                    mends: finding.mend.map { ["\($0)"] } ?? [], repairs: isOurs ? [.tighten(path: anchors)] : [])
            }
        }
        guard access(anchors, F_OK) == 0 else {
            let repair = Repair.makeFolder(path: anchors)
            guard hasVault else {
                return [Diagnosis(check, .ok, "The folder of the anchors is made with the first vault: \(anchors)")]
            }
            return [
                Diagnosis(
                    check, .warn, "There is no folder for the vault's anchor: \(anchors)", mends: [repair.command],
                    repairs: [repair])
            ]
        }
        guard access(anchors, W_OK | X_OK) == 0 else {
            return [
                Diagnosis(
                    check, .warn,
                    "The anchor of the vault cannot be kept, so a vault that is put back is not noticed: \(anchors)",
                    mends: ["chmod u+rwx \(ShellWord.quoted(anchors))"])
            ]
        }
        return [Diagnosis(check, .ok, "Anchors are kept in \(anchors)")]
    }

    /// Whether the path is the user's own folder, the one that was found at `real`. What a link leads to is not.
    private func isOwnFolder(_ path: String, at real: String) -> Bool {
        var above = stat()
        var here = stat()
        var found = stat()
        guard lstat(folder, &above) == 0, lstat(path, &here) == 0, lstat(real, &found) == 0 else { return false }
        return above.st_mode & S_IFMT == S_IFDIR && here.st_mode & S_IFMT == S_IFDIR && here.st_uid == user
            && here.st_dev == found.st_dev && here.st_ino == found.st_ino
    }
}
