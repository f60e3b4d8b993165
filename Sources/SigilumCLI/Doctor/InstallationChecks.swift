internal import Glibc
internal import SafeFiles

/// The program and the libraries that it runs with.
struct InstallationChecks {
    /// libsodium before this is not what the format was measured with.
    static let oldestSodium = [1, 0, 18]
    /// STRICT tables, which the vault has.
    static let oldestSQLite = [3, 37, 0]
    /// The last hole that was found in reading a file: CVE-2022-35737 and what came before.
    static let safeSQLite = [3, 39, 2]

    let machine: Machine
    let user: UInt32
    /// `PATH`
    let searchPath: String
    let version: String

    var diagnoses: [Diagnosis] { program + [launcher, sodium, sqlite] }

    private var program: [Diagnosis] {
        let check = "program"
        guard let path = machine.program() else {
            return [Diagnosis(check, .unknown, "The system does not say where the program is")]
        }
        let findings: [PathFinding]
        do throws(FileError) {
            // Whose group may read it does not matter: it is no secret.
            findings = try PathSafety.inspect(secretFile: path, user: user, leniency: .mounted).filter {
                $0.problem != .othersMayRead && !($0.problem == .foreignOwner && $0.severity == .warn)
            }
        } catch {
            return [Diagnosis(check, .unknown, error.failure)]
        }
        guard !findings.isEmpty else {
            return [Diagnosis(check, .ok, "\(path), \(plain: version)")]
        }
        return findings.map { finding in
            Diagnosis(
                check, finding.severity == .refuse ? .error : .warn,
                "The program could be replaced by others: \(finding.path): \(plain: finding.problem.rawValue)",
                mends: finding.problem == .foreignOwner ? [] : finding.mend.map { ["\($0)"] } ?? [])
        }
    }

    private var launcher: Diagnosis {
        for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
            let path = "\(folder)/vault"
            if access(path, X_OK) == 0 { return Diagnosis("launcher", .ok, "`vault` on PATH is \(path)") }
        }
        return Diagnosis("launcher", .ok, "No `vault` on PATH; it is optional")
    }

    private var sodium: Diagnosis {
        let check = "libsodium", found = machine.sodium
        guard let numbers = Self.numbers(found) else {
            return Diagnosis(check, .unknown, "libsodium says a version that is none: \(found)")
        }
        guard !numbers.lexicographicallyPrecedes(Self.oldestSodium) else {
            return Diagnosis(
                check, .error, "libsodium \(found) is older than 1.0.18",
                mends: ["sudo apt-get install --only-upgrade libsodium23"])
        }
        return Diagnosis(check, .ok, "libsodium \(found)")
    }

    private var sqlite: Diagnosis {
        let check = "sqlite", found = machine.sqlite,
            mends: [Message] = ["sudo apt-get install --only-upgrade libsqlite3-0"]
        guard let numbers = Self.numbers(found) else {
            return Diagnosis(check, .unknown, "SQLite says a version that is none: \(found)")
        }
        if numbers.lexicographicallyPrecedes(Self.oldestSQLite) {
            return Diagnosis(check, .error, "SQLite \(found) is older than 3.37.0, which the vault needs", mends: mends)
        }
        if numbers.lexicographicallyPrecedes(Self.safeSQLite) {
            return Diagnosis(
                check, .warn, "SQLite \(found) is older than 3.39.2 and has known holes, unless they were mended in it",
                mends: mends)
        }
        guard Self.mayResetLog(numbers) else { return Diagnosis(check, .ok, "SQLite \(found)") }
        return Diagnosis(
            check, .ok,
            """
            SQLite \(found); its fault with two that write and reset the log at once (mended in 3.51.3) cannot happen to the \
            vault, whose writers wait for each other: let no other program write vault.db
            """)
    }

    /// Whether a version may have the fault that was mended in 3.51.3, 3.50.7 and 3.44.6.
    private static func mayResetLog(_ version: [Int]) -> Bool {
        guard version.count == 3, version.lexicographicallyPrecedes([3, 51, 3]) else { return false }
        let isMended = version[1] == 50 && version[2] >= 7 || version[1] == 44 && version[2] >= 6
        return !isMended
    }

    private static func numbers(_ version: String) -> [Int]? {
        let parts = version.split(separator: ".").map { Int($0) }
        let numbers = parts.compactMap { $0 }
        return parts.count == numbers.count && numbers.count >= 2 ? numbers : nil
    }
}
