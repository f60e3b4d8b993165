internal import Synchronization

extension GatewayDouble: DoubleService {
    var bodyLimit: Int { 2 << 20 }
    var closesOnLargeBody: Bool { behaviour.closesOnLargeBody }

    func receive(_ request: Request, isTooLarge: Bool, keepAlive: Bool) -> (action: DoubleAction, delay: Int) {
        shared.withLock { state in
            state.log.append(request)
            let delay = state.behaviour.delayMilliseconds
            let death = Death.take(from: &state.deaths, at: request)
            if death == .beforeProcessing { return (.death, 0) }
            state.interject(before: request)
            let requestID = request.header("X-Request-Id") ?? "req-\(state.log.count)"
            var honest = state.honestly(request, isTooLarge: isTooLarge)
            if isTooLarge { honest.closes = true }
            honest.date = state.behaviour.date
            honest = honest.identified(by: requestID)
            if death == .afterProcessing { return (.death, 0) }
            let action = state.behaviour.disguise(
                honest, of: request, requestID: requestID, keepAlive: keepAlive)
            return (action, delay)
        }
    }
}

extension GatewayDouble.State {
    /// Lets somebody else act first, where that was arranged.
    fileprivate mutating func interject(before request: GatewayDouble.Request) {
        let turn = interjections.firstIndex { $0.method == request.method && $0.path == request.path }
        guard let turn else { return }
        interjections.remove(at: turn).change(&store.connections, &behaviour)
    }

    /// The gateway's own answer, with its effect on the state.
    fileprivate mutating func honestly(_ request: GatewayDouble.Request, isTooLarge: Bool) -> GatewayDoubleReply {
        if ["/health", "/health/live", "/health/ready"].contains(request.path) { return Self.health(request) }
        guard request.path.hasPrefix("/api/admin/") else { return .unknownPath(request.method) }
        guard isAdmitted(request) else {
            return .failure(403, "admin token required", code: "ADMIN_TOKEN_REQUIRED")
        }
        guard !isTooLarge else { return .failure(413, "request body too large", code: "REQUEST_BODY_TOO_LARGE") }
        if request.method != "GET", behaviour.conflicts > 0 {
            behaviour.conflicts -= 1
            return .failure(400, "Transaction Conflict. Please retry")
        }
        guard behaviour.answering.isSincere else {
            var imagined = store
            return imagined.answer(request, behaviour)
        }
        return store.answer(request, behaviour)
    }

    private static func health(_ request: GatewayDouble.Request) -> GatewayDoubleReply {
        guard request.method == "GET" else { return .failure(405, "method not allowed") }
        let checks = ["/health/live": "liveness", "/health/ready": "readiness"]
        return .success(200, ["check": checks[request.path] ?? "health", "status": "ok"])
    }

    private func isAdmitted(_ request: GatewayDouble.Request) -> Bool {
        guard case .token(let token) = behaviour.access else { return true }
        return request.header("Authorization") == "Bearer \(token)"
            || request.header("X-Sigilum-Admin-Token") == token
    }
}

extension GatewayDouble.Behaviour.Answering {
    /// Whether what is asked for is also done.
    fileprivate var isSincere: Bool {
        switch self {
        case .honestly, .garbage, .wrongContentType, .truncating, .hangingUp: true
        default: false
        }
    }
}

extension GatewayDouble.Behaviour {
    /// The honest answer as this behaviour gives it.
    fileprivate func disguise(
        _ honest: GatewayDoubleReply, of request: GatewayDouble.Request, requestID: String, keepAlive: Bool
    ) -> DoubleAction {
        func send(_ reply: GatewayDoubleReply) -> DoubleAction {
            .answer(
                reply.bytes(requestID: requestID, keepAlive: keepAlive), closes: reply.closes || !keepAlive)
        }
        func withBody(_ status: Int, _ body: [UInt8], type: String = "application/json") -> DoubleAction {
            send(GatewayDoubleReply(status: status, contentType: type, body: body))
        }
        switch answering {
        case .honestly, .pretending: return send(honest)
        case .lying: return send(.plain(200, "sigilum gateway"))
        case .garbage: return withBody(honest.status, Array("{\"id\": \u{7}oops".utf8))
        case .wrongContentType: return withBody(honest.status, honest.body, type: "text/html")
        case .redirecting(let base): return .redirection(to: base + request.path)
        case .endlessBody: return .endlessBody
        case .trickling: return .trickling
        case .endlessHeaders:
            let line = "X-Filler: \(String(repeating: "a", count: 1000))\r\n"
            let start = Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n".utf8)
            return .endless(head: start, filler: Array(line.utf8), pauseMilliseconds: 0)
        case .huge(let bytes):
            let padding = String(repeating: "x", count: bytes)
            return withBody(honest.status, DoubleJSON.write(["id": "linear", "filler": padding]))
        case .quoting(let status):
            let quote = Self.quote(request)
            let members = ["error", "code", "request_id", "docs_url"].map { ($0, quote) }
            return withBody(status, DoubleJSON.write(Dictionary(uniqueKeysWithValues: members)))
        case .quotingAsSuccess: return withBody(200, DoubleJSON.write(Self.quotingFields(request)))
        case .status(let status): return send(.empty(status))
        case .notHTTP: return .answer(Array("220 mail.example.org ESMTP ready\r\n\r\n".utf8), closes: true)
        case .silently: return .silence
        case .hangingUp: return .hangUp
        case .truncating:
            let bytes = honest.bytes(requestID: requestID, keepAlive: keepAlive)
            return .answer(Array(bytes.prefix(bytes.count - 20)), closes: true)
        }
    }

    /// Everything of the request that may be secret, in one text.
    private static func quote(_ request: GatewayDouble.Request) -> String {
        (request.header("Authorization") ?? "") + " " + String(decoding: request.body, as: UTF8.self)
    }

    /// A connection all of whose texts are the quote, under the right id.
    private static func quotingFields(_ request: GatewayDouble.Request) -> [String: Any] {
        let quote = quote(request)
        let id = request.path.split(separator: "/").dropFirst(3).first.map(String.init) ?? "linear"
        return [
            "id": id, "name": quote, "base_url": quote, "auth_mode": quote, "auth_header_name": quote,
            "auth_prefix": quote, "auth_secret_key": quote, "credential_keys": [quote], "status": quote,
            "created_at": quote, "path_prefix": quote, "secret_version": 7,
        ]
    }
}
