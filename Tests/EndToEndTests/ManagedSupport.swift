import Foundation
import GRDB
import Sealing
import SecureMemory
import Testing
import VaultTestSupport

/// An owner token as the API gives it: three parts, and a signature that is nobody's business here.
struct OwnerJWT: Sendable {
    let text: String
    /// Finds the token by the end of its signature.
    let canary: Canary

    /// - Parameters:
    ///   - expires: Seconds since 1970 UTC; far away where it is not said.
    ///   - namespace: Whose token.
    init(expires: Int64 = 4_102_444_800, namespace: String = "johndee") {
        let claims =
            #"{"sub":"user_1","email":"johndee@example.org","namespace":"\#(namespace)","iss":"sigilum-api","#
            + #""aud":"sigilum-dashboard","iat":1700000000,"exp":\#(expires)}"#
        let signature = (0..<33).map { _ in UInt8.random(in: 0...255) }
        let parts = [Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), Array(claims.utf8), signature]
        text = parts.map { part in
            Data(part).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")
        }.joined(separator: ".")
        canary = Canary(bytes: Array(text.utf8))
    }
}

/// One test at a time: each has an API of its own, in this process, that must answer in time.
@Suite("The managed API", .serialized, .few)
enum ManagedAPITests {}

/// A user of the managed API.
final class ManagedScene: Sendable {
    let home: TestHome
    let api: APIDouble
    let token = OwnerJWT()
    /// The keys that the API makes first, in this order.
    let keys = [Canary(prefix: "sk_live_"), Canary(prefix: "sk_live_")]

    /// Starts the API, and signs in to it unless told otherwise.
    init(in base: String? = nil, signsIn: Bool = true) async throws {
        home = try TestHome(in: base)
        api = try await APIDouble.start(token: token.text)
        api.behaviour.nextKeys = keys.map(\.text)
        if signsIn { try await signIn(token).expect(0) }
    }

    /// The variables of every run.
    var variables: [String: String] { ["SIGILUM_MODE": "managed"] }

    func signIn(_ token: OwnerJWT, more: String = "--write-openclaw false") async throws -> ProgramResult {
        try await home.run(
            "auth login --mode managed --owner-token-stdin --print-token false --api-url \(api.url) \(more)",
            input: Array(token.text.utf8))
    }

    @discardableResult
    func run(_ line: String, more: [String] = [], _ further: [String: String] = [:]) async throws -> ProgramResult {
        try await home.run(line, more: more, variables: variables.merging(further) { $1 })
    }

    static let add = "service add --service-slug linear"

    /// What is printed of a service in native mode, below the first line.
    static let facts = """
          mode:       native
          service_id: svc_ID
          api_key:    sk_****** (hidden)
          key_file:   .sigilum-workspace/service-api-key-linear

        """

    /// The value of the vault; nil where there is none. Not remembered as a run that must not show it.
    func value(_ slug: String = "linear") async throws -> String? {
        let result = try await home.runner.run(
            home.call("vault get service-api-key/\(slug) --reveal-secrets", variables: variables))
        return result.status == 0 ? String(result.outputText.dropLast()) : nil
    }

    func filed(_ slug: String = "linear") -> String? {
        home.contents(".sigilum-workspace/service-api-key-\(slug)").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Checks that the API lets in one key alone, which is the vault's and the file's, and that nothing is left to do.
    func expectSettled(
        _ key: String? = nil, slug: String = "linear", _ further: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let value = try await value(slug)
        #expect(value != nil, sourceLocation: sourceLocation)
        if let key { #expect(value == key, sourceLocation: sourceLocation) }
        #expect(filed(slug) == value, sourceLocation: sourceLocation)
        #expect(
            api.services.count { $0.slug == slug } == 1 && api.service(slug)?.activeKeys.count == 1
                && value.map(api.accepts) == true, "\(String(describing: api.service(slug)))",
            sourceLocation: sourceLocation)
        let dry = try await run("vault sync --dry-run", further)
        dry.expect(0, sourceLocation: sourceLocation)
    }

    /// Checks that the token and the keys are nowhere but where they should be, and stops the API.
    func finish(except files: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(api.leaks == [], sourceLocation: sourceLocation)
        let tokenFiles = ["owner-token-johndee.jwt", "openclaw.json"]
        #expect(home.leaks(of: token.canary, except: tokenFiles) == [], sourceLocation: sourceLocation)
        for key in keys {
            #expect(
                home.leaks(of: key, except: ["service-api-key-linear"] + files) == [], sourceLocation: sourceLocation)
        }
        try await api.stop()
    }
}

extension TestHome {
    /// Waits until the vault says that something is pending at a place: what was granted some time has had it.
    func expectPending(_ place: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<100 {
            let status = try await run("vault status")
            if status.outputText.split(separator: "\n").contains(where: {
                $0.contains("pending:") && $0.contains(place)
            }) {
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        Issue.record("nothing is pending at \(place)", sourceLocation: sourceLocation)
    }

    /// The hashes of the keys that the local API accepts.
    func localKeys() throws -> [String] {
        let queue = try DatabaseQueue(path: sigilum + "/api.sqlite3")
        defer { try? queue.close() }
        return try queue.read { db in
            try String.fetchAll(db, sql: "SELECT key_hash FROM service_api_keys WHERE revoked_at IS NULL")
        }
    }

    /// How many services the local API has.
    func localServices() throws -> Int {
        let queue = try DatabaseQueue(path: sigilum + "/api.sqlite3")
        defer { try? queue.close() }
        return try queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM services") ?? 0 }
    }

    /// The hash of what a file holds, as the API keeps it.
    func hash(of file: String) -> String? {
        contents(file).map { SHA256.hexDigest(of: SecretBytes(copying: $0)) }
    }
}

extension ProgramResult {
    /// Standard output as a JSON object; empty where it is none.
    var document: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(output))) as? [String: Any] ?? [:]
    }
}
