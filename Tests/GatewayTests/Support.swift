import Gateway
import SecureMemory
import Testing
import VaultCore
import VaultTestSupport

/// A secret and a token that must appear nowhere.
let canary = "lin_api_CANARY-\u{e9}7f3a"
let tokenCanary = "tok_CANARY-91b2"

func shared(_ text: String) -> SharedSecret { SharedSecret(SecretBytes(copying: text.utf8)) }

/// What a test wants delivered: one service named linear.
struct Wish: Sendable {
    var name = "Linear"
    var connection = ConnectionRecord(
        baseURL: "https://api.linear.app", authMode: .bearer, header: "Authorization", prefix: "Bearer ",
        secretKey: "access_token", rotationIntervalDays: nil)
    var secrets = ["access_token": canary]
    var isApplied = false
    var receipt: DeliveryReceipt = [:]
    var slug = "linear"
    var mayTakeOver = false

    /// The job of an apply; of an observation or a withdrawal `withSecrets: false`.
    func job(withSecrets: Bool = true) throws -> DeliveryJob {
        let slug = try Slug(slug)
        let service = ServiceRecord(
            slug: slug, namespace: try Namespace("johndee"), id: "svc_000000000001", name: name, summary: "",
            domain: "localhost", email: "johndee@local.sigilum", createdAt: 0, ordinal: 1, connection: connection)
        let named = try secrets.sorted { $0.key < $1.key }.map { key, value in
            NamedSecret(entry: try .upstreamSecret(slug, key: key), key: key, value: shared(value))
        }
        let blank = Fingerprint(bytes: Array(repeating: 0, count: 32))
        return DeliveryJob(
            key: slug.text, service: service, expected: named.map { (entry: $0.entry, fingerprint: blank) },
            secrets: withSecrets ? named : [], isApplied: isApplied, receipt: receipt,
            mayTakeOver: mayTakeOver, fingerprint: { _ in blank })
    }
}

extension GatewayTarget {
    /// A target with limits that tests can wait for.
    init(
        _ url: String, token: String? = nil, commandLine: GatewayCommandLine? = nil,
        _ adjust: (inout GatewayLimits) -> Void = { _ in }
    ) throws {
        var limits = GatewayLimits()
        limits.backoffMilliseconds = 1
        adjust(&limits)
        try self.init(
            adminURL: url, adminToken: token.map(shared), commandLineFallback: commandLine, limits: limits)
    }

    func observe(_ wish: Wish) async throws -> Observation { try await observe(wish.job(withSecrets: false)) }

    func withdraw(_ wish: Wish) async throws { try await withdraw(wish.job(withSecrets: false)) }

    /// Notes in the wish what the vault notes before an apply, and keeps where that fails without a definite answer.
    func intend(_ wish: inout Wish) throws {
        wish.receipt.merge(intent(try wish.job())) { $1 }
    }

    /// What the vault keeps of the receipt after this apply failed; the wish has it then.
    func failure(applying wish: inout Wish, wasAbsent: Bool) async throws -> DeliveryFailure? {
        let job = try wish.job()
        try intend(&wish)
        let failure = await failure { () async throws(DeliveryFailure) in _ = try await apply(job) }
        if let failure, let left = receipt(of: job, after: failure, wasAbsent: wasAbsent) { wish.receipt = left }
        return failure
    }

    /// Applies, and remembers in the wish what the vault would remember.
    func apply(_ wish: inout Wish) async throws {
        wish.receipt = try await apply(wish.job())
        wish.isApplied = true
    }

    /// The failure of an apply; nil where it succeeded. Checks that nothing secret is in it.
    func failure(applying wish: Wish) async throws -> DeliveryFailure? {
        let job = try wish.job()
        return await failure { () async throws(DeliveryFailure) in _ = try await apply(job) }
    }

    func failure(_ body: () async throws(DeliveryFailure) -> Void) async -> DeliveryFailure? {
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

extension GatewayDouble {
    /// Methods and paths of what arrived, with `/api/admin/connections` left out.
    var calls: [String] {
        requests.map { $0.method + " " + $0.path.replacing("/api/admin/connections", with: "") }
    }

    /// The one connection of these tests; the test fails where there is none.
    func linear() throws -> Connection { try #require(connections["linear"]) }
}
