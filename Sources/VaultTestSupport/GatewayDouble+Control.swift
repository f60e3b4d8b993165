internal import Synchronization

/// What tests look at and turn while the double runs.
extension GatewayDouble {
    /// How it behaves from the next request on.
    package var behaviour: Behaviour {
        get { shared.withLock { $0.behaviour } }
        set { shared.withLock { $0.behaviour = newValue } }
    }

    /// All connections by id, with their secrets.
    package var connections: [String: Connection] { shared.withLock { $0.store.connections } }

    /// The credential variables by key, with their values.
    package var variables: [String: String] { shared.withLock { $0.store.variables.mapValues(\.value) } }

    /// Every request since the start or the last ``forgetRequests()``, in the order they arrived.
    package var requests: [Request] { shared.withLock { $0.log } }

    /// Empties ``requests``.
    package func forgetRequests() {
        shared.withLock { $0.log.removeAll() }
    }

    /// Puts connections there, in place of those with the same ids.
    package func preload(_ connections: Connection...) {
        shared.withLock { state in
            for connection in connections { state.store.connections[connection.id] = connection }
        }
    }

    /// Puts a credential variable there.
    package func preload(variable key: String, _ value: String) {
        let now = DoubleClock.now()
        shared.withLock { state in
            state.store.variables[key] = GatewayDoubleStore.Variable(
                value: value, createdAt: now, updatedAt: now, subject: "")
        }
    }

    /// Changes a connection behind everybody's back, as another person at the dashboard would; nothing when there is
    /// none of that id.
    package func change(_ id: String, _ body: @Sendable (inout Connection) -> Void) {
        shared.withLock { state in
            guard var connection = state.store.connections[id] else { return }
            body(&connection)
            state.store.connections[id] = connection
        }
    }

    /// Takes a connection away behind everybody's back.
    package func forget(_ id: String) {
        shared.withLock { state in
            state.store.connections[id] = nil
        }
    }

    /// Changes the connections right before the next request of that method and path is processed: what somebody else
    /// does between two calls of a client.
    package func interject(
        beforeNext method: String, path: String, _ change: @escaping @Sendable (inout [String: Connection]) -> Void
    ) {
        shared.withLock { state in
            state.interjections.append(
                Interjection(method: method, path: path) { connections, _ in change(&connections) })
        }
    }

    /// Answers otherwise from the next request of that method and path on.
    package func misbehave(_ answering: Behaviour.Answering, beforeNext method: String, path: String) {
        shared.withLock { state in
            state.interjections.append(
                Interjection(method: method, path: path) { _, behaviour in behaviour.answering = answering })
        }
    }

    /// Lets it die at a request that is yet to come.
    ///
    /// - Parameters:
    ///   - moment: Before the request is processed (nothing changes) or after (it is done, and nobody is told).
    ///   - occurrence: At the n-th request that matches, counted from now; 1 is the next.
    ///   - method: Only requests of this method; nil for any.
    ///   - path: Only requests of exactly this path; nil for any.
    package func die(_ moment: Death.Moment, occurrence: Int = 1, method: String? = nil, path: String? = nil) {
        shared.withLock { state in
            state.deaths.append(Death(moment: moment, remaining: occurrence, method: method, path: path))
        }
    }
}

extension GatewayDouble {
    /// A change to come, of the connections or of the behaviour.
    struct Interjection: Sendable {
        let method: String
        let path: String
        let change: @Sendable (inout [String: Connection], inout Behaviour) -> Void
    }
}
