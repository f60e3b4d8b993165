import Foundation
import GRDB
import Glibc
import SafeFiles
import SecureMemory
import Synchronization
import Testing
import VaultCore
import VaultStore

struct TestFailure: Error {}

let isRoot = geteuid() == 0

/// A home of a test's own, removed with what is in it.
final class Home: Sendable {
    let path: String
    let folder: Folder

    init(at given: String? = nil) throws {
        if let given {
            path = given
        } else {
            var template = Array("/tmp/vault-store-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template), let real = realpath(made, nil) else { throw TestFailure() }
            path = String(cString: real)
            free(real)
        }
        folder = try Folder.open(path)
    }

    deinit {
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// The store, made where it is missing. Waits briefly, so that tests of waiting are quick.
    func store() throws -> SQLiteVaultStorage {
        guard let store = try existing(createIfMissing: true) else { throw TestFailure() }
        return store
    }

    func existing(createIfMissing: Bool = false, owner: FileOwner? = nil) throws -> SQLiteVaultStorage? {
        let patience = Patience(writers: 300, database: 300)
        return try SQLiteVaultStorage.open(
            home: folder, owner: owner, createIfMissing: createIfMissing, patience: patience)
    }

    /// The store, made where it is missing, that waits for others as long as it does for users.
    func patientStore() throws -> SQLiteVaultStorage {
        let store = try SQLiteVaultStorage.open(home: folder, owner: nil, createIfMissing: true)
        guard let store else { throw TestFailure() }
        return store
    }

    /// The error of opening; nil where there is none.
    func refusal(createIfMissing: Bool = true) -> VaultFileError? {
        do {
            _ = try SQLiteVaultStorage.open(home: folder, owner: nil, createIfMissing: createIfMissing)
            return nil
        } catch {
            return error
        }
    }

    /// Works on the file as somebody else would.
    @discardableResult
    func raw<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let queue = try DatabaseQueue(path: self("vault.db"))
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction(body)
    }

    func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
        chmod(self(name), mode)
    }

    func bytes(of name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: self(name)).map { Array($0) }
    }

    /// Copies all files, without looking at what they are.
    func save(to other: Home) throws {
        for name in try folder.names() { try other.write(bytes(of: name) ?? [], to: name) }
    }

    /// Takes all files away.
    func clear() throws {
        for name in try folder.names() { unlink(self(name)) }
    }
}

func text(_ text: String) -> [UInt8] { Array(text.utf8) }

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

/// The storage's error that `body` throws; nil where it throws none.
func storageError(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch let error as StorageError {
        return error
    } catch VaultFileError.storage(let error) {
        return error
    } catch {
        Issue.record("not an error of the store: \(type(of: error))")
        return nil
    }
}

/// The damage that a vault finds; nil where it finds none.
func damage(_ body: () throws -> Void) -> Damage? {
    do {
        try body()
        return nil
    } catch VaultError.integrity(let damage) {
        return damage
    } catch {
        Issue.record("no damage: \(error)")
        return nil
    }
}

/// Runs `body` with the rights of another user, where this process is root: for files alone, in this thread alone.
func withoutPrivilege<Result>(as user: uid_t = 65534, _ body: () throws -> Result) rethrows -> Result {
    guard isRoot, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(user)
    defer { _ = setUser(0) }
    return try body()
}

/// Runs `body` in eight threads at once, and answers what each returned.
func inEightThreads<Result: Sendable>(_ body: @Sendable @escaping (Int) -> Result) -> [Result] {
    let results = Mutex<[Result]>([])
    let group = DispatchGroup()
    for index in 0..<8 {
        let thread = DispatchQueue(label: "test \(index)")
        thread.async(group: group) {
            let result = body(index)
            results.withLock { $0.append(result) }
        }
    }
    group.wait()
    return results.withLock { $0 }
}

/// Another process that holds a lock file until the value dies.
final class LockHolder {
    private let process = Process()
    private let input = Pipe()

    init(_ path: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", #"exec 9>>"$1"; flock 9; echo held; read end"#, "sh", path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8) else { throw TestFailure() }
    }

    func release() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    deinit {
        release()
    }
}

/// A file system in memory, unmounted when the value dies.
struct SmallFileSystem: ~Copyable {
    let path: String

    /// Whether this process may mount: not in every container.
    static let isPossible: Bool = {
        guard let home = try? Home() else { return false }
        do {
            _ = try SmallFileSystem(at: home("probe"), kilobytes: 64)
            return true
        } catch {
            return false
        }
    }()

    init(at path: String, kilobytes: Int) throws {
        mkdir(path, 0o700)
        try Self.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=\(kilobytes)k", "tmpfs", path])
        self.path = path
    }

    borrowing func becomeReadOnly() throws {
        try Self.run(["mount", "-o", "remount,ro", path])
    }

    private static func run(_ command: [String]) throws {
        let done = try ChildProcess.run(command, outputLimit: 1000, timeoutMilliseconds: 60_000)
        guard done.status == 0 else { throw TestFailure() }
    }

    deinit {
        try? Self.run(["umount", "-l", path])
    }
}
