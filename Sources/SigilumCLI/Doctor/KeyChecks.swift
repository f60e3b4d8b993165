internal import Glibc
internal import SafeFiles

/// Where the master key lies, and who could read it. The key file's own mode is looked at with the files of the home.
struct KeyChecks {
    /// Where the key came from; nil where none was found.
    let source: MasterKeySource?
    /// The real folder of the home; nil where there is none.
    let home: String?
    let hasVault: Bool
    let surroundings: Surroundings

    var diagnoses: [Diagnosis] { [placement] + file }

    private static let elsewhere: [Message] = [
        "keep it elsewhere: GATEWAY_MASTER_KEY_FILE (another disk, a container's secret), GATEWAY_MASTER_KEY_COMMAND (a password manager)",
        "or a systemd credential: LoadCredential=gateway-master-key:PATH",
    ]

    private var placement: Diagnosis {
        let check = "key-placement"
        let unused: String? = home.flatMap { home in
            let path = home + "/" + MasterKeyResolution.fileName
            return access(path, F_OK) == 0 ? path : nil
        }
        switch source {
        case nil:
            if hasVault, let unused { return beside(unused) }
            guard hasVault else { return Diagnosis(check, .ok, "There is no vault that a key is needed for") }
            return Diagnosis(check, .unknown, "No master key is set, so nothing can be said of its place")
        case .homeFile(let path): return beside(path)
        case .file(let path) where isInHome(path), .credential(let path) where isInHome(path):
            return Diagnosis(
                check, .warn, "The master key lies in the home of its vault: \(path)",
                mends: ["mv \(ShellWord.quoted(path)) FOLDER/"] + Self.elsewhere)
        case .option:
            return Diagnosis(
                check, .warn, "The master key was given as an argument, which other users can read in the process list",
                mends: Self.elsewhere)
        case let source?:
            if let unused {
                return Diagnosis(
                    check, .warn,
                    "The key comes from \(source.message), and another key file lies beside the vault: \(unused)",
                    mends: ["where nothing needs it any more, move it away: mv \(ShellWord.quoted(unused)) FOLDER/"])
            }
            return Diagnosis(check, .ok, "The master key is kept apart from its vault: \(source.message)")
        }
    }

    private func beside(_ path: String) -> Diagnosis {
        Diagnosis(
            "key-placement", .warn,
            "The master key lies beside its vault, where it protects copies of vault.db alone: \(path)",
            mends: ["mv \(ShellWord.quoted(path)) FOLDER/, then set GATEWAY_MASTER_KEY_FILE"] + Self.elsewhere)
    }

    /// A file that was mounted for this program; it may be a link, root's and readable.
    private var file: [Diagnosis] {
        let check = "key-file"
        let path: String
        switch source {
        case .file(let named), .credential(let named): path = named
        default: return []
        }
        let findings: [PathFinding]
        do throws(FileError) {
            findings = try PathSafety.inspect(secretFile: path, user: surroundings.user, leniency: .mounted)
        } catch {
            return [Diagnosis(check, .unknown, error.failure)]
        }
        let worth = findings.filter { $0.problem != .symbolicLink }
        guard !worth.isEmpty else { return [Diagnosis(check, .ok, "Nobody else can read the key file: \(path)")] }
        return worth.map { finding in
            Diagnosis(
                check, finding.severity == .refuse ? .error : .warn,
                "\(finding.path): \(plain: finding.problem.rawValue)", mends: finding.mend.map { ["\($0)"] } ?? [])
        }
    }

    private func isInHome(_ path: String) -> Bool {
        guard let home else { return false }
        return SecretFile.resolved(path).hasPrefix(home + "/")
    }
}
