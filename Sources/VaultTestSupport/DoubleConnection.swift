internal import NIOCore
internal import NIOHTTP1

/// One connection of a double: takes requests apart and sends what its ``DoubleService`` decides.
///
/// Answers are written as bytes below the HTTP decoder, because some of them must not be HTTP.
final class DoubleConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let server: DoubleServer
    private let service: any DoubleService
    private let wire: DoubleWire
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false

    private init(server: DoubleServer, service: any DoubleService, wire: DoubleWire) {
        self.server = server
        self.service = service
        self.wire = wire
    }

    /// Puts the handlers of a connection in place; on the channel's event loop.
    static func install(on channel: any Channel, of server: DoubleServer, for service: any DoubleService) throws {
        let wire = DoubleWire()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        let handler = DoubleConnection(server: server, service: service, wire: wire)
        try channel.pipeline.syncOperations.addHandler(wire)
        try channel.pipeline.syncOperations.addHandler(decoder)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let new):
            head = new
            body = []
            isTooLarge = false
            if new.headers["Expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                wire.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
            }
        case .body(let part):
            guard head != nil, !isTooLarge else { return }
            body.append(contentsOf: part.readableBytesView)
            guard body.count > service.bodyLimit else { return }
            isTooLarge = true
            if service.closesOnLargeBody { finish(context) }
        case .end:
            finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that breaks off, or sends what is not HTTP, ends its connection and nothing else.
        context.close(promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        let uri = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let request = DoubleRequest(
            method: head.method.rawValue, path: uri.first ?? "", query: uri.count > 1 ? uri[1] : "",
            headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
        let (action, delay) = server.receive(
            request, for: service, isTooLarge: isTooLarge, keepAlive: head.isKeepAlive)
        guard delay > 0 else {
            perform(action)
            return
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(delay))) { self.perform(action) }
    }

    private func perform(_ action: DoubleAction) {
        switch action {
        case .answer(let bytes, let closes):
            wire.send(bytes)
            if closes { wire.close() }
        case .endless(let head, let filler, let pause):
            wire.send(head)
            wire.sendForEver(filler, pauseMilliseconds: pause)
        case .silence: break
        case .death: server.die()
        case .hangUp: wire.close()
        }
    }
}

/// The end of the pipeline at the socket: sends bytes as they are.
final class DoubleWire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func send(_ bytes: [UInt8]) {
        guard let context else { return }
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// Closes once everything before is on its way.
    func close() {
        context?.close(promise: nil)
    }

    /// Sends the same bytes until the peer is gone, the next when the last are on their way.
    func sendForEver(_ filler: [UInt8], pauseMilliseconds: Int) {
        guard let context, context.channel.isActive else { return }
        let loop = context.eventLoop.assumeIsolated()
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: filler))).assumeIsolated().whenSuccess {
            loop.scheduleTask(in: .milliseconds(Int64(pauseMilliseconds))) {
                self.sendForEver(filler, pauseMilliseconds: pauseMilliseconds)
            }
        }
    }
}
