import SecureMemory
import Synchronization
import VaultTestSupport

@testable import VaultCore

/// An API in memory that makes the keys of one service itself, and lets a test in before and after it does.
final class IssuerInMemory: CredentialIssuer {
    let kind = TargetKind.sigilumAPI
    let guardsForeignObjects = false

    struct Key: Equatable {
        let id: String
        let operation: String
        let value: String
        var isActive = true
    }

    private struct State {
        var hasService = false
        var keys: [Key] = []
        var calls: [String] = []
        var hooks: [String: @Sendable () async throws -> Void] = [:]
    }

    private let state = Mutex(State())

    var hasService: Bool { state.withLock { $0.hasService } }

    /// Every key that there ever was, in order.
    var keys: [Key] { state.withLock { $0.keys } }

    /// The values that would be let in.
    var active: [String] { keys.filter(\.isActive).map(\.value) }

    /// The calls so far: `observe`, `issue`, `apply`, `withdraw`.
    var calls: [String] { state.withLock { $0.calls } }

    /// Runs `body` once: when the call of that name begins; `issued` is when a key was made and is not answered yet.
    func at(_ moment: String, _ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.hooks[moment] = body }
    }

    /// Puts a key there that somebody else asked for.
    func preload(_ value: String) {
        state.withLock { state in
            state.hasService = true
            state.keys.append(Key(id: "key_\(state.keys.count + 1)", operation: "theirs", value: value))
        }
    }

    /// Makes all keys invalid, as somebody at a dashboard would.
    func revokeAll() {
        state.withLock { state in for index in state.keys.indices { state.keys[index].isActive = false } }
    }

    func issue(_ job: DeliveryJob, operation: String) async throws(DeliveryFailure) -> IssuedCredential {
        try await run("issue")
        let known = Self.retiring(job.receipt) + [job.receipt["key_id"]].compactMap { $0 }
        let given = job.secrets.first?.value.text
        let key = state.withLock { state in
            state.hasService = true
            for index in state.keys.indices
            where state.keys[index].operation == operation && !known.contains(state.keys[index].id) {
                state.keys[index].isActive = false
            }
            let number = state.keys.count + 1
            state.keys.append(Key(id: "key_\(number)", operation: operation, value: "sk_live_\(number)"))
            return state.keys[number - 1]
        }
        try await run("issued")
        let old = job.receipt["key_id"] ?? keys.first { $0.isActive && $0.value == given }?.id
        var receipt = ["service_id": "svc_theirs", "key_id": key.id]
        let retiring = (Self.retiring(job.receipt) + [old].compactMap { $0 }).joined(separator: ",")
        if !retiring.isEmpty { receipt["retiring"] = retiring }
        return IssuedCredential(value: SharedSecret(secret(key.value)), receipt: receipt)
    }

    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        try await run("observe")
        guard hasService else { return .absent }
        let active = keys.filter(\.isActive).map(\.id)
        var differences: [String] = []
        if !active.contains(job.receipt["key_id"] ?? "") { differences.append("api_key") }
        if job.retiresOld, Self.retiring(job.receipt).contains(where: active.contains) {
            differences.append("retired_key")
        }
        return .present(differences: differences)
    }

    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        try await run("apply")
        let given = job.secrets.first?.value.text
        guard let key = keys.first(where: { $0.isActive && $0.value == given }) else { throw .credentialRevoked }
        var receipt = job.receipt.filter { $0.key == "retiring" }
        receipt.merge(["service_id": "svc_theirs", "key_id": key.id]) { $1 }
        guard job.retiresOld else { return receipt }
        let retiring = Self.retiring(job.receipt)
        state.withLock { state in
            for index in state.keys.indices where retiring.contains(state.keys[index].id) {
                state.keys[index].isActive = false
            }
        }
        receipt["retiring"] = nil
        return receipt
    }

    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        try await run("withdraw")
        revokeAll()
        state.withLock { $0.hasService = false }
    }

    private static func retiring(_ receipt: DeliveryReceipt) -> [String] {
        (receipt["retiring"] ?? "").split(separator: ",").map(String.init)
    }

    private func run(_ moment: String) async throws(DeliveryFailure) {
        let hook = state.withLock { state in
            if moment != "issued" { state.calls.append(moment) }
            return state.hooks.removeValue(forKey: moment)
        }
        do {
            try await hook?()
        } catch let failure as DeliveryFailure {
            throw failure
        } catch {
            throw .refused(status: 500, code: nil)
        }
    }
}

/// A vault whose service `linear` is registered at an API that makes its keys.
struct ManagedScene: Sendable {
    let scene: VaultScene
    let issuer = IssuerInMemory()
    let files = TargetInMemory(.exportFile)
    let gateway = TargetInMemory(.gateway)
    let local = TargetInMemory(.localAPI)
    let slug: Slug
    let name: EntryName
    private let lock = LockInMemory()

    init() throws {
        scene = try VaultScene()
        slug = try Slug("linear")
        name = .serviceAPIKey(slug)
    }

    var vault: Vault { scene.vault }
    var id: DeliveryID { .sigilumAPI(slug) }
    /// The name of the key's file among ``files``.
    var file: String { DeliveryID.apiKeyFile(slug).key }

    @discardableResult
    func save(
        _ findings: ServiceFindings = ServiceFindings(), _ edit: (inout ServiceRequest) -> Void = { _ in }
    ) throws -> ServiceOutcome {
        var request = ServiceRequest(slug: slug, namespace: try Namespace("johndee"))
        request.isManaged = true
        edit(&request)
        return try vault.save(request, findings: findings)
    }

    @discardableResult
    func rotate(grace: Int64 = 0) throws -> ServiceOutcome {
        try vault.rotateAPIKey(slug, graceMilliseconds: grace)
    }

    @discardableResult
    func sync(postponed: Set<TargetKind> = []) async throws -> [DeliveryID: DeliveryOutcome.Result] {
        let reconciler = Reconciler(
            vault: vault, targets: [issuer, files, gateway, local], locks: lock.locks, postponed: postponed)
        let outcomes = try await reconciler.reconcileAll()
        return Dictionary(uniqueKeysWithValues: outcomes.map { ($0.id, $0.result) })
    }

    /// Saves the service and delivers it.
    func register() async throws {
        try save()
        try await sync()
    }

    func delivery() throws -> Delivery? { try vault.read { try $0.delivery(id) } }
    func service() throws -> ServiceRecord? { try vault.read { try $0.service(slug) } }
    func isPending() throws -> Bool? { try vault.read { try $0.plan(id)?.isPending } }
    func value() throws -> String? {
        try scene.entry(name.text) == nil ? nil : scene.value(name.text)
    }
    func versions() throws -> UInt32? { try scene.entry(name.text)?.currentVersion }

    /// What the file of the key holds; nil where there is none.
    var filed: String? { files.objects[file]?[name.text] }
}
