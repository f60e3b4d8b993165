internal import Glibc
internal import JSON5
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// OpenClaw's configuration and the token's file.
struct OpenClawChecks {
    /// In bytes: as much as the program edits.
    private static let sizeLimit = 64 << 20
    private static let hook = ["hooks", "internal", "entries", "sigilum-authz-notify"]

    /// OpenClaw's folder.
    let folder: String
    /// Where the vault delivers tokens; nil where it could not be looked at.
    let facts: VaultFacts?
    let user: UInt32

    var diagnoses: [Diagnosis] {
        let delivered = facts?.deliveries(to: .openClaw).map(\.id.key) ?? []
        let configurations = Set(delivered + [folder + "/openclaw.json"]).sorted()
        return configurations.map { configuration($0, isDelivered: delivered.contains($0)) } + tokenFiles
    }

    // MARK: The configuration

    private func configuration(_ path: String, isDelivered: Bool) -> Diagnosis {
        let check = "openclaw-config"
        let (parent, name) = Self.split(path)
        do {
            guard let content = try readSecretThroughLinks(path, limit: Self.sizeLimit) else {
                guard isDelivered else {
                    return Diagnosis(check, .ok, "There is no configuration of OpenClaw: \(path)")
                }
                return Diagnosis(
                    check, .warn, "OpenClaw's configuration is not there any more: \(path)",
                    mends: ["\(command: ["vault", "sync"])"])
            }
            let (runs, hasToken) = try content.withBytes { (bytes) throws(JSON5Error) in
                let document = try JSON5Document(bytes)
                return (
                    document.boolean(at: ["hooks", "internal", "enabled"]) == true
                        && document.boolean(at: Self.hook + ["enabled"]) == true,
                    document.exists(at: Self.hook + ["env", "SIGILUM_OWNER_TOKEN"])
                )
            }
            let named = try Folder.open(parent).status(name)
            // A link is judged by what was read through it, and not mended.
            let (realParent, realName) = Self.split(Self.resolved(path))
            if hasToken, let status = try Folder.open(realParent).status(realName), status.mode & 0o066 != 0 {
                return exposed(check, path, status, isLink: named?.kind != .regular)
            }
            if hasToken, !runs {
                return Diagnosis(
                    check, .warn, "A token lies in OpenClaw's configuration though its hook does not run: \(path)",
                    mends: ["\(command: isDelivered ? ["vault", "sync"] : ["auth", "logout"])"])
            }
            let state: Message = runs ? "its hook runs" : "its hook sigilum-authz-notify does not run"
            return Diagnosis(check, .ok, "OpenClaw's configuration is in order, and \(state): \(path)")
        } catch let error as JSON5Error {
            return Diagnosis(
                check, .error, "Not JSON5: \(path): line \(error.line), column \(error.column)",
                mends: ["mend that line by hand; the program changes nothing in it until then"])
        } catch FileError.unsafe(_, .notRegularFile, _) {
            return Diagnosis(
                check, .error, "OpenClaw's configuration is not a regular file: \(path)",
                mends: ["mv \(ShellWord.quoted(path)) \(ShellWord.quoted(path + ".aside"))"])
        } catch {
            let failure = Failure(describing: error)
            return Diagnosis(check, failure.status == .missing ? .unknown : .error, failure)
        }
    }

    private func exposed(_ check: String, _ path: String, _ status: FileStatus, isLink: Bool = false) -> Diagnosis {
        let repair = Repair.tighten(path: path)
        return Diagnosis(
            check, .error, "Other users can read or write a file that holds a token: \(path)", mends: [repair.command],
            repairs: status.uid == user && status.links == 1 && !isLink ? [repair] : [])
    }

    // MARK: The token's file

    private var tokenFiles: [Diagnosis] {
        let check = "token-file"
        let expected = facts?.deliveries(to: .exportFile)
            .filter { $0.entries.contains { $0.kind == .ownerToken } && $0.id.key.hasPrefix("/") }.map(\.id.key)
        let paths = expected ?? lying
        guard !paths.isEmpty else { return [Diagnosis(check, .ok, "No owner token is kept in a file")] }
        return paths.flatMap { tokenFile($0, check) }
    }

    /// Where the vault could not be looked at: what lies where tokens usually do.
    private var lying: [String] {
        let names = (try? Folder.open(folder + "/.sigilum").names()) ?? []
        return names.filter { $0.hasPrefix("owner-token-") && $0.hasSuffix(".jwt") }.map { folder + "/.sigilum/" + $0 }
    }

    private func tokenFile(_ path: String, _ check: String) -> [Diagnosis] {
        let (parent, name) = Self.split(path)
        do throws(FileError) {
            let above = try Folder.open(parent)
            guard let status = try above.status(name) else { return [missing(path, check)] }
            guard status.kind == .regular else {
                return [Diagnosis(check, .error, "The token's file is not a regular file: \(path)")]
            }
            var found: [Diagnosis] = []
            if status.mode & 0o066 != 0 { found.append(exposed(check, path, status)) }
            let around = try above.status
            if around.mode & 0o022 != 0 {
                let repair = Repair.tighten(path: parent)
                found.append(
                    Diagnosis(
                        check, .error, "Other users may write the folder of the token's file: \(parent)",
                        mends: [repair.command],
                        repairs: around.uid == user && parent.hasSuffix("/.sigilum") ? [repair] : []))
            }
            return found.isEmpty ? [Diagnosis(check, .ok, "Nobody else can read the token's file: \(path)")] : found
        } catch {
            guard case .system(_, _, 2) = error else { return [Diagnosis(check, .unknown, error.failure)] }
            return [missing(path, check)]
        }
    }

    private func missing(_ path: String, _ check: String) -> Diagnosis {
        Diagnosis(
            check, .warn, "The token's file is not there: \(path)", mends: ["\(command: ["vault", "sync"])"])
    }

    /// Where the file really lies, links resolved.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}
