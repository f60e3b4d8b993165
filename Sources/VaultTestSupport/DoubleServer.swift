internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// What a double does with what it is asked.
protocol DoubleService: Sendable {
    /// The longest body that is taken, in bytes.
    var bodyLimit: Int { get }
    /// Whether a body over the limit is answered, and the connection closed, while the client still sends.
    var closesOnLargeBody: Bool { get }

    /// Logs a request, does what it asks for, and says what to answer after how many milliseconds. One at a time.
    func receive(_ request: DoubleRequest, isTooLarge: Bool, keepAlive: Bool) -> (action: DoubleAction, delay: Int)
}

/// The HTTP server that doubles share: a loopback port of this process that can die as a program does, and be started
/// again. It listens on 127.0.0.1 only.
final class DoubleServer: Sendable {
    /// The port it was started on; it stays the same through restarts.
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    private let shared = Mutex(State())

    private struct State {
        /// Whether it lives: nothing is processed after a death, whatever still comes in.
        var isRunning = false
        var listener: (any Channel)?
        var clients: [ObjectIdentifier: any Channel] = [:]
    }

    /// No port was free.
    private struct NoFreePort: Error {}

    private static var tries: Int { 50 }

    private init(port: Int) {
        self.port = port
    }

    /// Starts what `make` makes of a server, on that port or on a free one.
    ///
    /// - Throws: What binding the port throws.
    static func start<Double: DoubleService>(
        port: Int?, _ make: (DoubleServer) -> Double
    ) async throws -> Double {
        if let port {
            let server = DoubleServer(port: port)
            let double = make(server)
            try await server.listen(double)
            return double
        }
        for _ in 0..<tries {
            let server = DoubleServer(port: randomPort())
            let double = make(server)
            if (try? await server.listen(double)) != nil { return double }
        }
        throw NoFreePort()
    }

    /// A port of 127.0.0.1 that nobody listened on a moment ago.
    static func freePort() async throws -> Int {
        for _ in 0..<tries {
            let port = randomPort()
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let probe = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await probe.close().get()
            return port
        }
        throw NoFreePort()
    }

    /// Below the ports that the system gives to outgoing connections (from 32768 on): one of those could be taken
    /// while a double is down, and would keep it from starting again.
    private static func randomPort() -> Int { Int.random(in: 15000..<32768) }

    /// Closes the listener and every connection; does nothing when it is not running.
    func stop() async throws {
        let (listener, clients) = die()
        for client in clients { try? await client.closeFuture.get() }
        try await listener?.closeFuture.get()
    }

    /// Whether it was started and did not die since.
    var isRunning: Bool { shared.withLock(\.isRunning) }

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

    /// Hands a request to the service; from the moment of a death on, all that comes finds nobody.
    func receive(
        _ request: DoubleRequest, for service: any DoubleService, isTooLarge: Bool, keepAlive: Bool
    ) -> (action: DoubleAction, delay: Int) {
        shared.withLock { state in
            guard state.isRunning else { return (.hangUp, 0) }
            let answer = service.receive(request, isTooLarge: isTooLarge, keepAlive: keepAlive)
            if case .death = answer.action { state.isRunning = false }
            return answer
        }
    }

    /// Stops, and listens on the same port again. A program that was being started meanwhile has the old listener for a
    /// moment more, until it is another program: that is waited for.
    func listenAgain(_ service: any DoubleService) async throws {
        try await stop()
        for _ in 0..<200 {
            do {
                return try await listen(service)
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await listen(service)
    }

    func listen(_ service: any DoubleService) async throws {
        shared.withLock { $0.isRunning = true }
        do {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        self.welcome(channel)
                        try DoubleConnection.install(on: channel, of: self, for: service)
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
