import Gateway
import HTTPTransport
import Testing
import VaultCore
import VaultTestSupport

@Suite("How a gateway is")
struct CheckupTests {
    private func found(
        connection: String? = "linear", token: String? = nil,
        _ change: (inout GatewayDouble.Behaviour) -> Void = { _ in }
    ) async throws -> EndpointCheckup {
        let gateway = try await GatewayDouble.start()
        gateway.preload(.init(id: "linear", name: "Linear", baseURL: "https://api.linear.app", secrets: ["k": canary]))
        let before = gateway.connections
        change(&gateway.behaviour)
        let target = try GatewayTarget(gateway.url, token: token) { $0.call.callMilliseconds = 5000 }
        let slug = try connection.map { try Slug($0) }
        let checkup = await target.checkUp(connection: slug)
        #expect(gateway.connections == before, "asking changes nothing")
        await target.shutdown()
        try await gateway.stop()
        return checkup
    }

    @Test("one that is well is well, with or without a connection to ask about, and says what its clock says")
    func well() async throws {
        for connection in [nil, "linear", "unknown"] {
            #expect(try await found(connection: connection) == EndpointCheckup(failure: nil, time: nil))
        }
        let dated = try await found { $0.date = "Sun, 01 Mar 2026 10:00:00 GMT" }
        #expect(dated == EndpointCheckup(failure: nil, time: 1_772_359_200_000))
        #expect(try await found { $0.date = "yesterday, " + canary }.time == nil)
    }

    @Test("a token that it wants, another master key, and what is no gateway are told for what they are")
    func unwell() async throws {
        #expect(try await found { $0.access = .token(tokenCanary) }.failure == .adminTokenRequired)
        #expect(try await found(token: tokenCanary) { $0.access = .token(tokenCanary) }.failure == nil)
        #expect(try await found { $0.hasOtherMasterKey = true }.failure == .differentMasterKey)
        #expect(try await found(connection: nil) { $0.hasOtherMasterKey = true }.failure == nil)
        #expect(try await found { $0.answering = .lying }.failure == .wrongAnswer(.notJSON))
        #expect(try await found { $0.answering = .status(503) }.failure == .refused(status: 503, code: nil))
        #expect(try await found { $0.answering = .quoting(status: 500) }.failure == .refused(status: 500, code: nil))
        let gone = try GatewayTarget("http://127.0.0.1:9")
        #expect(await gone.checkUp(connection: nil).failure == .unreachable(endpoint: "http://127.0.0.1:9"))
    }
}

@Suite("What a gateway has")
struct OverviewTests {
    private func found(
        connection: String? = "linear", _ change: (inout GatewayDouble.Behaviour) -> Void = { _ in }
    ) async throws -> GatewayOverview {
        let gateway = try await GatewayDouble.start()
        gateway.preload(
            .init(id: "linear", name: "Linear", baseURL: "https://api.linear.app", secrets: ["k": canary]),
            .init(id: "other", name: "Other", baseURL: "https://other.example", secrets: ["k": canary]))
        let before = gateway.connections
        change(&gateway.behaviour)
        let target = try GatewayTarget(gateway.url) { $0.call.callMilliseconds = 5000 }
        let overview = await target.overview(connection: try connection.map { try Slug($0) })
        #expect(gateway.connections == before, "asking changes nothing")
        await target.shutdown()
        try await gateway.stop()
        return overview
    }

    @Test("connections are counted, and the key is asked about by a connection that it has")
    func well() async throws {
        let known = try await found()
        #expect(known.failure == nil && known.isHealthy && known.connections == 2 && known.opensItsData == true)
        for connection in [nil, "unknown"] {
            let overview = try await found(connection: connection)
            #expect(overview.failure == nil && overview.connections == 2 && overview.opensItsData == nil)
        }
    }

    @Test("what is wrong comes with what was learnt before it")
    func unwell() async throws {
        let other = try await found { $0.hasOtherMasterKey = true }
        #expect(other.failure == .differentMasterKey && other.opensItsData == false && other.connections == 2)
        let refused = try await found { $0.access = .token(tokenCanary) }
        #expect(refused.failure == .adminTokenRequired && refused.isHealthy && refused.connections == nil)
        let lying = try await found { $0.answering = .lying }
        #expect(lying.failure == .wrongAnswer(.notJSON) && !lying.isHealthy)
        let gone = try GatewayTarget("http://127.0.0.1:9")
        #expect(await gone.overview(connection: nil).failure == .unreachable(endpoint: "http://127.0.0.1:9"))
    }
}
