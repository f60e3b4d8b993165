internal import HTTPTransport
internal import VaultCore

/// Calls of the API with the owner token, made again where that is safe and of use.
struct APIClient: Sendable {
    let http: HTTPCaller
    let token: OwnerToken
    let allowsInsecureHTTP: Bool
    let limits: SigilumAPILimits
    let clock: SigilumAPIClock

    /// Whether a call may be made again where nobody knows if it was carried out.
    enum Repetition {
        case harmless
        case harmful
    }

    /// Makes one call.
    ///
    /// - Parameters:
    ///   - method: GET, POST, PATCH or DELETE.
    ///   - path: From `/v1` on, of characters that need no escape.
    ///   - body: The members of the JSON object that is sent; none: no body.
    ///   - repetition: A harmless call is made again after a 5xx; a harmful one after a 429 only, which says that it was
    ///     not carried out.
    ///   - custody: Whether the answer may hold a secret.
    /// - Returns: The answer, whatever its status but a redirect, a 429, and of a harmless call a 503 that says when to
    ///   come back.
    /// - Throws: Why there is no answer, or none that can be taken; ``DeliveryFailure/tryLater(seconds:)`` at the end of
    ///   all patience.
    func call(
        _ method: HTTPMethod, _ path: String, body: [(String, String)] = [], _ repetition: Repetition = .harmless,
        answer custody: HTTPCaller.Custody = .plain
    ) async throws(DeliveryFailure) -> HTTPAnswer {
        if http.endpoint.isExposed, !allowsInsecureHTTP {
            throw .ownerTokenOverPlainHTTP(endpoint: http.endpoint.text)
        }
        var waited = 0
        var attempt = 1
        while true {
            let isLast = attempt >= limits.tries
            let answer = try http.send(
                method, path, authorization: try token.header(),
                body: body.isEmpty ? nil : JSONBody(texts: body).encoded,
                answer: custody)
            let saysWhen = answer.status == 503 && answer.retryAfter != nil && repetition == .harmless
            if answer.status == 429 || saysWhen {
                let seconds = wait(answer)
                guard !isLast, waited + (seconds ?? 1) <= limits.patienceSeconds else {
                    throw .tryLater(seconds: seconds)
                }
                waited += seconds ?? 1
                await clock.sleep(.seconds(seconds ?? 1))
            } else if answer.status >= 500, repetition == .harmless, !isLast {
                await clock.sleep(.milliseconds(limits.backoffMilliseconds << Int64(min(attempt - 1, 10))))
            } else {
                return answer
            }
            attempt += 1
        }
    }

    /// How many seconds the API asks to be left alone; nil where it does not say, or nothing that can be understood.
    func wait(_ answer: HTTPAnswer) -> Int? {
        answer.retryAfter.flatMap { RetryAfter.seconds($0, now: clock.now()) }
    }
}
