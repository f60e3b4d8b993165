internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// The Sigilum home: there, safe, whole, and in a place that suits it.
struct HomeChecks {
    let location: HomeLocation
    let surroundings: Surroundings
    let machine: Machine

    /// The real folder, links resolved; nil where there is none.
    let folder: Folder?

    init(location: HomeLocation, surroundings: Surroundings, machine: Machine) {
        self.location = location
        self.surroundings = surroundings
        self.machine = machine
        folder = realpath(location.path, nil).flatMap { real in
            defer { free(real) }
            return try? Folder.open(String(cString: real))
        }
    }

    var diagnoses: [Diagnosis] {
        guard let folder else { return [place] + permissions(nil) }
        return [place] + permissions(folder) + files(folder) + [git(folder), fileSystem(folder)]
    }

    // MARK: The folder

    private var place: Diagnosis {
        let check = "home"
        let source: Message =
            switch location.source {
            case .option: "--sigilum-home"
            case .environment: "GATEWAY_SIGILUM_HOME"
            case .configFile(let path): "GATEWAY_SIGILUM_HOME in \(path)"
            case .found: "found from the working directory upward"
            case .workingDirectory: "would be made in the working directory"
            case .global: "your own"
            }
        var status = stat()
        guard lstat(location.path, &status) == 0 else {
            guard errno == ENOENT else {
                return Diagnosis(
                    check, .unknown,
                    "The Sigilum home cannot be looked at: \(location.path): \(String(cString: strerror(errno)))")
            }
            return Diagnosis(
                check, .warn, "There is no Sigilum home: \(location.path) (\(source))",
                mends: ["\(command: ["vault", "init"])"])
        }
        guard folder != nil else {
            return Diagnosis(
                check, .error, "The Sigilum home is no folder that can be opened: \(location.path) (\(source))")
        }
        return Diagnosis(check, .ok, "\(location.path) (\(source))")
    }

    private func permissions(_ folder: Folder?) -> [Diagnosis] {
        let check = "home-permissions"
        let findings: [PathFinding]
        var status: FileStatus?
        do throws(FileError) {
            findings = try PathSafety.inspect(folder: location.path, user: surroundings.user)
            status = try folder?.status
        } catch {
            return [Diagnosis(check, .unknown, error.failure)]
        }
        var found = findings.filter { $0.problem != .othersMayWrite || $0.path != folder?.path }.map { finding in
            Diagnosis(
                check, finding.severity == .refuse ? .error : .warn,
                "\(finding.path): \(plain: finding.problem.rawValue)", mends: finding.mend.map { ["\($0)"] } ?? [])
        }
        if let folder, let status, status.mode & 0o077 != 0 {
            let others: Message = status.mode & 0o022 != 0 ? "other users may write it" : "other users may look into it"
            let repair = Repair.tighten(path: folder.path)
            found.append(
                Diagnosis(
                    check, status.mode & 0o022 != 0 ? .error : .warn, "\(folder.path): \(others)",
                    mends: [repair.command], repairs: isOurs(status) && !isLink ? [repair] : []))
        }
        return found.isEmpty ? [Diagnosis(check, .ok, "Nobody else can get into the home, or replace it")] : found
    }

