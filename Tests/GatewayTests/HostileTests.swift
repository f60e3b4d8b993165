import Gateway
import Glibc
import HTTPTransport
import Testing
import VaultCore
import VaultTestSupport

@Suite("A gateway that is none, or is hostile")
struct HostileTests {
    typealias Answering = GatewayDouble.Behaviour.Answering

    /// What each call makes of an answer; nil for success.
    struct Expectation: Sendable, CustomTestStringConvertible {
        let answering: Answering
        let applying: DeliveryFailure?
        let withdrawing: DeliveryFailure?
        var testDescription: String { "\(answering)" }

        init(_ answering: Answering, _ applying: DeliveryFailure?, withdrawing: DeliveryFailure?) {
            self.answering = answering
            self.applying = applying
            self.withdrawing = withdrawing
        }

        init(_ answering: Answering, both failure: DeliveryFailure) {
            self.init(answering, failure, withdrawing: failure)
        }
    }

    static let unreachable = DeliveryFailure.unreachable(endpoint: "")
    static let expectations: [Expectation] = [
        .init(.lying, .wrongAnswer(.notJSON), withdrawing: .wrongAnswer(.unexpectedStatus)),
        .init(.garbage, .wrongAnswer(.notJSON), withdrawing: nil),
        .init(.wrongContentType, .wrongAnswer(.notJSON), withdrawing: nil),
        .init(.endlessBody, both: .wrongAnswer(.tooLong)),
        .init(.endlessHeaders, both: .wrongAnswer(.tooLong)),
        .init(.huge(bytes: 70000), .wrongAnswer(.tooLong), withdrawing: nil),
        .init(.trickling, both: unreachable),
        .init(.silently, both: unreachable),
        .init(.truncating, unreachable, withdrawing: unreachable),
        .init(.notHTTP, both: .wrongAnswer(.brokenProtocol)),
        .init(.status(500), both: .refused(status: 500, code: nil)),
        .init(.status(404), both: .refused(status: 404, code: nil)),
        .init(.status(302), both: .wrongAnswer(.redirected)),
        .init(.quoting(status: 400), both: .refused(status: 400, code: nil)),
        .init(.quoting(status: 403), both: .refused(status: 403, code: nil)),
        .init(.quoting(status: 500), both: .refused(status: 500, code: nil)),
        .init(.quotingAsSuccess, .wouldLoseSecrets(count: 1), withdrawing: .wrongAnswer(.unexpectedStatus)),
    ]

