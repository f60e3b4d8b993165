internal import Glibc

/// How much a secret's file may differ from one that this program makes.
package enum SecretFileLeniency: Sendable {
    /// The key file of a home: no link, the user's, for nobody else to read or write.
    case strict
    /// A file that a container or systemd mounted: a link, root's or readable is a warning.
    case mounted
}

/// Something about a path that is not as it should be.
package struct PathFinding: Sendable, Equatable {
    /// Whether to go on.
    package enum Severity: Sendable, Equatable {
        case refuse
        case warn
    }

    /// The file or folder that it is about: the one asked for, or one above it, with links resolved.
    package let path: String
    package let problem: UnsafePath
    package let severity: Severity
    /// The shell command that mends it; nil where there is none.
    package let mend: String?

    package init(path: String, problem: UnsafePath, severity: Severity, mend: String?) {
        self.path = path
        self.problem = problem
        self.severity = severity
        self.mend = mend
    }
}

/// Who could read, change or replace what is at a path.
///
/// Every folder in which a part of the path is looked up counts, those that symbolic links lead through too. Where
/// `user` is root, the owner of the folder asked for (or of the folder that the file is in) is trusted as well: root
/// working on another user's home.
package enum PathSafety {
    /// A home or vault folder: refused where others may write it or another user owns it. What does not exist yet is
    /// judged by what is above it.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to the working directory.
    ///   - user: Whose process this is.
    /// - Returns: What is wrong with the folder, then with what is above it from `/` down.
    /// - Throws: ``FileError/system(operation:path:errno:)`` where a part of the path cannot be looked at.
    package static func inspect(folder path: String, user: UInt32) throws(FileError) -> [PathFinding] {
        let walk = try PathWalk(path)
        let target = walk.target
        let trusted = trustedOwners(user, orOwnerOf: target)
        var findings: [PathFinding] = []
        if let target {
            if target.kind != .folder {
                findings.append(
                    PathFinding(path: walk.targetPath, problem: .notFolder, severity: .refuse, mend: nil))
            } else {
                // Root is no exception here: a folder of root's is not the user's home.
                if user != 0, target.uid != user {
                    findings.append(foreignOwner(walk.targetPath, user: user))
                }
                if target.mode & 0o022 != 0 {
                    let mend = "chmod go-w " + shellQuoted(walk.targetPath)
                    findings.append(
                        PathFinding(path: walk.targetPath, problem: .othersMayWrite, severity: .refuse, mend: mend))
                }
            }
        }
        return findings + walk.steps.compactMap { $0.finding(trusted: trusted, user: user) }
    }

    /// A file that holds a secret: refused where others may read or write it. What does not exist has no findings of
    /// its own.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to the working directory.
    ///   - user: Whose process this is.
    ///   - leniency: Whether the file is one that this program would make.
    /// - Returns: What is wrong with the file, then with what is above it from `/` down.
    /// - Throws: ``FileError/system(operation:path:errno:)`` where a part of the path cannot be looked at.
    package static func inspect(
        secretFile path: String, user: UInt32, leniency: SecretFileLeniency
    ) throws(FileError) -> [PathFinding] {
        let walk = try PathWalk(path)
        let trusted = trustedOwners(user, orOwnerOf: walk.folder)
        var findings: [PathFinding] = []
        if let link = walk.finalLink {
            findings.append(
                PathFinding(
                    path: link, problem: .symbolicLink, severity: leniency == .strict ? .refuse : .warn, mend: nil))
        }
        if let target = walk.target {
            findings += judge(target, at: walk.targetPath, user: user, trusted: trusted, leniency: leniency)
        }
        return findings + walk.steps.compactMap { $0.finding(trusted: trusted, user: user) }
    }

    private static func judge(
        _ file: FileStatus, at path: String, user: UInt32, trusted: [UInt32], leniency: SecretFileLeniency
    ) -> [PathFinding] {
        guard file.kind == .regular else {
            return [PathFinding(path: path, problem: .notRegularFile, severity: .refuse, mend: nil)]
        }
        let mend = "chmod 600 " + shellQuoted(path)
        let lenient: PathFinding.Severity = leniency == .strict ? .refuse : .warn
        var findings: [PathFinding] = []
        if !trusted.contains(file.uid) {
            findings.append(foreignOwner(path, user: user))
        } else if file.uid == 0, user != 0, leniency == .mounted {
            findings.append(PathFinding(path: path, problem: .foreignOwner, severity: .warn, mend: nil))
        }
        if file.mode & 0o022 != 0 {
            findings.append(PathFinding(path: path, problem: .othersMayWrite, severity: .refuse, mend: mend))
        }
        if file.mode & 0o044 != 0 {
            findings.append(PathFinding(path: path, problem: .othersMayRead, severity: lenient, mend: mend))
        }
        if file.links > 1, leniency == .strict {
            // The other name has the same mode and owner, so nobody gets in by it; but it keeps an old key alive.
            findings.append(PathFinding(path: path, problem: .hardLinked, severity: .warn, mend: nil))
        }
        return findings
    }

    private static func trustedOwners(_ user: UInt32, orOwnerOf folder: FileStatus?) -> [UInt32] {
        guard user == 0, let folder else { return [0, user] }
        return [0, folder.uid]
    }

    static func foreignOwner(_ path: String, user: UInt32) -> PathFinding {
        PathFinding(
            path: path, problem: .foreignOwner, severity: .refuse, mend: "chown \(user) " + shellQuoted(path))
    }

    /// A path as one word of a POSIX shell, whatever is in it.
    package static func shellQuoted(_ path: String) -> String {
        "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
