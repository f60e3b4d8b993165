internal import Foundation
internal import Synchronization

/// A user of the program: a home folder, a working directory in it and variables, all of it removed at the end.
///
/// Every run is remembered, so that ``leaks(of:except:)`` sees all that was ever written.
package final class TestHome: Sendable {
    /// The folder of everything; an absolute path without symbolic links.
    package let root: String
    package let runner = ProgramRunner()
    private let results = Mutex<[ProgramResult]>([])
    /// The master keys that calls were given.
    private let keys = Mutex<Set<String>>([])

    /// `HOME`.
    package var user: String { root + "/user" }
    /// The working directory, `HOME/work`.
    package var work: String { user + "/work" }
    /// Where the Sigilum home is made: `HOME/work/.sigilum-workspace`.
    package var sigilum: String { work + "/.sigilum-workspace" }
    /// The vault's file.
    package var database: String { sigilum + "/vault.db" }

    /// Makes the folders, 0700, below `base`; nil for the folder of temporary files.
    package init(in base: String? = nil) throws {
        let base = base ?? FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        root = base + "/e2e-" + UUID().uuidString.prefix(13).lowercased()
        for folder in [work, user + "/.local/state"] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    deinit {
        keep()
        try? FileManager.default.removeItem(atPath: root)
    }

    /// Leaves a copy of the vault, and of the keys that may open it, where `SIGILUM_KEEP_VAULTS` says: the second reader
    /// reads them all.
    private func keep() {
        guard let kept = ProcessInfo.processInfo.environment["SIGILUM_KEEP_VAULTS"], !kept.isEmpty, exists(database)
        else { return }
        let (manager, folder) = (FileManager.default, kept + "/" + UUID().uuidString.lowercased())
        try? manager.createDirectory(
            atPath: folder + "/keys", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // What a link leads to, not the link.
        for (name, copy) in [
            ("vault.db", "vault.db"), ("vault.db-wal", "vault.db-wal"), ("gateway-master-key", "keys/file"),
        ] {
            let content = manager.contents(atPath: sigilum + "/" + name)
            try? content?.write(to: URL(fileURLWithPath: folder + "/" + copy))
        }
        for (number, key) in keys.withLock({ $0 }).enumerated() {
            try? Data(key.utf8).write(to: URL(fileURLWithPath: folder + "/keys/\(number)"))
        }
    }

    /// The variables that every run gets, besides `PATH`. At the gateway's address nobody listens.
    package var variables: [String: String] {
        [
            "HOME": user, "XDG_STATE_HOME": user + "/.local/state", "SIGILUM_NAMESPACE": "johndee",
            "GATEWAY_ADMIN_URL": "http://127.0.0.1:9", "TMPDIR": root,
        ]
    }

    /// What a call of the program gets here.
    ///
    /// - Parameters:
    ///   - line: The words, separated by spaces; `more` has those that contain any.
    ///   - more: Further words.
    ///   - variables: Added to ``variables``, or put in their place.
    ///   - input: What is on standard input.
    ///   - name: The first word; nil for the program's path.
    /// - Returns: The call, to be run or changed.
    package func call(
        _ line: String, more: [String] = [], variables: [String: String] = [:], input: [UInt8]? = nil,
        name: String? = nil
    ) -> ProgramRunner.Call {
        if let key = variables["GATEWAY_MASTER_KEY"] { _ = keys.withLock { $0.insert(key) } }
        return ProgramRunner.Call(
            line.split(separator: " ").map(String.init) + more, name: name,
            variables: self.variables.merging(variables) { $1 }, folder: work, input: input)
    }

    /// Runs the program here, to its end.
    @discardableResult
    package func run(
        _ line: String, more: [String] = [], variables: [String: String] = [:], input: [UInt8]? = nil,
        name: String? = nil
    ) async throws -> ProgramResult {
        try await run(call(line, more: more, variables: variables, input: input, name: name))
    }

    /// Runs a call to its end.
    @discardableResult
    package func run(_ call: ProgramRunner.Call) async throws -> ProgramResult {
        remember(try await runner.run(call))
    }

    /// Keeps a result for ``leaks(of:except:)``.
    @discardableResult
    package func remember(_ result: ProgramResult) -> ProgramResult {
        results.withLock { $0.append(result) }
        return result
    }

    /// The bytes of a file below the working directory, or at an absolute path; nil where there is none.
    package func contents(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: absolute(path)).map { Array($0) }
    }

    /// Writes a file below the working directory, or at an absolute path, and makes its folders.
    package func write(_ bytes: [UInt8], to path: String, mode: Int = 0o600) throws {
        let path = absolute(path)
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: "/" + folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// Whether there is something at a path, below the working directory or absolute.
    package func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: absolute(path)) }

    /// Everything below the user's home with its bytes, folders without: two states are compared with it.
    package func files(below folder: String? = nil) -> [String: [UInt8]] {
        let folder = folder ?? user
        var found: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            found[name] = FileManager.default.contents(atPath: folder + "/" + name).map { Array($0) } ?? []
        }
        return found
    }

    /// Where a canary can be found: in what any run wrote, in any file below the root, in any file's name.
    ///
    /// - Parameters:
    ///   - canary: The value.
    ///   - names: The last components of files that have it by purpose.
    /// - Returns: A line for each place; empty where it is nowhere.
    package func leaks(of canary: Canary, except names: [String] = []) -> [String] {
        var leaks: [String] = []
        for (index, result) in results.withLock({ $0 }).enumerated() {
            if let form = canary.form(in: result.output) { leaks.append("standard output of run \(index): \(form)") }
            if let form = canary.form(in: result.errors) { leaks.append("standard error of run \(index): \(form)") }
        }
        for (path, bytes) in files(below: root) {
            if let form = canary.form(in: Array(path.utf8)) { leaks.append("name of \(path): \(form)") }
            guard !names.contains(path.split(separator: "/").last.map(String.init) ?? "") else { continue }
            if let form = canary.form(in: bytes) { leaks.append("\(path): \(form)") }
        }
        return leaks
    }

    private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : work + "/" + path }
}
