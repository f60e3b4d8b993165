import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("What the API says when it does not do it")
struct StatusTests {
    typealias Answering = APIDouble.Behaviour.Answering

    @Test(
        "each refusal is told for what it is, with its code only where it is known",
        arguments: [
            (Answering.error(status: 401, code: "TOKEN_EXPIRED"), DeliveryFailure.ownerTokenExpired),
            (.error(status: 401, code: "UNAUTHORIZED"), .ownerTokenRefused), (.status(401), .ownerTokenRefused),
            (.error(status: 403, code: "SERVICE_LIMIT_REACHED"), .limitReached(.services)),
            (.error(status: 400, code: "KEY_LIMIT_REACHED"), .limitReached(.keys)),
            (.error(status: 409, code: "CONFLICT"), .conflict), (.status(409), .conflict),
            (.error(status: 403, code: "FORBIDDEN"), .refused(status: 403, code: "FORBIDDEN")),
            (.error(status: 404, code: "NOT_FOUND"), .refused(status: 404, code: "NOT_FOUND")),
            (.error(status: 400, code: "VALIDATION_ERROR"), .refused(status: 400, code: "VALIDATION_ERROR")),
            (.error(status: 400, code: "SOMETHING_ELSE"), .refused(status: 400, code: nil)),
            (.status(418), .refused(status: 418, code: nil)), (.status(204), .wrongAnswer(.unexpectedStatus)),
            (.status(302), .wrongAnswer(.redirected)), (.status(304), .wrongAnswer(.redirected)),
        ])
    func refusals(answering: Answering, failure: DeliveryFailure) async throws {
        try await Stage.run { api, target, waits async throws in
            api.behaviour.answering = answering
            #expect(await target.failureListing() == failure)
            #expect(api.requests.count == 1)
            #expect(waits.durations.isEmpty)
        }
    }

    @Test("a short wait that is asked for is waited", arguments: [429, 503])
    func shortWaits(status: Int) async throws {
        try await Stage.run { api, target, waits async throws in
            api.misbehave(.later(status: status, retryAfter: "2"), times: 2)
            #expect(try await target.services().isEmpty)
            #expect(waits.durations == [.seconds(2), .seconds(2)])
            #expect(api.requests.count == 3)
        }
    }

    @Test("no more than three times, and no more than five seconds in all", arguments: [429, 503])
    func longWaits(status: Int) async throws {
        for (wait, tries) in [("0", 3), ("1", 3), ("2", 3), ("3", 2), ("5", 2), ("6", 1), ("86400", 1)] {
            try await Stage.run { api, target, waits async throws in
                api.behaviour.answering = .later(status: status, retryAfter: wait)
                #expect(await target.failureListing() == .tryLater(seconds: Int(wait)))
                #expect(api.requests.count == tries)
                #expect(waits.durations.count == tries - 1)
            }
        }
    }

    @Test(
        "the wait may be a date, in any of the three forms",
        arguments: [
            ("Sun, 01 Mar 2026 10:01:30 GMT", 90), ("Sunday, 01-Mar-26 10:01:30 GMT", 90),
            ("Sun Mar  1 10:01:30 2026", 90), ("Mon, 02 Mar 2026 10:00:00 GMT", 86400),
            ("Sun, 01 Mar 2099 10:00:00 GMT", 604800), ("99999999999999999999999", 604800),
        ])
    func dates(text: String, seconds: Int) async throws {
        try await Stage.run { api, target, _ async throws in
            api.behaviour.answering = .later(status: 429, retryAfter: text)
            #expect(await target.failureListing() == .tryLater(seconds: seconds))
        }
    }

    @Test("a date that is over is no wait")
    func past() async throws {
        try await Stage.run { api, target, waits async throws in
            api.misbehave(.later(status: 429, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"))
            #expect(try await target.services().isEmpty)
            #expect(waits.durations == [.seconds(0)])
        }
    }

    @Test(
        "without a wait that can be understood a second is waited, twice",
        arguments: [nil, "soon", "-1", "1.5", "Sun, 32 Mar 2026 10:01:30 GMT", "Sun, 01 Mar 2026 25:01:30 GMT", "+3"])
    func unclear(text: String?) async throws {
        try await Stage.run { api, target, waits async throws in
            api.behaviour.answering = .later(status: 429, retryAfter: text)
            #expect(await target.failureListing() == .tryLater(seconds: nil))
            #expect(waits.durations == [.seconds(1), .seconds(1)])
        }
    }

    @Test("a call that is harmless is made three times where the API fails", arguments: [500, 502, 503, 504])
    func failing(status: Int) async throws {
        try await Stage.run { api, target, waits async throws in
            api.misbehave(.error(status: status, code: "INTERNAL_ERROR"), times: 2)
            #expect(try await target.services().isEmpty)
            #expect(waits.durations == [.milliseconds(250), .milliseconds(500)])
            api.forgetRequests()
            api.behaviour.answering = .error(status: status, code: "INTERNAL_ERROR")
            #expect(await target.failureListing() == .refused(status: status, code: "INTERNAL_ERROR"))
            #expect(api.requests.count == 3)
        }
    }

    @Test("changes are made again as well, since doing them twice does no harm")
    func failingChanges() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.isGateway = true
            try await target.issue(&wish, operation: "one")
            try await target.issue(&wish, operation: "two")
            wish.name = "New"
            for (method, path) in [
                ("PATCH", "/v1/services/*"), ("DELETE", "/v1/services/*/keys/*"),
                ("POST", "/v1/services/*/keys/*/mark-gateway"),
            ] {
                api.misbehave(.failingAfter(status: 500), times: 2, method: method, path: path)
            }
            try await target.apply(&wish)
            #expect(try api.linear().name == "New")
            #expect(try api.linear().activeKeys.count == 1)
            api.misbehave(.failingAfter(status: 500), method: "DELETE", path: "/v1/services/*")
            try await target.withdraw(wish)
            #expect(api.services.isEmpty)
        }
    }

    @Test("a request for a key that was not carried out is made again")
    func limitedKey() async throws {
        try await Stage.run { api, target, waits async throws in
            api.misbehave(.later(status: 429, retryAfter: "1"), method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(waits.durations == [.seconds(1)])
            #expect(wish.key == keyCanary)
        }
    }
}
