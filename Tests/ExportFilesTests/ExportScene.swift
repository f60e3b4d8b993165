import ExportFiles
import Glibc
import SafeFiles
import SecureMemory
import VaultCore

/// A home of a test's own and a target that writes there.
final class ExportScene: Sendable {
    let home: String
    let folder: Folder
    let target: ExportFileTarget

    init(owner: FileOwner? = nil) throws {
        var template = Array("/tmp/export-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SceneError() }
        home = String(cString: made)
        chmod(home, 0o700)
        folder = try Folder.open(home)
        target = ExportFileTarget(home: home, owner: owner)
    }

    deinit {
        chmod(home, 0o700)
        for name in (try? folder.names()) ?? [] {
            unlink(path(name))
            rmdir(path(name))
        }
        rmdir(home)
    }

    func path(_ name: String) -> String { home + "/" + name }

    /// A file made without the code that is tested.
    func write(_ text: String, to name: String, mode: mode_t = 0o600) {
        guard let file = fopen(path(name), "w") else { return }
        fputs(text, file)
        fclose(file)
        chmod(path(name), mode)
    }

    func text(_ name: String) -> String? {
        guard let file = fopen(path(name), "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A job that should make the file at `key` hold `value`.
    func job(
        _ value: String, at key: String = "service-api-key-linear", receipt: DeliveryReceipt = [:]
    ) throws -> DeliveryJob {
        let entry = try EntryName("service-api-key/linear")
        let secret = SharedSecret(SecretBytes(copying: Array(value.utf8)))
        return DeliveryJob(
            key: key, service: nil, expected: [(entry: entry, fingerprint: fingerprint(secret.bytes))],
            secrets: [NamedSecret(entry: entry, key: "linear", value: secret)], isApplied: false, receipt: receipt,
            fingerprint: fingerprint)
    }

    /// What `call` fails with; nil when it does not.
    func failure(_ call: () async throws(DeliveryFailure) -> Void) async -> DeliveryFailure? {
        do {
            try await call()
            return nil
        } catch {
            return error
        }
    }
}

struct SceneError: Error {}

/// Stands in for the vault's keyed hash: four lanes of FNV-1a that begin differently.
@Sendable
func fingerprint(_ secret: borrowing SecretBytes) -> Fingerprint {
    let lanes = secret.withBytes { bytes in
        (0..<4).map { lane in
            bytes.reduce(0xcbf2_9ce4_8422_2325 &+ UInt64(lane)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
    }
    return Fingerprint(bytes: lanes.flatMap { lane in (0..<8).map { UInt8(truncatingIfNeeded: lane >> ($0 * 8)) } })
}

let isRoot = geteuid() == 0

/// Runs `body` with the rights of an ordinary user, where this process is root: for files alone, in this thread alone,
/// so nothing in `body` may wait.
func withoutPrivilege<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard isRoot, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}
