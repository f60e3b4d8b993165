internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// What an audit looks at besides the vault, found before the vault is opened where it was named by the user.
struct AuditSurvey {
    /// OpenClaw's folder, links resolved; nil where there is none.
    private let openClaw: String?
    /// The folders that the user named, links resolved.
    private let folders: [String]
    let maxAgeDays: UInt32?

    /// The most that `--max-age-days` takes: a century.
    private static let longestAge: UInt32 = 36_525

    /// - Throws: 64 for a number of days that is none, 66 for a folder that is not there.
    init(
        maxAgeDays: String?, folders: [String], openClaw: OpenClawHomeOption, _ surroundings: Surroundings
    ) throws(Failure) {
        if let maxAgeDays {
            let isNumber = !maxAgeDays.isEmpty && maxAgeDays.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, let days = UInt32(maxAgeDays), (1...Self.longestAge).contains(days) else {
                throw .usage("--max-age-days is 1 to \(Self.longestAge)")
            }
            self.maxAgeDays = days
        } else {
            self.maxAgeDays = nil
        }
        var found: [String] = []
        for folder in folders { found.append(try Self.folder(folder, surroundings)) }
        self.folders = found
        let home = try OpenClawHome.locate(option: openClaw.openclawHome, surroundings)
        if openClaw.openclawHome != nil, let home {
            self.openClaw = try Self.folder(home, surroundings)
        } else {
            self.openClaw = home.flatMap(Self.realPath)
        }
    }

    func request(_ session: Session, _ comparisons: [DeliveryComparison]) -> AuditRequest {
        let home = session.home.folder.path
        let roots = [home] + [openClaw].compactMap { $0 } + folders
        let exports = exportFiles(home: home)
        return AuditRequest(
            comparisons: comparisons, maxAgeDays: maxAgeDays, tokenEnd: TokenFacts.end, home: home,
            exportFiles: exports, exportFolders: Set(exports.filter(Self.isFolder)), resolve: SecretFile.resolved,
            search: { values in AuditSearcher(roots: roots, home: home).search(values) })
    }

    /// Everything that has the name of an export file, whatever it is.
    private func exportFiles(home: String) -> [String] {
        let tokens = openClaw.map { $0 + "/.sigilum" }
        return Self.names(home).filter(AuditFiles.isExport).map { home + "/" + $0 }
            + (tokens.map { folder in Self.names(folder).filter(AuditFiles.isToken).map { folder + "/" + $0 } } ?? [])
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What cannot be read is named by the search, which comes through there too.
    private static func names(_ folder: String) -> [String] { (try? Folder.open(folder).names()) ?? [] }

    private static func folder(_ given: String, _ surroundings: Surroundings) throws(Failure) -> String {
        guard !given.isEmpty else { throw .usage("A folder to search has no name") }
        let path = try surroundings.absolute(given)
        var status = stat()
        guard let real = realPath(path), stat(real, &status) == 0 else {
            throw Failure(.missing, code: "no-such-folder", "No such folder: \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .usage("Not a folder: \(path)") }
        return real
    }

    private static func realPath(_ path: String) -> String? {
        guard let buffer = realpath(path, nil) else { return nil }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
