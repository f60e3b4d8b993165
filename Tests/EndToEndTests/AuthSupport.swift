import Foundation
import GRDB
import Sealing
import SecureMemory
import Testing
import VaultTestSupport

/// A home whose owner signs in, to the managed API or to one's own.
struct AuthScene {
    static let local = "auth login --mode oss-local"
    static let managed = "auth login --mode managed --owner-token-stdin"

    let home: TestHome
    /// What local tokens are signed with.
    let secret = Canary(prefix: "")

    init(in base: String? = nil) throws { home = try TestHome(in: base) }

    var openClaw: String { home.user + "/.openclaw" }
    var config: String { openClaw + "/openclaw.json" }
    var tokenFile: String { tokenFile(of: "johndee") }

    func tokenFile(of namespace: String) -> String { openClaw + "/.sigilum/owner-token-\(namespace).jwt" }

    /// The names of files that have a token by purpose.
    static let files = ["owner-token-johndee.jwt", "openclaw.json"]

    /// Runs with JWT_SECRET set.
    @discardableResult
    func signed(_ line: String, more: [String] = [], variables: [String: String] = [:]) async throws -> ProgramResult {
        try await home.run(line, more: more, variables: ["JWT_SECRET": secret.text].merging(variables) { $1 })
    }

    /// Runs with a token, and a line end, on standard input.
    @discardableResult
    func give(
        _ token: String, _ line: String = managed, variables: [String: String] = [:]
    ) async throws -> ProgramResult {
        try await home.run(line, variables: variables, input: Array((token + "\n").utf8))
    }

    /// What a run prints is a secret of its own: not remembered for ``TestHome/leaks(of:except:)``.
    func unseen(_ line: String, variables: [String: String] = [:], input: String? = nil) async throws -> ProgramResult {
        try await home.runner.run(
            home.call(
                line, variables: ["JWT_SECRET": secret.text].merging(variables) { $1 },
                input: input.map { Array($0.utf8) }
            ))
    }

    /// A token that is signed here and printed by nobody else.
    func token(_ line: String = local) async throws -> String {
        let result = try await unseen(line + " --token-only")
        result.expect(0)
        return result.outputText.trimmingCharacters(in: .newlines)
    }

    /// What the token file holds.
    var filed: String? { home.text(tokenFile) }

    func writeConfig(_ text: String) throws { try home.write(Array(text.utf8), to: config) }

    /// What is on the disk of a file, by which one that was written again is told from one that was not.
    func inode(_ path: String) throws -> UInt64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.systemFileNumber] as? UInt64)
    }

    func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    /// Makes the D1 file of a checkout in the working directory, with one table of users; answers its path.
    func makeCheckout(_ sql: String = "") throws -> String {
        let folder = home.work + "/apps/api/.wrangler/state/v3/d1/miniflare-D1DatabaseObject"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try query(
            folder + "/abc.sqlite",
            """
            CREATE TABLE users (
                id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,
                settings TEXT, created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), updated_at TEXT);
            CREATE TABLE services (
                id TEXT PRIMARY KEY, owner_user_id TEXT NOT NULL REFERENCES users(id), name TEXT NOT NULL,
                slug TEXT NOT NULL, domain TEXT, description TEXT, created_at TEXT, updated_at TEXT);
            CREATE TABLE service_api_keys (
                id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services(id), name TEXT NOT NULL,
                key_prefix TEXT NOT NULL, key_hash TEXT NOT NULL, last_used_at TEXT, revoked_at TEXT, created_at TEXT);
            \(sql)
            """)
        return folder + "/abc.sqlite"
    }

    /// Runs SQL; answers the first value of the last row set as text.
    @discardableResult
    func query(_ path: String, _ sql: String, answers: Bool = false) throws -> String? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { db in
            if answers { return try String.fetchOne(db, sql: sql) }
            try db.execute(sql: sql)
            return nil
        }
    }

    /// The users that the API's own database has, one a line.
    func users(_ path: String? = nil) throws -> String? {
        try query(
            path ?? home.sigilum + "/api.sqlite3",
            "SELECT group_concat(id || ' ' || email || ' ' || namespace, char(10)) FROM users", answers: true)
    }
}

/// A token as a server makes it: nobody here can verify it.
struct ForeignToken {
    let text: String

    /// - Parameters:
    ///   - claims: The members of the payload, without braces.
    ///   - header: The whole header.
    init(_ claims: String, header: String = #"{"alg":"RS256","typ":"JWT"}"#) {
        let signature = (0..<32).map { _ in UInt8.random(in: 0...255) }
        text = [Array(header.utf8), Array("{\(claims)}".utf8), signature].map(base64URL).joined(separator: ".")
    }

    /// One of a namespace, good until 2100.
    static func good(_ namespace: String = "johndee") -> ForeignToken {
        ForeignToken(#""sub":"usr_1","namespace":"\#(namespace)","exp":4102444800"#)
    }

    var canary: Canary { Canary(bytes: Array(text.utf8)) }
}

func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

/// The last part that a token would have if it was signed with this secret.
func hmacSHA256Signature(of token: String, secret: [UInt8]) -> String {
    let signed = Array(token.split(separator: ".").prefix(2).joined(separator: ".").utf8)
    return base64URL(
        signed.withUnsafeBytes { signed -> [UInt8] in
            let code = HMACSHA256.code(of: signed, key: SecretBytes(copying: secret))
            return code.withBytes { Array($0) }
        })
}

/// The claims of a token.
func claims(_ token: String) throws -> [String: Any] {
    let parts = token.split(separator: ".")
    try #require(parts.count == 3)
    var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    let data = try #require(Data(base64Encoded: String(text)))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
}

extension TestHome {
    /// A file as text; nil where there is none.
    func text(_ path: String) -> String? { contents(path).map { String(decoding: $0, as: UTF8.self) } }
}

extension ProgramResult {
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(output))) as? [String: Any] ?? [:]
    }
}
