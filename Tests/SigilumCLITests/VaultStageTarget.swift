import SecureMemory
import Synchronization
import VaultCore

/// A target in memory: holds fingerprints, can be changed behind the vault's back, and can fail.
final class StageTarget: CredentialIssuer, ServiceDirectory, ConnectionDirectory, AccountDirectory, ConfigurationEditor
{
    private struct State {
        var held: [String: [Fingerprint]] = [:]
        var failure: DeliveryFailure?
    }

    let kind: TargetKind
    let guardsForeignObjects: Bool
    private let state = Mutex(State())

    init(_ kind: TargetKind) {
        self.kind = kind
        guardsForeignObjects = kind == .gateway
    }

    /// The keys of what it holds.
    var keys: [String] { state.withLock { $0.held.keys.sorted() } }

    /// What every call fails with from now on; nil: none.
    func fail(_ failure: DeliveryFailure?) { state.withLock { $0.failure = failure } }

    /// Changes something behind the vault's back.
    func disturb(_ key: String) { state.withLock { $0.held[key] = [] } }

    /// Loses something behind the vault's back.
    func lose(_ key: String) { state.withLock { $0.held[key] = nil } }

    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        try check()
        guard let held = state.withLock({ $0.held[job.key] }) else { return .absent }
        return .present(differences: held == job.expected.map(\.fingerprint) ? [] : ["content"])
    }

    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        try check()
        state.withLock { $0.held[job.key] = job.expected.map(\.fingerprint) }
        return [:]
    }

    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        try check()
        lose(job.key)
    }

    func registeredService(
        slug: Slug, namespace: Namespace, email: String
    ) throws(DeliveryFailure) -> RegisteredService? { nil }

    func ensureOwner(namespace: Namespace, email: String) throws(DeliveryFailure) -> String {
        try check()
        return "user_local_\(namespace.text)"
    }

    func checkOwner(namespace: Namespace, email: String) throws(DeliveryFailure) { try check() }

    func owner(namespace: Namespace) throws(DeliveryFailure) -> RegisteredOwner? { nil }

    func registeredServices(namespace: Namespace) throws(DeliveryFailure) -> [RegisteredService] { [] }

    func issue(_ job: DeliveryJob, operation: String) async throws(DeliveryFailure) -> IssuedCredential {
        try check()
        return IssuedCredential(
            value: SharedSecret(SecretBytes(copying: Array("sk_live_\(operation)".utf8))),
            receipt: ["service_id": "svc_1", "key_id": "key_\(operation)"])
    }

    func services() async throws(DeliveryFailure) -> [RegisteredService] {
        try check()
        return []
    }

    func check(path: String, settings: DeliverySettings) throws(DeliveryFailure) { try check() }

    func holdsToken(path: String, namespace: String) throws(DeliveryFailure) -> Bool { false }

    func connection(_ slug: Slug) async throws(DeliveryFailure) -> (name: String, record: ConnectionRecord)? { nil }

    private func check() throws(DeliveryFailure) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}