    @Test("every wrong answer is told for what it is, without a word of it", arguments: expectations)
    func wrongAnswers(expectation: Expectation) async throws {
        let gateway = try await GatewayDouble.start()
        gateway.preload(.init(id: "linear", name: "Linear", baseURL: "https://api.linear.app"))
        gateway.behaviour.answering = expectation.answering
        let target = try GatewayTarget(gateway.url, token: tokenCanary) {
            $0.call.answerBytes = 65536
            // Only those that never end have to be waited for.
            if expectation.applying == Self.unreachable { $0.call.callMilliseconds = 700 }
        }
        func here(_ failure: DeliveryFailure?) -> DeliveryFailure? {
            failure == Self.unreachable ? .unreachable(endpoint: gateway.url) : failure
        }
        var wish = Wish()
        try target.intend(&wish)
        #expect(try await target.failure(applying: wish) == here(expectation.applying))
        let job = try wish.job(withSecrets: false)
        let withdrawing = await target.failure { () async throws(DeliveryFailure) in try await target.withdraw(job) }
        #expect(withdrawing == here(expectation.withdrawing))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test(
        "wrong answers to a write never show its secret",
        arguments: [
            Answering.garbage, .wrongContentType, .truncating, .quoting(status: 400), .quoting(status: 409),
            .quoting(status: 413), .quotingAsSuccess,
        ])
    func quotedWrites(answering: Answering) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url, token: tokenCanary)
        for path in ["/api/admin/connections", "/api/admin/connections/linear/rotate"] {
            if path.hasSuffix("rotate") {
                gateway.preload(.init(id: "linear", name: "Linear", baseURL: "https://api.linear.app"))
            } else {
                gateway.forget("linear")
            }
            gateway.behaviour.answering = .honestly
            // The look before the write is answered honestly, the write is not.
            gateway.misbehave(answering, beforeNext: "POST", path: path)
            var wish = Wish()
            wish.mayTakeOver = true
            let failure = try await target.failure(applying: wish)
            #expect(failure != nil)
            #expect(gateway.requests.contains { $0.path == path && !$0.body.isEmpty })
        }
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a connection whose texts quote secrets is observed by the names of its fields, and not adopted")
    func quotingConnection() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.answering = .quotingAsSuccess
        let target = try GatewayTarget(gateway.url, token: tokenCanary)
        var wish = Wish()
        wish.receipt = ["secret_version": "1", "created_at": "2026-01-01T00:00:00Z", "keys": "access_token"]
        let observation = try await target.observe(wish)
        expectNoCanary(in: observation)
        #expect(
            observation
                == .present(differences: [
                    "name", "base_url", "auth_mode", "auth_header_name", "auth_prefix", "auth_secret_key",
                    "credential_keys", "secret_version", "created_at", "foreign",
                ]))
        await #expect(throws: DeliveryFailure.wrongAnswer(.missingMember)) {
            try await target.connection(try Slug("linear"))
        }
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a write is not sent a second time, on another connection, where the one that was kept dies with it")
    func noSecondTime() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url, token: tokenCanary)
        gateway.misbehave(.hangingUp, beforeNext: "POST", path: "/api/admin/connections")
        #expect(try await target.failure(applying: Wish()) == .unreachable(endpoint: gateway.url))
        #expect(gateway.requests.filter { $0.method == "POST" }.count == 1)
        #expect(try gateway.linear().secrets == Wish().secrets)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a proxy that the environment names is not asked")
    func environment() async throws {
        let proxy = try await GatewayDouble.start()
        let gateway = try await GatewayDouble.start()
        for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] { setenv(name, proxy.url, 1) }
        defer { for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] { unsetenv(name) } }
        let target = try GatewayTarget(gateway.url)
        #expect(try await target.isHealthy())
        #expect(proxy.requests.isEmpty)
        await target.shutdown()
        try await gateway.stop()
        try await proxy.stop()
    }

    @Test("a redirect is not followed, to another host least of all")
    func redirect() async throws {
        let thief = try await GatewayDouble.start()
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.answering = .redirecting(to: thief.url)
        let target = try GatewayTarget(gateway.url, token: tokenCanary)
        #expect(try await target.failure(applying: Wish()) == .wrongAnswer(.redirected))
        #expect(thief.requests.isEmpty)
        await target.shutdown()
        try await gateway.stop()
        try await thief.stop()
    }

    @Test("a write that was only said to be done shows at the next look")
    func pretending() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.answering = .pretending
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        #expect(try await target.observe(wish) == .absent)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a gateway that is slow is waited for")
    func slow() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.delayMilliseconds = 150
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == wish.secrets)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("another master key is told for what it is")
    func otherMasterKey() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.behaviour.hasOtherMasterKey = true
        wish.secrets["access_token"] = "new"
        wish.isApplied = false
        #expect(try await target.failure(applying: wish) == .differentMasterKey)
        await target.shutdown()
        try await gateway.stop()
    }
}

@Suite("The admin token")
struct TokenTests {
    @Test("it is sent as a bearer token, without the white space around it")
    func sent() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.access = .token(tokenCanary)
        let target = try GatewayTarget(gateway.url, token: " \(tokenCanary)\n")
        var wish = Wish()
        try await target.apply(&wish)
        #expect(gateway.requests.allSatisfy { $0.header("Authorization") == "Bearer \(tokenCanary)" })
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("without it, or with another, the gateway wants one", arguments: [nil, "tok_other"])
    func wanted(token: String?) async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.access = .token(tokenCanary)
        let target = try GatewayTarget(gateway.url, token: token)
        #expect(try await target.isHealthy())
        #expect(try await target.failure(applying: Wish()) == .adminTokenRequired)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("one that cannot be in a header is not sent", arguments: ["", "a b", "a\r\nX-Evil: CANARY", "t\u{f6}ken"])
    func malformed(token: String) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url, token: token)
        #expect(try await target.failure(applying: Wish()) == .adminTokenRequired)
        #expect(gateway.requests.isEmpty)
        try await gateway.stop()
    }

    @Test("it is not sent over plain http to another machine")
    func exposed() async throws {
        let target = try GatewayTarget("http://192.0.2.1:38100", token: tokenCanary)
        let failure = DeliveryFailure.tokenOverPlainHTTP(endpoint: "http://192.0.2.1:38100")
        #expect(try await target.failure(applying: Wish()) == failure)
    }
}
