import Foundation
import GRDB
import SecureMemory
import Testing
import VaultCore

@testable import LocalAPI

/// A folder that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/sigilum-local-api-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
    }

    /// The bytes of every file in the folder, and their names: where a secret would be found.
    func everything() throws -> [UInt8] {
        var bytes: [UInt8] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            bytes += Array(name.utf8) + [0]
            bytes += FileManager.default.contents(atPath: file(name)).map(Array.init) ?? []
        }
        return bytes
    }
}

/// 2026-03-01T10:00:00.000Z.
let firstOfMarch: Int64 = 1_772_359_200_000

func namespace(_ text: String = "johndee") throws -> Namespace { try Namespace(text) }

func record(
    _ slug: String = "linear", namespace owner: String = "johndee", id: String = "svc_0c4n8d2v6b5e",
    name: String = "Linear", summary: String = "Issues", domain: String = "localhost",
    email: String = "johndee@local.sigilum", createdAt: Int64 = firstOfMarch, gateway: Bool = false
) throws -> ServiceRecord {
    let connection = ConnectionRecord(
        baseURL: "https://api.linear.app", authMode: .bearer, header: "Authorization", prefix: "Bearer ",
        secretKey: "access_token", rotationIntervalDays: nil)
    return ServiceRecord(
        slug: try Slug(slug), namespace: try Namespace(owner), id: id, name: name, summary: summary, domain: domain,
        email: email, createdAt: createdAt, ordinal: 1, connection: gateway ? connection : nil)
}

/// A delivery of `key`; without one, what is asked of `observe` and `withdraw`.
func job(_ service: ServiceRecord, key: String? = nil, receipt: DeliveryReceipt = [:]) -> DeliveryJob {
    job(service, bytes: key.map { Array($0.utf8) }, receipt: receipt)
}

func job(_ service: ServiceRecord, bytes: [UInt8]?, receipt: DeliveryReceipt = [:]) -> DeliveryJob {
    let entry = EntryName.serviceAPIKey(service.slug)
    let secrets = bytes.map {
        [NamedSecret(entry: entry, key: service.slug.text, value: SharedSecret(SecretBytes(copying: $0)))]
    }
    return DeliveryJob(
        key: service.slug.text, service: service, expected: [], secrets: secrets ?? [], isApplied: false,
        receipt: receipt, fingerprint: { _ in Fingerprint(bytes: [UInt8](repeating: 0, count: 32)) })
}

/// A key that must appear nowhere, and the ones that follow it; each ends in its own four characters.
let canary = "sk_live_CANARYc0ffee00c0ffee00c0ffee00c0ffee00aaaa"
let secondCanary = "sk_live_CANARYc0ffee11c0ffee11c0ffee11c0ffee11bbbb"

func target(
    _ location: LocalAPILocation, owner: (uid: UInt32, gid: UInt32)? = nil, at now: Int64 = firstOfMarch + 60_000,
    timeout: Int = 5000
) -> LocalAPITarget {
    LocalAPITarget(location: location, owner: owner, busyTimeoutMilliseconds: timeout, clock: { now })
}

/// Opens a database as another program would.
@discardableResult
func sqlite<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result {
    let queue = try DatabaseQueue(path: path)
    let result = try queue.writeWithoutTransaction(body)
    try queue.close()
    return result
}

/// Another program's connection, which may keep a transaction open.
func connection(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}

/// Another program's connection with a change that is half in the file: what is there then is what its death would leave.
func halfWritten(_ path: String) async throws -> DatabaseQueue {
    let dying = try connection(path)
    try await dying.writeWithoutTransaction { db in
        try db.execute(
            sql: """
                PRAGMA cache_size = 2;
                BEGIN IMMEDIATE;
                UPDATE services SET name = 'half written';
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    INSERT INTO users (id, email, namespace, plan) SELECT i, i, i, 'free' FROM n;
                """)
    }
    return dying
}

/// All that is in a database: its schema, and every row with every value as a literal of SQL.
func dump(_ path: String) throws -> String {
    try sqlite(path) { db in
        var lines = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        for table in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
            let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
            let list = columns.map { "quote(\"\($0)\")" }.joined(separator: " || ',' || ")
            lines += try String.fetchAll(db, sql: "SELECT \(list) FROM \(table) ORDER BY rowid").map {
                "\(table): \($0)"
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// The only value of a query, as text.
func value(_ path: String, _ sql: String) throws -> String? {
    try sqlite(path) { db in try String.fetchOne(db, sql: sql) }
}

/// Makes a checkout's file with the given tables.
func makeDatabase(_ path: String, _ sql: String) throws {
    try sqlite(path) { db in try db.execute(sql: sql) }
}

/// The API's schema as a checkout of today has it.
let checkoutSchema = """
    CREATE TABLE users (
        id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,
        settings TEXT, created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), updated_at TEXT,
        paid_until TEXT, registration_tx_hash TEXT);
    CREATE TABLE services (
        id TEXT PRIMARY KEY, owner_user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE, name TEXT NOT NULL,
        slug TEXT NOT NULL, domain TEXT, description TEXT,
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), updated_at TEXT,
        registration_tx_hash TEXT);
    CREATE UNIQUE INDEX services_owner_slug ON services (owner_user_id, slug);
    CREATE TABLE service_api_keys (
        id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services(id) ON DELETE CASCADE, name TEXT NOT NULL,
        key_prefix TEXT NOT NULL, key_hash TEXT NOT NULL, last_used_at TEXT, revoked_at TEXT,
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), gateway_registered_at TEXT);
    CREATE TABLE approvals (id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services(id));
    """

extension [UInt8] {
    func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, count >= wanted.count else { return false }
        return (0...(count - wanted.count)).contains { start in
            self[start] == first && self[start..<start + wanted.count].elementsEqual(wanted)
        }
    }
}

/// Runs a delivery that must fail, and gives why.
func failure(_ body: () async throws -> Void) async -> DeliveryFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? DeliveryFailure
    }
}
