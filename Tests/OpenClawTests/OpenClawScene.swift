import Foundation
import Glibc
import OpenClaw
import SafeFiles
import SecureMemory
import VaultCore

/// A folder of a test's own, with an OpenClaw home in it, and jobs for the file there.
final class OpenClawScene: Sendable {
    /// `…/home`, 0700; what is beside it is "elsewhere".
    let home: String
    let base: String
    let folder: Folder
    let target = OpenClawTarget()
    let token = "canary-token-1b7d.e2.f3"

    init() throws {
        var template = Array("/tmp/openclaw-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SceneError() }
        base = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(made, 0o755)
        home = base + "/home"
        mkdir(home, 0o700)
        folder = try Folder.open(home)
    }

    deinit {
        chmod(home, 0o700)
        try? FileManager.default.removeItem(atPath: base)
    }

    var path: String { path("openclaw.json") }

    func path(_ name: String) -> String { home + "/" + name }

    /// A file made without the code that is tested.
    func write(_ text: String, to name: String = "openclaw.json", mode: mode_t = 0o600) {
        guard let file = fopen(name.hasPrefix("/") ? name : path(name), "w") else { return }
        fputs(text, file)
        fclose(file)
        chmod(name.hasPrefix("/") ? name : path(name), mode)
    }

    func text(_ name: String = "openclaw.json") -> String? {
        guard let file = fopen(name.hasPrefix("/") ? name : path(name), "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What tells one file from another that took its place.
    func status(_ name: String = "openclaw.json") throws -> FileStatus? { try folder.status(name) }

    func settings(_ notify: String, namespace: String = "johndee") -> DeliverySettings {
        ["namespace": namespace, "api_url": "http://127.0.0.1:8787", "authz_notify": notify]
    }

    func job(
        _ notify: String = "true", token: String? = nil, path: String? = nil, hasSecret: Bool = true,
        settings: DeliverySettings? = nil
    ) throws -> DeliveryJob {
        let entry = try EntryName("owner-token/johndee")
        let secret = SharedSecret(SecretBytes(copying: Array((token ?? self.token).utf8)))
        return DeliveryJob(
            key: path ?? self.path, service: nil,
            expected: [(entry: entry, fingerprint: fingerprint(secret.bytes))],
            secrets: hasSecret ? [NamedSecret(entry: entry, key: "johndee", value: secret)] : [],
            isApplied: false, receipt: [:], settings: settings ?? self.settings(notify), fingerprint: fingerprint)
    }

    func apply(_ notify: String = "true", token: String? = nil, path: String? = nil) async throws {
        _ = try await target.apply(try job(notify, token: token, path: path))
    }

    func differences(_ notify: String = "true", token: String? = nil) async throws -> [String]? {
        switch try await target.observe(try job(notify, token: token, hasSecret: false)) {
        case .absent: return nil
        case .present(let differences): return differences
        }
    }

    /// What all four calls fail with, in the order apply, check, observe, withdraw; nil for one that does not.
    func failures(path: String? = nil, notify: String = "true") async throws -> [DeliveryFailure?] {
        let job = try job(notify, path: path)
        var failures: [DeliveryFailure?] = []
        failures.append(await failure { () throws(DeliveryFailure) in _ = try await self.target.apply(job) })
        failures.append(
            await failure { () throws(DeliveryFailure) in
                try self.target.check(path: job.key, settings: job.settings)
            })
        failures.append(await failure { () throws(DeliveryFailure) in _ = try await self.target.observe(job) })
        failures.append(await failure { () throws(DeliveryFailure) in try await self.target.withdraw(job) })
        return failures
    }

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
