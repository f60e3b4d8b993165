internal import CCurl
package import SecureMemory
internal import Synchronization
package import VaultCore

/// What a request asks for.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// Sends requests to one place and takes its answers, whole and bounded.
///
/// A connection is opened with the first call and kept for those that follow, which are made one after the other. It goes with the
/// caller, or with ``shutdown()``, after which a further call opens another.
package final class HTTPCaller: Sendable {
    package let endpoint: HTTPEndpoint
    private let limits: HTTPLimits
    private let connection = Mutex<Connection?>(nil)

    /// What becomes of the bytes of an answer.
    package enum Custody: Sendable {
        /// Nothing in it is secret.
        case plain
        /// It holds a secret: gathered in guarded memory of 64 KiB, which is its limit. What TLS copies is beyond reach.
        case secret

        fileprivate static let secretLimit = 64 << 10
    }

    /// A handle of the library; used under the lock alone.
    private struct Connection: ~Copyable {
        let handle: UnsafeMutableRawPointer

        init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

        deinit { sigilum_http_close(handle) }
    }

    package init(endpoint: HTTPEndpoint, limits: HTTPLimits) {
        self.endpoint = endpoint
        self.limits = limits
    }

    /// Closes the connection that is kept open.
    package func shutdown() {
        connection.withLock { $0 = nil }
    }

    /// Makes one call and waits for its end. Redirects are an error: no answer is taken from another place than the one that was named.
    ///
    /// - Parameters:
    ///   - method: What is asked for.
    ///   - path: From `/` on, with nothing in it that must be escaped.
    ///   - authorization: A whole header, by ``BearerToken/header(_:)``.
    ///   - body: JSON, by ``JSONBody``. It is sent once: where the connection dies meanwhile, the call fails.
    ///   - custody: Whether the answer may hold a secret.
    /// - Returns: The whole answer, whatever its status but a redirect.
    /// - Throws: Why there is no answer, or none that can be taken.
    package func send(
        _ method: HTTPMethod, _ path: String, authorization: SharedSecret?, body: SharedSecret?,
        answer custody: Custody = .plain
    ) throws(DeliveryFailure) -> HTTPAnswer {
        let answer = try connection.withLock { connection throws(DeliveryFailure) in
            if connection == nil {
                guard let handle = sigilum_http_open() else { throw .httpLibraryMissing }
                connection = Connection(handle)
            }
            guard let handle = connection?.handle else { throw .httpLibraryMissing }
            return try exchange(method, path, authorization, body, custody, by: handle)
        }
        guard !(300..<400).contains(answer.status) else { throw .wrongAnswer(.redirected) }
        return answer
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, _ authorization: SharedSecret?, _ body: SharedSecret?, _ custody: Custody,
        by handle: UnsafeMutableRawPointer
    ) throws(DeliveryFailure) -> HTTPAnswer {
        var request = sigilum_http_request()
        request.connect_milliseconds = Int(limits.connectMilliseconds)
        request.call_milliseconds = Int(limits.callMilliseconds)
        request.header_limit = limits.headerBytes
        request.answer_limit = limits.answerBytes
        var answer = sigilum_http_answer()
        func call() {
            method.rawValue.withCString { method in
                (endpoint.text + path).withCString { url in
                    Self.open(authorization) { authorization in
                        Self.open(body) { body in
                            request.method = method
                            request.url = url
                            request.authorization = authorization?.baseAddress?.assumingMemoryBound(to: CChar.self)
                            request.body = body?.baseAddress
                            request.body_count = body?.count ?? 0
                            sigilum_http_call(handle, &request, &answer)
                        }
                    }
                }
            }
        }
        switch custody {
        case .plain:
            call()
            defer { sigilum_http_release(answer.made) }
            try check(answer.end)
            return HTTPAnswer(answer, .plain(Array(UnsafeRawBufferPointer(start: answer.made, count: answer.count))))
        case .secret:
            request.answer_limit = min(limits.answerBytes, Custody.secretLimit)
            let bytes = SecretBytes(capacity: request.answer_limit) { room in
                request.room = room.baseAddress
                call()
                return answer.count
            }
            try check(answer.end)
            return HTTPAnswer(answer, .secret(SharedSecret(bytes)))
        }
    }

    /// Readable while `body` runs, where there is one.
    private static func open(_ secret: SharedSecret?, _ body: (UnsafeRawBufferPointer?) -> Void) {
        guard let secret else { return body(nil) }
        secret.bytes.withBytes { body($0) }
    }

    private func check(_ end: sigilum_http_end) throws(DeliveryFailure) {
        switch end {
        case SIGILUM_HTTP_DONE: return
        case SIGILUM_HTTP_TOO_LONG: throw .wrongAnswer(.tooLong)
        case SIGILUM_HTTP_BROKEN: throw .wrongAnswer(.brokenProtocol)
        default: throw .unreachable(endpoint: endpoint.text)
        }
    }
}

extension HTTPAnswer {
    fileprivate init(_ answer: sigilum_http_answer, _ body: Body) {
        /// nil where there is none, or a long one.
        func text<Field>(_ field: Field) -> String? {
            withUnsafeBytes(of: field) { bytes in
                bytes.first == 0 ? nil : String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        let type = text(answer.content_type)?.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        self.init(
            status: Int(answer.status),
            isJSON: type?.elementsEqual("application/json".utf8) { $0 | 0x20 == $1 | 0x20 } ?? false,
            retryAfter: text(answer.retry_after), date: text(answer.date),
            body: body)
    }
}
