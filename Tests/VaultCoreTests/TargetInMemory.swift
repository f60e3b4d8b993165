import SecureMemory
import Synchronization
import VaultTestSupport

@testable import VaultCore

/// A target that keeps what it is given, and lets a test in at every call.
final class TargetInMemory: DeliveryTarget {
    let kind: TargetKind
    let guardsForeignObjects: Bool
    /// Whether it has the vault note that it is about to be applied to.
    let intends: Bool

    private struct State {
        var objects: [String: [String: String]] = [:]
        var calls: [String] = []
        var before: [String: @Sendable () async throws -> Void] = [:]
        var forgets = false
        var isForeign = false
    }

    private let state = Mutex(State())

    init(_ kind: TargetKind = .gateway, guardsForeignObjects: Bool = false, intends: Bool = false) {
        self.kind = kind
        self.intends = intends
        self.guardsForeignObjects = guardsForeignObjects
    }

    /// What is there: by the object's name, the values by their keys.
    var objects: [String: [String: String]] {
        get { state.withLock { $0.objects } }
        set { state.withLock { $0.objects = newValue } }
    }

    /// The calls so far: `observe`, `apply`, `withdraw`.
    var calls: [String] { state.withLock { $0.calls } }

    /// Runs `body` when `call` begins, once. What it throws is what the call throws.
    func before(_ call: String, _ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.before[call] = body }
    }

    /// Whether it says that what is there is somebody else's.
    var isForeign: Bool {
        get { state.withLock { $0.isForeign } }
        set { state.withLock { $0.isForeign = newValue } }
    }

    /// From now on it says that it has what it was given, and has not.
    func forget() { state.withLock { $0.forgets = true } }

    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        try await begin("observe")
        guard let object = objects[job.key] else { return .absent }
        let prints = job.expected.map { ($0.entry.text, $0.fingerprint) }
        let isSame =
            object.count == prints.count
            && prints.allSatisfy { name, print in object[name].map { job.fingerprint(secret($0)) } == print }
        let foreign = isForeign ? [Observation.foreign] : []
        return .present(differences: (isSame ? [] : ["content"]) + foreign)
    }

    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        try await begin("apply")
        let object = Dictionary(uniqueKeysWithValues: job.secrets.map { ($0.entry.text, $0.value.text) })
        state.withLock { state in
            if !state.forgets { state.objects[job.key] = object }
            state.isForeign = false
        }
        return ["applied": String(calls.count { $0 == "apply" })]
    }

    func intent(_ job: DeliveryJob) -> DeliveryReceipt { intends ? ["intended": "here"] : [:] }

    func receipt(
        of job: DeliveryJob, after failure: DeliveryFailure, wasAbsent: Bool
    ) -> DeliveryReceipt? {
        guard intends, failure == .refused(status: 400, code: nil) else { return nil }
        return wasAbsent ? [:] : job.receipt
    }

    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        try await begin("withdraw")
        state.withLock { $0.objects[job.key] = nil }
    }

    private func begin(_ call: String) async throws(DeliveryFailure) {
        let hook = state.withLock { state in
            state.calls.append(call)
            return state.before.removeValue(forKey: call)
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

/// A lock that is refused while another holds it.
final class LockInMemory: Sendable {
    private let held = Mutex(false)

    private final class Holder: Sendable {
        private let release: @Sendable () -> Void

        init(release: @escaping @Sendable () -> Void) {
            self.release = release
        }

        deinit { release() }
    }

    var locks: DeliveryLocks {
        DeliveryLocks { (_) throws(DeliveryFailure) in
            let isFree = self.held.withLock { held in
                defer { held = true }
                return !held
            }
            guard isFree else { throw .busy }
            return Holder { self.held.withLock { $0 = false } }
        }
    }
}
