import Gateway
import Testing
import VaultCore
import VaultTestSupport

@Suite("Trying a secret")
struct TrialTests {
    private let call = TrialCall(method: "GET", path: "/v1/me?x=\"1\"")

    private func attempt(
        _ target: GatewayTarget, _ wish: Wish = Wish(), _ id: String = "sigilum-try-0011223344556677"
    ) async throws -> TrialOutcome {
        let service = try #require(try wish.job().service)
        return try await target.attempt(try Slug(id), like: service, value: shared("new-value"), call: call)
    }

    @Test("is made on a connection like the service's, with the new secret alone; the service's own is not touched")
    func passes() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        wish.connection = ConnectionRecord(
            baseURL: "https://api.linear.app", authMode: .headerKey, header: "X-Key", prefix: "Key ",
            secretKey: "access_token", rotationIntervalDays: 30)
        try await target.apply(&wish)
        gateway.change("linear") { $0.pathPrefix = "/v2" }
        let before = try gateway.linear()
        gateway.forgetRequests()
        #expect(try await attempt(target, wish) == .passed(status: 200))
        #expect(try gateway.linear() == before)
        let made = try #require(gateway.connections["sigilum-try-0011223344556677"])
        #expect(made.secrets == ["access_token": "new-value"])
        #expect(made.authMode == "header_key" && made.authHeaderName == "X-Key" && made.authPrefix == "Key ")
        #expect(made.baseURL == before.baseURL && made.pathPrefix == "/v2" && made.rotationIntervalDays == 0)
        let body = String(decoding: gateway.requests.last?.body ?? [], as: UTF8.self)
        #expect(body == #"{"method":"GET","test_path":"/v1/me?x=\"1\""}"#)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("what upstream answers decides, and nothing that it says gets out")
    func outcomes() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        let expected: [(Int?, TrialOutcome)] = [
            (204, .passed(status: 204)), (302, .passed(status: 302)), (401, .failed(status: 401)),
            (500, .failed(status: 500)), (nil, .noAnswer), (199, .failed(status: 199)),
        ]
        for (index, (status, outcome)) in expected.enumerated() {
            gateway.behaviour.upstreamStatus = status
            #expect(try await attempt(target, Wish(), "sigilum-try-\(index)0") == outcome)
        }
        gateway.behaviour.signedCallerStatus = 401
        #expect(try await attempt(target, Wish(), "sigilum-try-signed") == .signedCallersOnly)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a connection that is there already is nobody's to try on; a gateway that is not there says so")
    func refused() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        gateway.preload(.init(id: "sigilum-try-0011223344556677", name: "x", baseURL: "https://example.org"))
        await #expect(throws: DeliveryFailure.notOurs) { try await attempt(target) }
        gateway.behaviour.answering = .garbage
        await #expect(throws: DeliveryFailure.self) { try await attempt(target) }
        try await gateway.stop()
        await #expect(throws: DeliveryFailure.unreachable(endpoint: gateway.url)) { try await attempt(target) }
        await target.shutdown()
    }

    @Test("a gateway lists its connections with the key of the secret that each uses")
    func listed() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        #expect(try await target.listedConnections() == [])
        gateway.preload(
            .init(
                id: "linear", name: "L", baseURL: "https://a.example", secretKey: "access_token",
                secrets: ["access_token": canary]),
            .init(id: "Some One", name: "S", baseURL: "https://b.example"))
        #expect(
            try await target.listedConnections().sorted { $0.id < $1.id } == [
                ListedConnection(id: "Some One", secretKey: ""),
                ListedConnection(id: "linear", secretKey: "access_token"),
            ])
        gateway.behaviour.answering = .lying
        await #expect(throws: DeliveryFailure.wrongAnswer(.notJSON)) { try await target.listedConnections() }
        await target.shutdown()
        try await gateway.stop()
    }
}
