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
