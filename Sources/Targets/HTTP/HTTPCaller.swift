internal import AsyncHTTPClient
package import NIOCore
package import NIOHTTP1
internal import Synchronization
package import VaultCore

/// Sends requests to one place and takes its answers, whole and bounded.
///
/// The HTTP client is made with the first call and kept for those that follow. It goes with the transport, or with
/// ``shutdown()``, after which a further call makes another.
package final class HTTPCaller: Sendable {
    package let endpoint: HTTPEndpoint
    private let limits: HTTPLimits
    private let client = Mutex<HTTPClient?>(nil)

    /// The time for a call is over.
    private struct Expired: Error {}

    /// The answer is longer than the limit.
    private struct TooLong: Error {}

    /// What becomes of the bytes of an answer.
    package enum Custody: Sendable {
        /// Nothing in it is secret.
        case plain
        /// It holds a secret: gathered in one place of 64 KiB, which is its limit, and wiped wherever it was before.
        /// The caller wipes ``HTTPAnswer/body``. What the network stack keeps (TLS does) is beyond reach.
        case secret

        fileprivate var capacity: Int { self == .secret ? 64 << 10 : 0 }
    }

    /// One thread for all calls of the process, which are made one after the other; call it once, before the first of them. NIO
    /// would make one for each core that the machine says it has, in files of `/sys/fs/cgroup`, and end the process by a
    /// signal where one of them cannot be closed.
    package static func useOneThread() {
        NIOSingletons.groupLoopCountSuggestion = 1
    }

    package init(endpoint: HTTPEndpoint, limits: HTTPLimits) {
        self.endpoint = endpoint
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
    package func shutdown() async {
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
    ///   - authorization: The value of the header of that name.
    ///   - body: JSON; wiped when the call is over.
    ///   - custody: Whether the answer may hold a secret.
    /// - Returns: The whole answer, whatever its status but a redirect.
    /// - Throws: Why there is no answer, or none that can be taken.
    package func send(
        _ method: HTTPMethod, _ path: String, authorization: String?, body: ByteBuffer?,
        answer custody: Custody = .plain
    ) async throws(DeliveryFailure) -> HTTPAnswer {
        defer { body.map(JSONBody.wipe) }
        var request = HTTPClientRequest(url: endpoint.text + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        let answer: HTTPAnswer
        do {
            answer = try await exchange(request, custody)
        } catch {
            throw translate(error)
        }
        guard !(300..<400).contains(answer.status) else { throw .wrongAnswer(.redirected) }
        return answer
    }

    /// The client's own deadline ends with the head of the answer, so the whole call runs against a clock.
    private func exchange(_ request: HTTPClientRequest, _ custody: Custody) async throws -> HTTPAnswer {
        let client = openClient()
        let limits = limits
        return try await withThrowingTaskGroup(of: HTTPAnswer?.self) { group in
            group.addTask {
                let deadline = NIODeadline.now() + .milliseconds(limits.callMilliseconds)
                let response = try await client.execute(request, deadline: deadline)
                return try await Self.collect(response, custody, limit: limits.answerBytes)
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

    private static func collect(
        _ response: HTTPClientResponse, _ custody: Custody, limit: Int
    ) async throws -> HTTPAnswer {
        let limit = custody == .secret ? min(limit, custody.capacity) : limit
        // All of it at once where it is secret: a buffer that grows leaves its old bytes behind.
        var body = ByteBufferAllocator().buffer(capacity: min(limit, custody.capacity))
        do {
            for try await part in response.body {
                defer { if custody == .secret { JSONBody.wipe(part) } }
                guard body.readableBytes + part.readableBytes <= limit else { throw TooLong() }
                body.writeImmutableBuffer(part)
            }
        } catch {
            if custody == .secret { JSONBody.wipe(body) }
            throw error
        }
        let type = response.headers.first(name: "Content-Type") ?? ""
        let isJSON = type.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/json"
        let wait = response.headers.first(name: "Retry-After").flatMap { $0.utf8.count <= 64 ? $0 : nil }
        let date = response.headers.first(name: "Date").flatMap { $0.utf8.count <= 64 ? HTTPDate.seconds($0) : nil }
        return HTTPAnswer(
            status: Int(response.status.code), isJSON: isJSON, retryAfter: wait, date: date.map { $0 * 1000 },
            body: body)
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
