internal import Synchronization

/// A gateway for tests: an HTTP server on a loopback port of this process that behaves as the gateway's admin API does,
/// and that can be told to misbehave.
///
/// Its state outlives ``stop()`` and a death, as the gateway's data directory does; ``restart()`` serves it again on
/// the same port. It listens on 127.0.0.1 only.
package final class GatewayDouble: Sendable {
    package typealias Request = DoubleRequest
    package typealias Death = DoubleDeath

    private let server: DoubleServer
    let shared: Mutex<State>

    /// What the event loops and the tests look at together.
    struct State {
        var behaviour: Behaviour
        var store = GatewayDoubleStore()
        var log: [Request] = []
        var deaths: [Death] = []
        var interjections: [Interjection] = []
    }

    private init(server: DoubleServer, behaviour: Behaviour) {
        self.server = server
        shared = Mutex(State(behaviour: behaviour))
    }

    /// The port it was started on; it stays the same through restarts.
    package var port: Int { server.port }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package var url: String { server.url }

    /// Starts a gateway without connections.
    ///
    /// - Parameters:
    ///   - behaviour: How it behaves; can be changed while it runs.
    ///   - port: The port to listen on; nil for a free one.
    /// - Returns: The running gateway.
    /// - Throws: What binding the port throws.
    package static func start(_ behaviour: Behaviour = .normal, port: Int? = nil) async throws -> GatewayDouble {
        try await DoubleServer.start(port: port) { GatewayDouble(server: $0, behaviour: behaviour) }
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
