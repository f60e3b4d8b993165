internal import Synchronization

extension APIDouble: DoubleService {
    var bodyLimit: Int { 1 << 20 }
    var closesOnLargeBody: Bool { false }

    func receive(_ request: Request, isTooLarge: Bool, keepAlive: Bool) -> (action: DoubleAction, delay: Int) {
        shared.withLock { state in
            state.log.append(request)
            state.noteLeaks(in: request)
            let delay = state.behaviour.delayMilliseconds
            let death = Death.take(from: &state.deaths, at: request)
            if death == .beforeProcessing { return (.death, 0) }
            state.interject(before: request)
            let answering = state.takeFault(for: request) ?? state.behaviour.answering
            var behaviour = state.behaviour
            var store = state.store
            let honest =
                isTooLarge
                ? APIDoubleReply.failure(413, "request body too large") : store.answer(request, &behaviour)
            if answering.isSincere { (state.store, state.behaviour) = (store, behaviour) }
            if death == .afterProcessing { return (.death, 0) }
            return (answering.disguise(honest, of: request, closes: isTooLarge || !keepAlive), delay)
        }
    }
}

extension APIDouble.State {
    /// Notes a URL with a token or key in it, whole or the rest behind its first 8 characters.
    fileprivate mutating func noteLeaks(in request: APIDouble.Request) {
        let url = "\(request.path)?\(request.query)"
        let tokens = Array(store.accounts.keys) + Array(store.expired)
        let isLeak = (tokens + store.shown).contains { secret in
            secret.utf8.count > 16 && url.contains(secret.dropFirst(8))
        }
        if isLeak { leaks.append(url) }
    }

    /// Lets somebody else act first, where that was arranged.
    fileprivate mutating func interject(before request: APIDouble.Request) {
        guard let turn = interjections.firstIndex(where: { request.matches($0.method, $0.path) }) else { return }
        interjections.remove(at: turn).change(&store.services)
    }

    /// The answering that was arranged for this request.
    fileprivate mutating func takeFault(
        for request: APIDouble.Request
    ) -> APIDouble.Behaviour.Answering? {
        guard let index = faults.firstIndex(where: { $0.remaining > 0 && request.matches($0.method, $0.path) }) else {
            return nil
        }
        faults[index].remaining -= 1
        return faults[index].answering
    }
}

extension APIDouble.Behaviour.Answering {
    /// Whether what is asked for is also done.
    fileprivate var isSincere: Bool {
        switch self {
        case .honestly, .garbage, .wrongContentType, .saying, .failingAfter, .truncating: true
        default: false
        }
    }

    /// The honest answer as it is given.
    fileprivate func disguise(
        _ honest: APIDoubleReply, of request: APIDouble.Request, closes: Bool
    ) -> DoubleAction {
        func send(_ reply: APIDoubleReply, as type: String? = "application/json; charset=utf-8") -> DoubleAction {
            let headers = (type.map { [("Content-Type", $0)] } ?? []) + reply.headers
            return .answer(DoubleHTTP.bytes(reply.status, headers, reply.body, closes: closes), closes: closes)
        }
        switch self {
        case .honestly, .pretending: return send(honest)
        case .lying: return send(APIDoubleReply(status: 200, body: Array("It works!\n".utf8)), as: "text/plain")
        case .garbage: return send(APIDoubleReply(status: honest.status, body: Array("{\"id\": \u{7}oops".utf8)))
        case .wrongContentType: return send(honest, as: "text/html")
        case .saying(let body): return send(APIDoubleReply(status: honest.status, body: Array(body.utf8)))
        case .failingAfter(let status): return send(.failure(status, "Internal error", code: "INTERNAL_ERROR"))
        case .truncating:
            guard case .answer(let bytes, _) = send(honest) else { return .hangUp }
            return .answer(Array(bytes.dropLast(20)), closes: true)
        case .redirecting(let base): return .redirection(to: base + request.path)
        case .endlessBody: return .endlessBody
        case .trickling: return .trickling
        case .huge(let status, let bytes):
            return send(.success(status, ["filler": String(repeating: "x", count: bytes)]))
        case .quoting(let status):
            let quote = (request.header("Authorization") ?? "") + " " + String(decoding: request.body, as: UTF8.self)
            return send(.failure(status, quote, code: quote))
        case .error(let status, let code): return send(.failure(status, "No.", code: code))
        case .status(let status): return send(APIDoubleReply(status: status, body: []), as: nil)
        case .later(let status, let wait):
            var reply = APIDoubleReply.failure(status, "Later.", code: "RATE_LIMITED")
            if let wait { reply.headers = [("Retry-After", wait)] }
            return send(reply)
        case .notHTTP: return .answer(Array("220 mail.example.org ESMTP ready\r\n\r\n".utf8), closes: true)
        case .silently: return .silence
        }
    }
}
