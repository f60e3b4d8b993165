import Gateway
import Testing
import VaultCore
import VaultTestSupport

@Suite("Whose a connection is")
struct OwnershipTests {
    private static func theirs(_ url: String = "https://api.linear.app") -> GatewayDouble.Connection {
        .init(
            id: "linear", name: "Theirs", baseURL: url, secretKey: "access_token",
            secrets: ["access_token": "theirs"])
    }

    @Test("one of the same id at another gateway is somebody else's, and keeps its secret")
    func otherGateway() async throws {
        let (ours, other) = (try await GatewayDouble.start(), try await GatewayDouble.start())
        let (here, there) = (try GatewayTarget(ours.url), try GatewayTarget(other.url))
        var wish = Wish()
        try await here.apply(&wish)
        other.preload(Self.theirs("https://other.example"))
        let before = other.connections
        #expect(try await there.observe(wish).isForeign)
        wish.connection.baseURL = "https://eu.linear.app"
        #expect(try await there.failure(applying: wish) == .notOurs)
        let job = try wish.job(withSecrets: false)
        let withdrawing = await there.failure { () async throws(DeliveryFailure) in try await there.withdraw(job) }
        #expect(withdrawing == .notOurs)
        #expect(other.connections == before)
        for target in [here, there] { await target.shutdown() }
        for gateway in [ours, other] { try await gateway.stop() }
    }

    @Test("one that somebody makes after a definite refusal is theirs", arguments: [400, 403, 413])
    func afterRefusal(status: Int) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        gateway.misbehave(.status(status), beforeNext: "POST", path: "/api/admin/connections")
        #expect(try await target.failure(applying: &wish, wasAbsent: true) != nil)
        gateway.behaviour.answering = .honestly
        gateway.preload(Self.theirs())
        #expect(try await target.observe(wish).isForeign)
        #expect(try await target.failure(applying: &wish, wasAbsent: false) == .notOurs)
        #expect(try gateway.linear().secrets == ["access_token": "theirs"])
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("one whose making had no answer is the vault's, once; a refusal later does not change that")
    func withoutAnswer() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        gateway.die(.afterProcessing, method: "POST")
        #expect(try await target.failure(applying: &wish, wasAbsent: true) == .unreachable(endpoint: gateway.url))
        try await gateway.restart()
        gateway.behaviour.hasOtherMasterKey = true
        wish.secrets["access_token"] = "new"
        #expect(try await target.failure(applying: &wish, wasAbsent: false) == .differentMasterKey)
        gateway.behaviour.hasOtherMasterKey = false
        #expect(try await !target.observe(wish).isForeign)
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": "new"])
        // Now it is known by itself: one that comes in its place is not it.
        gateway.preload(Self.theirs())
        #expect(try await target.observe(wish).isForeign)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("taking away takes only what the vault made: one that took its place stays")
    func withdrawing() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        gateway.preload(Self.theirs())
        try await target.withdraw(wish)
        #expect(gateway.connections.count == 1)
        gateway.forget("linear")
        try await target.apply(&wish)
        gateway.preload(Self.theirs())
        try await target.withdraw(wish)
        #expect(try gateway.linear().secrets == ["access_token": "theirs"])
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("localhost and 127.0.0.1 are one place")
    func sameMachine() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        let receipt = wish.receipt
        wish.receipt["endpoint"] = "http://localhost:\(gateway.port)"
        #expect(try await target.observe(wish) == .present(differences: []))
        wish.receipt["endpoint"] = "http://localhost.example:\(gateway.port)"
        #expect(try await target.observe(wish).isForeign)
        wish.receipt = receipt
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("without the secret that the connection uses nothing is deleted, and nothing made")
    func ownSecret() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        wish.secrets["second"] = "two"
        try await target.apply(&wish)
        wish.secrets = ["second": "two"]
        wish.isApplied = false
        gateway.forgetRequests()
        #expect(try await target.failure(applying: wish) == .ownSecretMissing)
        #expect(gateway.calls == ["GET /linear"])
        gateway.forget("linear")
        #expect(try await target.failure(applying: wish) == .ownSecretMissing)
        #expect(gateway.connections.isEmpty)
        await target.shutdown()
        try await gateway.stop()
    }
}
