import HTTPTransport
import SigilumAPI
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@Suite("The owner token")
struct TokenTests {
    @Test("it is asked for with the first call, once, and sent as a bearer token without the white space around it")
    func sent() async throws {
        let api = try await APIDouble.start(token: tokenCanary)
        let count = Mutex(0)
        try await withTarget(api.url) {
            count.withLock { $0 += 1 }
            return " \(tokenCanary)\n"
        } _: { target async throws in
            #expect(count.withLock { $0 } == 0)
            var wish = Wish()
            try await target.issue(&wish)
            try await target.apply(&wish)
            #expect(count.withLock { $0 } == 1)
            #expect(api.requests.allSatisfy { $0.header("Authorization") == "Bearer \(tokenCanary)" })
            #expect(api.leaks.isEmpty)
        }
        try await api.stop()
    }

    @Test("where there is none, or an empty one, nothing is sent", arguments: [nil, "", " \n"])
    func none(token: String?) async throws {
        try await Stage.run(token: token) { api, target, _ async throws in
            #expect(await target.failureListing() == .ownerTokenRequired)
            #expect(try await target.failure(issuing: Wish()) == .ownerTokenRequired)
            #expect(api.requests.isEmpty)
        }
    }

    @Test("one that cannot be in a header is not sent", arguments: ["a b", "CANARY\r\nX-Evil: 1", "t\u{f6}ken"])
    func malformed(token: String) async throws {
        try await Stage.run(token: token) { api, target, _ async throws in
            #expect(await target.failureListing() == .ownerTokenRefused)
            #expect(api.requests.isEmpty)
        }
    }

    @Test("why there is none is told, where it is a reason that deliveries have")
    func reasons() async throws {
        struct Locked: Error {}
        let api = try await APIDouble.start(token: tokenCanary)
        try await withTarget(api.url) {
            throw DeliveryFailure.ownerTokenExpired
        } _: { target async throws in
            #expect(await target.failureListing() == .ownerTokenExpired)
        }
        try await withTarget(api.url) {
            throw Locked()
        } _: { target async throws in
            #expect(await target.failureListing() == .ownerTokenRequired)
        }
        #expect(api.requests.isEmpty)
        try await api.stop()
    }

    @Test("one that has expired, or that the API does not take, is told for what it is")
    func refused() async throws {
        try await Stage.run { api, target, _ async throws in
            api.expire(tokenCanary)
            #expect(try await target.failure(issuing: Wish()) == .ownerTokenExpired)
        }
        try await Stage.run(token: "CANARY-another") { _, target, _ async throws in
            #expect(try await target.failure(issuing: Wish()) == .ownerTokenRefused)
        }
    }

    @Test("it does not travel over plain http to a host that is not surely this machine; nothing connects")
    func exposed() async throws {
        // A name that means this machine, which nobody can know who has not asked for it.
        let url: @Sendable (APIDouble) -> String = { "http://127.1:\($0.port)" }
        try await Stage.run(url: url) { api, target, _ async throws in
            let failure = DeliveryFailure.ownerTokenOverPlainHTTP(endpoint: url(api))
            #expect(await target.failureListing() == failure)
            #expect(try await target.failure(issuing: Wish()) == failure)
            #expect(try await target.failure(applying: Wish()) == failure)
            #expect(api.requests.isEmpty)
        }
        try await Stage.run(url: url, allowsInsecureHTTP: true) { api, target, _ async throws in
            #expect(try await target.services().isEmpty)
            #expect(api.requests.count == 1)
        }
    }

    @Test("a name on the way to which nothing is encrypted is refused before the token is even asked for")
    func notAsked() async throws {
        let target = try SigilumAPITarget(
            baseURL: "http://api.example.org",
            token: {
                Issue.record("asked for")
                return nil
            }, allowsInsecureHTTP: false)
        #expect(await target.failureListing() == .ownerTokenOverPlainHTTP(endpoint: "http://api.example.org"))
    }

    @Test("a redirect to another host is refused, and that host sees nothing", arguments: [1, 4])
    func redirect(call: Int) async throws {
        let thief = try await APIDouble.start(token: tokenCanary)
        try await Stage.run { api, target, _ async throws in
            api.misbehave(
                .redirecting(to: thief.url), times: 9, method: call == 1 ? nil : "POST",
                path: call == 1 ? nil : "/v1/services/*/keys")
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.redirected))
            #expect(thief.requests.isEmpty)
        }
        try await thief.stop()
    }

    @Test("a redirect to the same host is refused too")
    func redirectHome() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.redirecting(to: api.url))
            #expect(await target.failureListing() == .wrongAnswer(.redirected))
            #expect(api.requests.count == 1)
        }
    }

    @Test("an address that is none is refused", arguments: ["", "api.sigilum.id", "http://user:CANARY@host"])
    func address(text: String) {
        let failure = #expect(throws: HTTPURLError.self) {
            try SigilumAPITarget(baseURL: text, token: { nil }, allowsInsecureHTTP: false)
        }
        expectNoCanary(in: failure as Any)
    }

    private func withTarget(
        _ url: String, _ token: @escaping @Sendable () throws -> String, _ body: (SigilumAPITarget) async throws -> Void
    ) async throws {
        let target = try SigilumAPITarget(
            baseURL: url, token: { shared(try token()) }, allowsInsecureHTTP: false, clock: Waits().clock)
        try await body(target)
        await target.shutdown()
    }
}
