import Dispatch
import Glibc
import SafeFiles
import SecureMemory
import Synchronization

/// A folder of a test's own, removed with what is in it.
final class Scratch: Sendable {
    let path: String
    let folder: Folder

    init() throws {
        var template = Array("/tmp/safe-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template), let real = realpath(made, nil) else { throw ScratchError() }
        path = String(cString: real)
        free(real)
        chmod(path, 0o700)
        folder = try Folder.open(path)
    }

    deinit {
        chmod(path, 0o700)
        removeTree(path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file made without the code that is tested.
    func write(_ text: String, to name: String, mode: mode_t = 0o600) {
        guard let file = fopen(self(name), "w") else { return }
        fputs(text, file)
        fclose(file)
        chmod(self(name), mode)
    }

    func makeFolder(_ name: String, mode: mode_t = 0o700) {
        mkdir(self(name), 0o700)
        chmod(self(name), mode)
    }

    /// What a file holds, links followed; nil where it cannot be read.
    func text(_ name: String) -> String? {
        guard let file = fopen(self(name), "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct ScratchError: Error {}

func removeTree(_ path: String) {
    if let folder = try? Folder.open(path), let names = try? folder.names() {
        for name in names {
            let kind = try? folder.status(name)?.kind
            if kind == .folder { removeTree(path + "/" + name) } else { unlink(path + "/" + name) }
        }
    }
    rmdir(path)
}

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

extension SecretBytes {
    borrowing func text() -> String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// The error that `body` throws; nil when it throws none.
func failure(_ body: () throws(FileError) -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

let isRoot = geteuid() == 0

/// Runs `body` with the rights of an ordinary user, where this process is root: for files alone, in this thread alone.
func withoutPrivilege<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard isRoot, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}

/// Runs `body` in eight threads at once, and answers what each returned.
func inEightThreads<Result: Sendable>(_ body: @Sendable (Int) -> Result) -> [Result] {
    let results = Mutex<[Result]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { index in
        let result = body(index)
        results.withLock { $0.append(result) }
    }
    return results.withLock { $0 }
}
