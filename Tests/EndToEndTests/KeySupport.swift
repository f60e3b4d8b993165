import Foundation
import GRDB
import Testing
import VaultTestSupport

/// A home whose vault has a canary, and the keys that open it.
struct KeyScene: Sendable {
    let home: TestHome
    let canary = Canary()
    var gateway: GatewayDouble?

    /// The files of a home in which a master key is by purpose.
    static let keyFiles = [
        "gateway-master-key", "gateway-master-key.new", "gateway-master-key.previous", "other.key", "phrase",
    ]

    init(in base: String? = nil, gateway: GatewayDouble? = nil) async throws {
        home = try TestHome(in: base)
        self.gateway = gateway
        try await run("vault init").expect(0)
        try await run("vault put a/b", input: canary.bytes).expect(0)
    }

    /// With no key said but that of the file in the home; `key` names another file below the working directory.
    @discardableResult
    func run(
        _ line: String, key: String? = nil, variables: [String: String] = [:], input: [UInt8]? = nil
    ) async throws -> ProgramResult {
        try await home.run(call(line, key: key, variables: variables, input: input))
    }

    func call(
        _ line: String, key: String? = nil, variables: [String: String] = [:], input: [UInt8]? = nil
    ) -> ProgramRunner.Call {
        var all = variables
        if let gateway { all["GATEWAY_ADMIN_URL"] = variables["GATEWAY_ADMIN_URL"] ?? gateway.url }
        if let key { all["GATEWAY_MASTER_KEY_FILE"] = key }
        return home.call(line, variables: all, input: input)
    }

    /// The text of a key file in the home, or of a file below the working directory.
    func key(_ name: String) -> Canary? {
        let place = name.hasPrefix("gateway-") ? home.sigilum + "/" + name : name
        return home.contents(place).map { Canary(bytes: $0) }
    }

    /// Whether the canary is read with a key, and the vault proves itself.
    func opens(key: String? = nil) async throws -> Bool {
        let read = try await home.runner.run(call("vault get a/b --reveal-secrets", key: key))
        guard read.status == 0, read.outputText == canary.text + "\n" else { return false }
        let verified = try await run("vault verify", key: key)
        return verified.status == 0
    }

    func slots(key: String? = nil) async throws -> [Int] {
        let list = try await run("vault key list --json", key: key)
        return (list.json["slots"] as? [[String: Any]] ?? []).compactMap { $0["slot"] as? Int }
    }

    /// What no command may say, and no file may have that is not there for it.
    func leaks() -> [String] {
        let keys = Self.keyFiles.compactMap { key($0) }
        return home.leaks(of: canary) + keys.flatMap { home.leaks(of: $0, except: Self.keyFiles) }
    }

    /// The rows of the slots as they lie in the file.
    func storedSlots() throws -> [[UInt8]: [UInt8]] {
        let queue = try DatabaseQueue(path: home.database)
        defer { try? queue.close() }
        return try queue.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT key, value FROM slot")
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    let (key, value): (Data, Data) = (row["key"], row["value"])
                    return (Array(key), Array(value))
                })
        }
    }

    /// Whether any file of the vault still has these bytes.
    func vaultHas(_ bytes: some Sequence<UInt8>) -> Bool {
        ["", "-wal", "-shm"].contains { suffix in
            Data(home.contents(home.database + suffix) ?? []).range(of: Data(bytes)) != nil
        }
    }

    var logOfWritesIsEmpty: Bool { (home.contents(home.database + "-wal") ?? []).isEmpty }
}
