internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import SecureMemory
internal import Synchronization
internal import VaultCore

/// Sends requests to one gateway and takes its answers, whole and bounded.
///
/// The HTTP client is made with the first call and kept for those that follow. It goes with the transport, or with
/// ``shutdown()``, after which a further call makes another.
final class AdminTransport: Sendable {
    let endpoint: GatewayEndpoint
    private let token: SharedSecret?
    private let limits: GatewayLimits
    private let client = Mutex<HTTPClient?>(nil)

    /// The time for a call is over.
    private struct Expired: Error {}

    /// The answer is longer than the limit.
    private struct TooLong: Error {}

    init(endpoint: GatewayEndpoint, token: SharedSecret?, limits: GatewayLimits) {
        self.endpoint = endpoint
        self.token = token
        self.limits = limits
    }

    deinit {
        // A client must be shut down before it goes; nobody waits for it here.
        client.withLock { client in
            client?.shutdown { _ in }
            client = nil
        }
    }

    /// Closes the connections that are kept open.
    func shutdown() async {
        let old = client.withLock { client in
            defer { client = nil }
            return client
        }
        // It fails only where it was shut down before.
        try? await old?.shutdown()
    }

    /// Makes one call. Redirects are an error: no answer is taken from another place than the one that was named.
    ///
    /// - Parameters:
    ///   - method: GET, POST, PATCH or DELETE.
    ///   - path: From `/` on, with nothing in it that must be escaped.
    ///   - body: JSON; wiped when the call is over.
    /// - Returns: The whole answer, whatever its status but a redirect.
    /// - Throws: Why there is no answer, or none that can be taken.
    func send(_ method: HTTPMethod, _ path: String, body: ByteBuffer?) async throws(DeliveryFailure) -> AdminAnswer {
        defer { body.map(SecretBody.wipe) }
        var request = HTTPClientRequest(url: endpoint.text + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        if let token { request.headers.add(name: "Authorization", value: try bearerValue(token)) }
        let answer: AdminAnswer
        do {
            answer = try await exchange(request)
        } catch {
            throw translate(error)
        }
        guard !(300..<400).contains(answer.status) else { throw .wrongAnswer(.redirected) }
        return answer
    }

    /// The value of the header that carries the admin token: the one place where it becomes a `String`, because the
    /// client takes no other. White space around it is not part of it; anything that cannot be in a header is refused.
    private func bearerValue(_ token: SharedSecret) throws(DeliveryFailure) -> String {
        guard !endpoint.isExposed else { throw .tokenOverPlainHTTP(endpoint: endpoint.text) }
        return try token.bytes.withBytes { bytes throws(DeliveryFailure) in
            let kept = bytes.trimmed
            guard !kept.isEmpty, kept.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .adminTokenRequired }
            return "Bearer " + String(decoding: kept, as: UTF8.self)
        }
    }

    /// The client's own deadline ends with the head of the answer, so the whole call runs against a clock.
    private func exchange(_ request: HTTPClientRequest) async throws -> AdminAnswer {
        let client = openClient()
        let limits = limits
        return try await withThrowingTaskGroup(of: AdminAnswer?.self) { group in
            group.addTask {
                let deadline = NIODeadline.now() + .milliseconds(limits.callMilliseconds)
                return try await Self.collect(client.execute(request, deadline: deadline), limit: limits.answerBytes)
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(limits.callMilliseconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else { throw Expired() }
            return answer
        }
    }

    private static func collect(_ response: HTTPClientResponse, limit: Int) async throws -> AdminAnswer {
        var body = ByteBuffer()
        for try await part in response.body {
            guard body.readableBytes + part.readableBytes <= limit else { throw TooLong() }
            body.writeImmutableBuffer(part)
        }
        let type = response.headers.first(name: "Content-Type") ?? ""
        let isJSON = type.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/json"
        return AdminAnswer(status: Int(response.status.code), isJSON: isJSON, body: body)
    }

    private func openClient() -> HTTPClient {
        client.withLock { client in
            if let client { return client }
            var settings = HTTPClient.Configuration(
                redirectConfiguration: .disallow,
                timeout: .init(connect: .milliseconds(limits.connectMilliseconds)), decompression: .disabled)
            settings.httpVersion = .http1Only
            // Otherwise a refused connection is tried again until the time to connect is over.
            settings.connectionPool.retryConnectionEstablishment = false
            let new = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
            client = new
            return new
        }
    }

    /// An error of the client can quote the request, so only its kind gets out.
    private func translate(_ error: any Error) -> DeliveryFailure {
        switch error {
        case is TooLong: .wrongAnswer(.tooLong)
        case HTTPParserError.headerOverflow: .wrongAnswer(.tooLong)
        // It died while it answered.
        case HTTPParserError.invalidEOFState: .unreachable(endpoint: endpoint.text)
        case is HTTPParserError: .wrongAnswer(.brokenProtocol)
        default: .unreachable(endpoint: endpoint.text)
        }
    }
}
