import Foundation
import GRDB
import Sealing
import SecureMemory
import Testing
import VaultTestSupport

/// A fresh home, a gateway and the command that is killed there.
final class KillScene: Sendable {
    let home: TestHome
    let gateway: GatewayDouble
    let canary = Canary()
    /// What `secret set` stores after the canary.
    let second = Canary()

    /// In memory where the machine has such a folder: it is the calls that count here, not the disk.
    static var base: String? {
        FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : nil
    }

    init() async throws {
        home = try TestHome(in: Self.base)
        gateway = try await GatewayDouble.start()
    }

    var log: String { home.root + "/calls" }

    func add(_ url: String = "https://api.linear.app", _ variables: [String: String] = [:]) -> ProgramRunner.Call {
        home.call(
            "service add --service-slug linear --mode gateway --upstream-base-url \(url) --upstream-secret-env SECRET",
            variables: ["SECRET": canary.text, "GATEWAY_ADMIN_URL": gateway.url].merging(variables) { $1 })
    }

    func set(_ variables: [String: String] = [:]) -> ProgramRunner.Call {
        home.call(
            "service secret set --service-slug linear --upstream-secret-env SECRET",
            variables: ["SECRET": second.text, "GATEWAY_ADMIN_URL": gateway.url].merging(variables) { $1 })
    }

    func rotateKey(_ variables: [String: String] = [:]) -> ProgramRunner.Call {
        home.call(
            "vault rotate service-api-key/linear",
            variables: ["GATEWAY_ADMIN_URL": gateway.url].merging(variables) { $1 })
    }

    func run(_ line: String) async throws -> ProgramResult {
        try await home.run(line, variables: ["GATEWAY_ADMIN_URL": gateway.url])
    }

    /// What must be the same whenever the program was killed. Random values are not among it; that they are the same
    /// in all places is.
    struct State: Equatable, CustomStringConvertible {
        var files: [String] = []
        var verified: [String] = []
        var sync = ""
        var problems: [String] = []
        var description: String { "\(files) \(verified) \(sync) \(problems)" }
    }

    /// Looks at everything: the vault proves itself, nothing is left to deliver, each place has the right value once.
    func state(secret: Canary, url: String = "https://api.linear.app") async throws -> State {
        var state = State()
        let verify = try await run("vault verify")
        state.verified = verify.outputText.split(separator: "\n").map(String.init).filter {
            $0.contains("entries:") || $0.contains(" versions:")
        }
        if verify.status != 0 { state.problems.append("verify: \(verify.errorText)") }
        let sync = try await run("vault sync --dry-run")
        state.sync = sync.outputText
        if sync.status != 0 { state.problems.append("sync --dry-run: \(sync.outputText)\(sync.errorText)") }
        // A killed run can leave a temporary file beside the anchor (ids and hashes, no value), which goes with the next
        // change. A run that finds nothing to change does not look for it.
        let files = home.files().keys.map(Self.plain)
        state.files = files.filter { !($0.contains("/anchors/.sigilum-") && $0.hasSuffix(".tmp")) }.sorted()

        let connections = gateway.connections
        if connections.keys.sorted() != ["linear"] {
            state.problems.append("connections: \(connections.keys.sorted())")
        }
        if connections["linear"]?.secrets != ["access_token": secret.text] {
            state.problems.append("secret at the gateway")
        }
        if connections["linear"]?.baseURL != url { state.problems.append("base URL at the gateway") }
        if home.contents(home.sigilum + "/gateway-connection-secret-linear") != secret.bytes {
            state.problems.append("connection file")
        }
        let key = home.contents(home.sigilum + "/service-api-key-linear") ?? []
        if !key.starts(with: Array("sk_live_".utf8)) || key.count != 56 { state.problems.append("key file") }
        let active = try activeKeys()
        if active != [SHA256.hexDigest(of: SecretBytes(copying: key))] {
            state.problems.append("active keys: \(active.count)")
        }
        return state
    }

    /// The hashes of the keys that the API accepts.
    private func activeKeys() throws -> [String] {
        let queue = try DatabaseQueue(path: home.sigilum + "/api.sqlite3")
        defer { try? queue.close() }
        return try queue.read { db in
            try String.fetchAll(db, sql: "SELECT key_hash FROM service_api_keys WHERE revoked_at IS NULL")
        }
    }

    /// A file's name without what a run makes up or leaves open.
    static func plain(_ name: String) -> String {
        name.split(separator: "/").map { part in
            part.prefix(64).count == 64 && part.prefix(64).allSatisfy(\.isHexDigit) ? "H" + part.dropFirst(64) : part
        }.joined(separator: "/")
    }

    /// The places outside the vault's purpose that show a value, `everywhere` in all the forms in which it could.
    func leaks(everywhere: Bool) -> [String] {
        let purpose = ["gateway-connection-secret-linear"]
        if everywhere { return [canary, second].flatMap { home.leaks(of: $0, except: purpose) } }
        return home.files(below: home.root).filter { path, bytes in
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            return !purpose.contains(name)
                && [canary, second].contains { Data(bytes).range(of: Data($0.bytes)) != nil }
        }.map(\.key)
    }
}