    /// What lies elsewhere is not mended through a link.
    private var isLink: Bool {
        var status = stat()
        return lstat(location.path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private func isOurs(_ status: FileStatus) -> Bool { status.uid == surroundings.user }

    // MARK: Its files

    private func files(_ folder: Folder) -> [Diagnosis] {
        let check = "home-files"
        do throws(FileError) {
            var found: [Diagnosis] = []
            for name in try folder.names() {
                guard let file = HomeFile(name), let status = try folder.status(name) else { continue }
                found += judge(file, status, at: folder.path + "/" + name, owner: try folder.status.uid)
            }
            if !found.contains(where: { $0.check == check }) {
                found.append(Diagnosis(check, .ok, "The files of the home are yours alone"))
            }
            let hasKey = try folder.status(MasterKeyResolution.fileName) != nil
            if hasKey, !found.contains(where: { $0.check == "key-file" }) {
                found.append(Diagnosis("key-file", .ok, "Nobody else can read the key file of the home"))
            }
            return found
        } catch {
            return [Diagnosis(check, .unknown, error.failure)]
        }
    }

    private func judge(_ file: HomeFile, _ status: FileStatus, at path: String, owner: UInt32) -> [Diagnosis] {
        let check = file == .key ? "key-file" : "home-files"
        guard status.kind == .regular else {
            let problem = status.kind == .symbolicLink ? UnsafePath.symbolicLink : .notRegularFile
            return [Diagnosis(check, .error, "\(path): \(plain: problem.rawValue)")]
        }
        guard isOurs(status) || surroundings.user == 0 && status.uid == owner else {
            let mend: Message = "chown \(surroundings.user) \(ShellWord.quoted(path))"
            return [Diagnosis(check, .error, "\(path): another user owns it", mends: [mend])]
        }
        let repair = Repair.tighten(path: path)
        let repairs = isOurs(status) && status.links == 1 ? [repair] : []
        let problem: UnsafePath? =
            status.mode & 0o022 != 0
            ? .othersMayWrite
            : file != .plain && status.mode & 0o044 != 0
                ? .othersMayRead : status.mode & 0o400 == 0 ? .ownerMayNotRead : nil
        guard let problem else { return [] }
        let isSealed = file == .sealed && problem == .othersMayRead
        return [
            Diagnosis(
                check, isSealed ? .warn : .error, "\(path): \(plain: problem.rawValue)", mends: [repair.command],
                repairs: repairs)
        ]
    }

    // MARK: Its place

    private func git(_ folder: Folder) -> Diagnosis {
        let check = "git"
        let parts = folder.path.split(separator: "/")
        let tree = (0...parts.count).lazy.map { "/" + parts.dropLast($0).joined(separator: "/") }
            .first { access($0 == "/" ? "/.git" : $0 + "/.git", F_OK) == 0 }
        guard let tree else { return Diagnosis(check, .ok, "The home is in no git work tree") }
        let repair = Repair.hideFromGit(home: folder.path)
        let content = try? folder.readSecret(".gitignore", limit: 65536)
        let status = (try? folder.status(".gitignore")) ?? nil
        var mends = [repair.command]
        if let content {
            let (hidesAll, hasExceptions) = content.withBytes { bytes in
                let lines = bytes.split(separator: UInt8(ascii: "\n"))
                return (
                    lines.contains { $0.elementsEqual("*".utf8) }, lines.contains { $0.first == UInt8(ascii: "!") }
                )
            }
            if hidesAll, !hasExceptions {
                return Diagnosis(check, .ok, "The git work tree \(tree) passes over the home (.gitignore)")
            }
            if hidesAll { mends = [] }
            if hasExceptions { mends.append("sed -i '/^!/d' \(ShellWord.quoted(folder.path + "/.gitignore"))") }
        }
        let isOurs = (try? folder.status).map(isOurs) ?? false
        return Diagnosis(
            check, .warn, "The home is in the git work tree \(tree), which does not pass over it",
            mends: mends + [
                "what was committed already stays in its history: git -C \(ShellWord.quoted(tree)) rm -r --cached \(ShellWord.quoted(folder.path))"
            ], repairs: status == nil && isOurs ? [repair] : [])
    }

    private func fileSystem(_ folder: Folder) -> Diagnosis {
        let check = "file-system"
        guard let kind = machine.fileSystem(folder.path) else {
            return Diagnosis(check, .unknown, "The system does not say what the home lies on")
        }
        let move: Message = "keep the home on a disk of this machine (--sigilum-home, GATEWAY_SIGILUM_HOME)"
        guard let known = FileSystemKind.known[UInt32(truncatingIfNeeded: kind)] else {
            return Diagnosis(check, .ok, "The home is on a disk of this machine")
        }
        switch known {
        case .network(let name):
            return Diagnosis(
                check, .error,
                "The home is on a network file system (\(plain: name)): the vault's log is not safe there",
                mends: [move])
        case .unclear(let name):
            return Diagnosis(
                check, .warn,
                "The home is on a file system (\(plain: name)) that may come from elsewhere: the vault's log may not be safe there",
                mends: [move])
        case .memory(let name):
            return Diagnosis(
                check, .warn, "The home is in memory (\(plain: name)): it is gone when the machine restarts",
                mends: [move])
        }
    }
}

/// A file that this program makes in a home, by its name.
enum HomeFile {
    /// Its content is sealed, or nothing.
    case sealed
    /// It holds a secret, or hashes of some.
    case secret
    case key
    /// Everybody may read it.
    case plain

    init?(_ name: String) {
        switch name {
        case ".gitignore", DepositSpool.keyFile: self = .plain
        case MasterKeyResolution.fileName, MasterKeyResolution.fileName + ".previous": self = .key
        case "vault.db", "vault.db-wal", "vault.db-shm", "vault.db-journal", "vault.lock": self = .sealed
        case "api.sqlite3", "api.sqlite3-wal", "api.sqlite3-shm", "api.sqlite3-journal": self = .secret
        case _ where name.hasPrefix("service-api-key-") || name.hasPrefix("gateway-connection-secret-"): self = .secret
        case _ where name.hasPrefix("deliver-") && name.hasSuffix(".lock"): self = .sealed
        default: return nil
        }
    }
}

/// What a home may lie on that does not suit it (`f_type`, linux/magic.h).
enum FileSystemKind {
    case network(String)
    /// On another machine, or on this one.
    case unclear(String)
    case memory(String)

    static let known: [UInt32: FileSystemKind] = [
        0x6969: .network("NFS"), 0x517B: .network("SMB"), 0xFF53_4D42: .network("CIFS"), 0xFE53_4D42: .network("SMB"),
        0x5346_414F: .network("AFS"), 0x6B41_4653: .network("AFS"), 0x7375_7245: .network("Coda"),
        0x564C: .network("NCP"), 0x00C3_6400: .network("Ceph"), 0x0BD0_0BD0: .network("Lustre"),
        0x0116_1970: .network("GFS2"), 0x7461_636F: .network("OCFS2"), 0x1983_0326: .network("BeeGFS"),
        0x0102_1997: .unclear("9p"), 0x6573_5546: .unclear("FUSE"), 0x786F_4256: .unclear("VirtualBox"),
        0x0102_1994: .memory("tmpfs"), 0x8584_58F6: .memory("ramfs"),
    ]
}

/// What killed runs left half written.
enum Temporaries {
    static func diagnosis(in folders: [String], user: UInt32) -> Diagnosis {
        let check = "temporary-files"
        var repairs: [Repair] = []
        var places: [String] = []
        for path in folders {
            guard let names = try? Folder.open(path).staleTemporaries(of: user), !names.isEmpty else { continue }
            places.append(path)
            repairs += names.map { Repair.removeTemporary(folder: path, name: $0) }
        }
        let count = repairs.count
        guard count > 0 else { return Diagnosis(check, .ok, "No run left a file half written") }
        return Diagnosis(
            check, .warn,
            "Killed runs left \(count) half written \(plain: count == 1 ? "file" : "files"), which may hold a secret: \(places.joined(separator: ", "))",
            mends: repairs.map(\.command), repairs: repairs)
    }
}

extension HomeChecks {
    /// When the newest of the home's files was written, in milliseconds since 1970 UTC; nil where there is none.
    var newestFile: Int64? {
        guard let folder, let names = try? folder.names() else { return nil }
        return names.filter { HomeFile($0) != nil }.compactMap { (try? folder.status($0))??.modified }.max()
    }
}
