internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A store of the program `pass`: a folder of files that it opens one by one. The first line of each is its value.
struct PasswordStore {
    /// How much one entry may have, in bytes: a value and notes behind it.
    private static let outputLimit = 64 << 10
    /// How long opening one may take: somebody may have to type a passphrase.
    private static let milliseconds = 120_000
    /// How deep folders may be nested, and how many entries there may be.
    private static let depthLimit = 16, countLimit = 50_000

    /// What one run of the program gives.
    private enum Opened {
        case value(SharedSecret, hasMore: Bool)
        case problem(Message)
    }

    let path: String

    /// - Throws: 66 where there is no such folder, 64 where it is no store.
    init(_ given: String, _ surroundings: Surroundings) throws(Failure) {
        path = try surroundings.absolute(given)
        let isStore: Bool
        do throws(FileError) {
            isStore = try Folder.open(path).status(".gpg-id") != nil
        } catch {
            throw error.failure
        }
        guard isStore else {
            throw Failure(
                .usage, code: "not-a-store", "Not a folder of pass: \(MisplacedSecret.shown(given))",
                hints: ["it has a file .gpg-id; often it is ~/.password-store"])
        }
    }

    /// The names of all entries, in the order of the folders. Links and hidden files are passed over.
    func names() throws(Failure) -> [String] {
        var names: [String] = []
        do throws(FileError) {
            try collect("", 0, &names)
        } catch {
            throw error.failure
        }
        guard names.count <= Self.countLimit else {
            throw .usage("The store has more than \(Self.countLimit) entries", hints: ["import its folders one by one"])
        }
        return names
    }

    private func collect(_ prefix: String, _ depth: Int, _ names: inout [String]) throws(FileError) {
        guard depth <= Self.depthLimit else { return }
        let folder = try Folder.open(prefix.isEmpty ? path : path + "/" + prefix)
        for name in try folder.names() where !name.hasPrefix(".") && names.count <= Self.countLimit {
            let full = prefix.isEmpty ? name : prefix + "/" + name
            switch try folder.status(name)?.kind {
            case .folder: try collect(full, depth + 1, &names)
            case .regular where name.hasSuffix(".gpg"): names.append(String(full.dropLast(4)))
            default: break
            }
        }
    }

    /// Opens every entry.
    ///
    /// - Returns: The values, and the names of those that have further lines.
    /// - Throws: 66 where there is no program `pass`, 76 with all entries that it does not open.
    func values(progress: (_ done: Int, _ total: Int) -> Void) throws(Failure) -> (ImportedValues, more: [String]) {
        let names = try names()
        var (values, more, problems) = (ImportedValues(), [String](), [ImportProblem]())
        var waiting: [(name: String, value: SharedSecret)] = []
        for (index, name) in names.enumerated() {
            switch try open(name) {
            case .problem(let reason): problems.append(ImportProblem(name: name, reason))
            case .value(let value, let hasMore):
                waiting.append((name, value))
                if hasMore { more.append(name) }
            }
            if waiting.count == 256 {
                values.add(waiting)
                waiting = []
            }
            progress(index + 1, names.count)
        }
        values.add(waiting)
        guard problems.isEmpty else {
            let failure = ImportProblem.failure(problems)
            throw Failure(
                .refused, code: "pass-failed", "pass does not open all entries; nothing was stored",
                hints: failure.hints + ["see what it says:  pass show NAME"])
        }
        return (values, more)
    }

    private func open(_ name: String) throws(Failure) -> Opened {
        do throws(ChildProcessError) {
            let result = try ChildProcess.run(
                ["pass", "show", "--", name],
                environment: [(name: "PASSWORD_STORE_DIR", value: SharedSecret(SecretBytes(copying: path.utf8)))],
                outputLimit: Self.outputLimit, timeoutMilliseconds: Self.milliseconds)
            guard result.status == 0 else { return .problem("it ended with status \(result.status)") }
            return result.output.withBytes { bytes in
                let line = bytes.prefix { $0 != 0x0A }
                let rest = bytes[line.endIndex...].dropFirst()
                return .value(SharedSecret(SecretBytes(copying: line)), hasMore: rest.contains { $0 != 0x0A })
            }
        } catch {
            switch error {
            case .notFound:
                throw Failure(
                    .missing, code: "program-not-found", "There is no program pass",
                    hints: ["install it (password-store), or add the folder that has it to PATH"])
            case .cannotStart(_, let number):
                return .problem("it cannot be started: \(String(cString: strerror(number)))")
            case .timedOut: return .problem("it was not done after \(Self.milliseconds / 1000) seconds")
            case .outputTooLarge(_, let limit): return .problem("it has more than \(limit) bytes")
            case .malformedCall: return .problem("the name cannot be given to a program")
            }
        }
    }
}
