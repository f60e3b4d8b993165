internal import Synchronization

/// What tests look at and turn while the double runs. Where a path is given, a part `*` stands for any one part:
/// `/v1/services/*/keys`.
extension APIDouble {
    /// How it behaves from the next request on.
    package var behaviour: Behaviour {
        get { shared.withLock { $0.behaviour } }
        set { shared.withLock { $0.behaviour = newValue } }
    }

    /// All services of all accounts in the order they were made, with their keys, revoked ones too.
    package var services: [Service] { shared.withLock { $0.store.services } }

    /// The first service of a slug; nil where there is none.
    package func service(_ slug: String) -> Service? { services.first { $0.slug == slug } }

    /// Every key that was ever shown, in order.
    package var shownKeys: [String] { shared.withLock { $0.store.shown } }

    /// Whether a call with this key would be let in: its hash is there, and it is not revoked.
    package func accepts(_ key: String) -> Bool {
        let hash = APIDoubleStore.hash(key)
        return services.contains { $0.activeKeys.contains { $0.hash == hash } }
    }

    /// Lets a token in as the owner of an account, which may be a new one.
    package func admit(_ token: String, as account: String = "johndee") {
        shared.withLock { $0.store.accounts[token] = account }
    }

    /// Answers `TOKEN_EXPIRED` to a token from now on.
    package func expire(_ token: String) {
        shared.withLock { state in
            state.store.accounts[token] = nil
            state.store.expired.insert(token)
        }
    }

    /// Every request since the start or the last ``forgetRequests()``, in the order they arrived.
    package var requests: [Request] { shared.withLock { $0.log } }

    /// Empties ``requests``.
    package func forgetRequests() {
        shared.withLock { $0.log.removeAll() }
    }

    /// How many of ``requests`` are of that method and path; nil is any.
    package func calls(_ method: String? = nil, _ path: String? = nil) -> Int {
        requests.filter { $0.matches(method, path) }.count
    }

    /// URLs that held an owner token or a key: there must be none.
    package var leaks: [String] { shared.withLock { $0.leaks } }

    /// Puts services there, behind those that are.
    package func preload(_ services: [Service]) {
        shared.withLock { $0.store.services += services }
    }

    /// Changes a service behind everybody's back, as another person at the dashboard would; nothing when there is none
    /// of that slug.
    package func change(_ slug: String, _ body: @Sendable (inout Service) -> Void) {
        shared.withLock { state in
            guard let index = state.store.services.firstIndex(where: { $0.slug == slug }) else { return }
            body(&state.store.services[index])
        }
    }

    /// Takes a service and its keys away behind everybody's back.
    package func forget(_ slug: String) {
        shared.withLock { $0.store.services.removeAll { $0.slug == slug } }
    }

    /// Changes the services right before the next request of that method and path is processed: what somebody else
    /// does between two calls of a client.
    package func interject(
        beforeNext method: String, path: String, _ change: @escaping @Sendable (inout [Service]) -> Void
    ) {
        shared.withLock { $0.interjections.append(Interjection(method: method, path: path, change: change)) }
    }

    /// Answers otherwise to the next requests of that method and path, so many of them; to others as before.
    package func misbehave(
        _ answering: Behaviour.Answering, times: Int = 1, method: String? = nil, path: String? = nil
    ) {
        shared.withLock {
            $0.faults.append(Fault(answering: answering, remaining: times, method: method, path: path))
        }
    }

    /// Behaves as usual again: what ``misbehave(_:times:method:path:)`` arranged and did not happen yet does not.
    package func clearFaults() {
        shared.withLock { $0.faults.removeAll() }
    }

    /// Lets it die at a request that is yet to come.
    ///
    /// - Parameters:
    ///   - moment: Before the request is processed (nothing changes) or after (it is done, and nobody is told).
    ///   - occurrence: At the n-th request that matches, counted from now; 1 is the next.
    ///   - method: Only requests of this method; nil for any.
    ///   - path: Only requests of this path; nil for any.
    package func die(_ moment: Death.Moment, occurrence: Int = 1, method: String? = nil, path: String? = nil) {
        shared.withLock {
            $0.deaths.append(Death(moment: moment, remaining: occurrence, method: method, path: path))
        }
    }

    /// A change to come.
    struct Interjection: Sendable {
        let method: String
        let path: String
        let change: @Sendable (inout [Service]) -> Void
    }

    /// Answers to come that are not the behaviour's.
    struct Fault: Sendable {
        let answering: Behaviour.Answering
        var remaining: Int
        let method: String?
        let path: String?
    }
}
