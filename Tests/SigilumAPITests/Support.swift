import SecureMemory
import SigilumAPI
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

/// A token that must appear nowhere.
let tokenCanary = "eyJhbGciOiJIUzI1NiJ9.CANARY-5d1f.c2lnbmF0dXJl"
/// The key that the API makes first in these tests.
let keyCanary = "sk_live_CANARY-0b6e2f4a9c8d7e6f5a4b3c2d1e0f9a8b7c6d"

func shared(_ text: String) -> SharedSecret { SharedSecret(SecretBytes(copying: text.utf8)) }

extension SharedSecret {
    var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// Waits that were asked for, none of which was waited.
final class Waits: Sendable {
    private let all = Mutex<[Duration]>([])
    var durations: [Duration] { all.withLock { $0 } }
    /// 2026-03-01T10:00:00Z.
    var clock: SigilumAPIClock {
        SigilumAPIClock(now: { 1_772_359_200 }, sleep: { time in self.all.withLock { $0.append(time) } })
    }
}

/// An API and a target that calls it, for one test.
enum Stage {
    /// Runs a test against an API of its own, and checks that no URL held a secret.
    static func run(
        url: (@Sendable (APIDouble) -> String)? = nil, token: String? = tokenCanary, allowsInsecureHTTP: Bool = false,
        limits adjust: (inout SigilumAPILimits) -> Void = { _ in },
        _ body: (APIDouble, SigilumAPITarget, Waits) async throws -> Void
    ) async throws {
        let api = try await APIDouble.start(token: tokenCanary)
        api.behaviour.nextKeys = [keyCanary]
        let waits = Waits()
        var limits = SigilumAPILimits()
        adjust(&limits)
        let target = try SigilumAPITarget(
            baseURL: url.map { $0(api) } ?? api.url, token: { token.map(shared) },
            allowsInsecureHTTP: allowsInsecureHTTP, limits: limits, clock: waits.clock)
        try await body(api, target, waits)
        #expect(api.leaks.isEmpty)
        await target.shutdown()
        try await api.stop()
    }
}

/// What a vault has of one service named linear.
struct Wish: Sendable {
    var slug = "linear"
    var name = "Linear"
    var summary = "Issues."
    var domain = "localhost"
    var isGateway = false
    var key: String?
    var receipt: DeliveryReceipt = [:]
    /// The operation that a key is to be of.
    var operation: String?
    var retiresOld = true

    /// The job of an apply; of anything else `withSecrets: false`.
    func job(withSecrets: Bool = true) throws -> DeliveryJob {
        let slug = try Slug(slug)
        let connection = ConnectionRecord(
            baseURL: "https://api.linear.app", authMode: .bearer, header: "Authorization", prefix: "Bearer ",
            secretKey: "access_token", rotationIntervalDays: nil)
        let service = ServiceRecord(
            slug: slug, namespace: try Namespace("johndee"), id: "svc_000000000001", name: name, summary: summary,
            domain: domain, email: "johndee@local.sigilum", createdAt: 0, ordinal: 1,
            connection: isGateway ? connection : nil)
        let entry = EntryName.serviceAPIKey(slug)
        let blank = Fingerprint(bytes: Array(repeating: 0, count: 32))
        let secrets = key.map { [NamedSecret(entry: entry, key: slug.text, value: shared($0))] } ?? []
        return DeliveryJob(
            key: slug.text, service: service, expected: key == nil ? [] : [(entry: entry, fingerprint: blank)],
            secrets: withSecrets ? secrets : [], isApplied: false, receipt: receipt,
            settings: operation.map { [Delivery.operationKey: $0] } ?? [:], retiresOld: retiresOld,
            fingerprint: { _ in blank })
    }
}

extension SigilumAPITarget {
    /// Issues, and remembers in the wish what the vault would remember.
    func issue(_ wish: inout Wish, operation: String = "op1") async throws {
        let issued = try await issue(wish.job(withSecrets: false), operation: operation)
        expectNoCanary(in: issued)
        wish.key = issued.value.text
        wish.receipt = issued.receipt
    }

    func apply(_ wish: inout Wish) async throws {
        wish.receipt = try await apply(wish.job())
        expectNoCanary(in: wish.receipt)
    }

    func observe(_ wish: Wish) async throws -> Observation { try await observe(wish.job(withSecrets: false)) }

    func withdraw(_ wish: Wish) async throws { try await withdraw(wish.job(withSecrets: false)) }

    /// Why issuing fails; nil where it succeeded. Checks that nothing secret is in it.
    func failure(issuing wish: Wish, operation: String = "op1") async throws -> DeliveryFailure? {
        let job = try wish.job(withSecrets: false)
        return await failure { () async throws(DeliveryFailure) in _ = try await issue(job, operation: operation) }
    }

    func failure(applying wish: Wish) async throws -> DeliveryFailure? {
        let job = try wish.job()
        return await failure { () async throws(DeliveryFailure) in _ = try await apply(job) }
    }

    func failureListing() async -> DeliveryFailure? {
        await failure { () async throws(DeliveryFailure) in _ = try await services() }
    }

    private func failure(_ body: () async throws(DeliveryFailure) -> Void) async -> DeliveryFailure? {
        do throws(DeliveryFailure) {
            try await body()
            return nil
        } catch {
            expectNoCanary(in: error)
            return error
        }
    }
}

/// Checks every way in which a value can be printed.
func expectNoCanary(in value: Any) {
    var dumped = ""
    dump(value, to: &dumped)
    for text in [String(describing: value), String(reflecting: value), dumped] {
        #expect(!text.contains("CANARY"))
    }
}

extension APIDouble {
    /// Methods and paths of what arrived, with ids left out.
    var methods: [String] {
        requests.map { request in
            let parts = request.path.split(separator: "/").dropFirst().map(String.init)
            let named = parts.map { $0.hasPrefix("svc_") || $0.hasPrefix("key_") ? "*" : $0 }
            return request.method + " " + named.joined(separator: "/")
        }
    }

    /// The one service of these tests; the test fails where there is none.
    func linear() throws -> Service { try #require(service("linear")) }
}
