internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A gateway for tests: an HTTP server on a loopback port of this process that behaves as the gateway's admin API does,
/// and that can be told to misbehave.
///
/// Its state outlives ``stop()`` and a death, as the gateway's data directory does; ``restart()`` serves it again on
/// the same port. It listens on 127.0.0.1 only.
package final class GatewayDouble: Sendable {
    /// The port it was started on; it stays the same through restarts.
    package let port: Int

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package var url: String { "http://127.0.0.1:\(port)" }

    let shared: Mutex<State>

    /// What the event loops and the tests look at together.
    struct State {
        var behaviour: Behaviour
        var store = GatewayDoubleStore()
        var log: [Request] = []
        var deaths: [Death] = []
        var interjections: [Interjection] = []
        /// Whether it lives: nothing is processed after a death, whatever still comes in.
        var isRunning = false
        var listener: (any Channel)?
        var clients: [ObjectIdentifier: any Channel] = [:]
    }

    private init(port: Int, behaviour: Behaviour) {
        self.port = port
        shared = Mutex(State(behaviour: behaviour))
    }

    /// Starts a gateway without connections.
    ///
    /// - Parameters:
    ///   - behaviour: How it behaves; can be changed while it runs.
    ///   - port: The port to listen on; nil for a free one.
    /// - Returns: The running gateway.
    /// - Throws: What binding the port throws.
    package static func start(_ behaviour: Behaviour = .normal, port: Int? = nil) async throws -> GatewayDouble {
        if let port {
            let double = GatewayDouble(port: port, behaviour: behaviour)
            try await double.listen()
            return double
        }
        for _ in 0..<tries {
            let double = GatewayDouble(port: randomPort(), behaviour: behaviour)
            if (try? await double.listen()) != nil { return double }
        }
        throw NoFreePort()
    }

    /// A port of 127.0.0.1 that nobody listened on a moment ago: for an address where nobody answers.
    package static func freePort() async throws -> Int {
        for _ in 0..<tries {
            let port = randomPort()
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let probe = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await probe.close().get()
            return port
        }
        throw NoFreePort()
    }

    /// No port was free.
    private struct NoFreePort: Error {}

    private static var tries: Int { 50 }

    /// Below the ports that the system gives to outgoing connections (from 32768 on): one of those could be taken
    /// while a double is down, and would keep it from starting again.
    private static func randomPort() -> Int { Int.random(in: 15000..<32768) }

    /// Closes the listener and every connection; does nothing when it is not running.
    package func stop() async throws {
        let (listener, clients) = die()
        for client in clients { try? await client.closeFuture.get() }
        try await listener?.closeFuture.get()
    }

    /// Serves the same state on the same port again, after ``stop()`` or a death; stops first where it still runs.
    package func restart() async throws {
        try await stop()
        try await listen()
    }

    /// Whether it was started and did not die since.
    package var isRunning: Bool { shared.withLock(\.isRunning) }

    /// Closes the listener and every connection at once, as a killed process would, and says what it closed.
    @discardableResult
    func die() -> (listener: (any Channel)?, clients: [any Channel]) {
        let (listener, clients) = shared.withLock { state in
            state.isRunning = false
            return (state.listener, Array(state.clients.values))
        }
        listener?.close(promise: nil)
        for client in clients { client.close(promise: nil) }
        return (listener, clients)
    }

    private func listen() async throws {
        shared.withLock { $0.isRunning = true }
        do {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        self.welcome(channel)
                        try GatewayDoubleHandler.install(on: channel, of: self)
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
            shared.withLock { $0.listener = listener }
        } catch {
            shared.withLock { $0.isRunning = false }
            throw error
        }
    }

    private func welcome(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        shared.withLock { $0.clients[id] = channel }
        channel.closeFuture.whenComplete { _ in
            self.shared.withLock { _ = $0.clients.removeValue(forKey: id) }
        }
    }
}
