internal import Synchronization

/// The API for tests: an HTTP server on a loopback port of this process that behaves as the API does with services and
/// their keys, and that can be told to misbehave.
///
/// Its state outlives ``stop()`` and a death, as a database does; ``restart()`` serves it again on the same port. It
/// listens on 127.0.0.1 only.
package final class APIDouble: Sendable {
    package typealias Request = DoubleRequest
    package typealias Death = DoubleDeath

    private let server: DoubleServer
    let shared: Mutex<State>

    /// What the event loops and the tests look at together.
    struct State {
        var behaviour: Behaviour
        var store: APIDoubleStore
        var log: [Request] = []
        var deaths: [Death] = []
        var interjections: [Interjection] = []
        var faults: [Fault] = []
        /// URLs that held a secret.
        var leaks: [String] = []
    }

    private init(server: DoubleServer, token: String, behaviour: Behaviour) {
        self.server = server
        shared = Mutex(State(behaviour: behaviour, store: APIDoubleStore(accounts: [token: "johndee"])))
    }

    /// The port it was started on; it stays the same through restarts.
    package var port: Int { server.port }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package var url: String { server.url }

    /// Starts an API with one account, `johndee`, without services.
    ///
    /// - Parameters:
    ///   - token: The owner token of that account.
    ///   - behaviour: How it behaves; can be changed while it runs.
    ///   - port: The port to listen on; nil for a free one.
    /// - Returns: The running API.
    /// - Throws: What binding the port throws.
    package static func start(
        token: String, _ behaviour: Behaviour = .normal, port: Int? = nil
    ) async throws -> APIDouble {
        try await DoubleServer.start(port: port) { APIDouble(server: $0, token: token, behaviour: behaviour) }
    }

    /// A port of 127.0.0.1 that nobody listened on a moment ago: for an address where nobody answers.
    package static func freePort() async throws -> Int { try await DoubleServer.freePort() }

    /// Closes the listener and every connection; does nothing when it is not running.
    package func stop() async throws { try await server.stop() }

    /// Serves the same state on the same port again, after ``stop()`` or a death; stops first where it still runs.
    package func restart() async throws {
        try await server.listenAgain(self)
    }

    /// Whether it was started and did not die since.
    package var isRunning: Bool { server.isRunning }
}
