import Gateway
import SecureMemory
import Testing
import VaultCore
import VaultTestSupport

@Suite("Delivery to the gateway")
struct DeliveryTests {
    @Test("a connection that is not there is created with all its secrets")
    func creates() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        wish.connection.rotationIntervalDays = 30
        wish.secrets["second"] = "two"
        #expect(try await target.observe(wish) == .absent)
        try await target.apply(&wish)
        let made = try gateway.linear()
        #expect(made.name == "Linear")
        #expect(made.baseURL == "https://api.linear.app")
        #expect(made.authMode == "bearer")
        #expect(made.authHeaderName == "Authorization")
        #expect(made.authPrefix == "Bearer ")
        #expect(made.authSecretKey == "access_token")
        #expect(made.rotationIntervalDays == 30)
        #expect(made.secrets == ["access_token": canary, "second": "two"])
        #expect(wish.receipt["secret_version"] == "1")
        #expect(wish.receipt["created_at"] == made.createdAt)
        #expect(wish.receipt["endpoint"] == gateway.url)
        expectNoCanary(in: wish.receipt)
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("what is applied already is only looked at")
    func repeats() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.forgetRequests()
        let receipt = wish.receipt
        try await target.apply(&wish)
        #expect(gateway.calls == ["GET /linear"])
        #expect(wish.receipt == receipt)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a new value is rotated in, and nothing else is touched")
    func rotates() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.forgetRequests()
        wish.secrets["access_token"] = "lin_api_new"
        wish.isApplied = false
        try await target.apply(&wish)
        #expect(gateway.calls == ["GET /linear", "POST /linear/rotate"])
        #expect(try gateway.linear().secrets == ["access_token": "lin_api_new"])
        #expect(wish.receipt["secret_version"] == "2")
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a rotation that was done already is recognised")
    func recognisesRotation() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        wish.isApplied = false
        // All that the vault knows after a crash.
        wish.receipt = [:]
        try target.intend(&wish)
        try await target.apply(&wish)
        #expect(try gateway.linear().secretVersion == 1)
        #expect(wish.receipt["secret_version"] == "1")
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("values arrive byte by byte as they are, whatever JSON makes of them")
    func escapes() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        let odd = "a\"b\\c/\u{1}\u{7f}\t\r\n\u{2028}\u{1f511}\u{0}</script>z"
        wish.secrets["access_token"] = odd
        wish.secrets["k\"ey"] = "v"
        wish.name = "Line\"ar \\ \u{e9}"
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": odd, "k\"ey": "v"])
        #expect(try gateway.linear().name == wish.name)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test(
        "a value that would not arrive as it is, is refused before anything is sent",
        arguments: [[], Array(" x".utf8), Array("x\n".utf8), Array("x\u{a0}".utf8), [0x61, 0xff, 0x62], [0xc0, 0x80]])
    func refusesUnsuitable(bytes: [UInt8]) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        let model = try Wish().job()
        let entry = try EntryName.upstreamSecret(try Slug("linear"), key: "access_token")
        let secret = NamedSecret(entry: entry, key: "access_token", value: SharedSecret(SecretBytes(copying: bytes)))
        let job = DeliveryJob(
            key: model.key, service: model.service, expected: model.expected, secrets: [secret], isApplied: false,
            receipt: [:], fingerprint: model.fingerprint)
        await #expect(throws: DeliveryFailure.unsuitableSecret) { try await target.apply(job) }
        #expect(gateway.requests.isEmpty)
        try await gateway.stop()
    }

    @Test("a connection is withdrawn, and withdrawing it again is success")
    func withdraws() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        try await target.withdraw(wish)
        #expect(gateway.connections.isEmpty)
        try await target.withdraw(wish)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("what the gateway has can be looked up for adoption")
    func looksUp() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        let missing = try await target.connection(try Slug("linear"))
        #expect(missing == nil)
        var old = GatewayDouble.Connection(
            id: "linear", name: "Old", baseURL: "https://old.example/", secretKey: "k", secrets: ["k": "v"])
        old.authMode = "query_param"
        old.authHeaderName = "api_key"
        old.authPrefix = ""
        old.rotationIntervalDays = 7
        gateway.preload(old)
        let found = try #require(try await target.connection(try Slug("linear")))
        #expect(found.name == "Old")
        #expect(
            found.record
                == ConnectionRecord(
                    baseURL: "https://old.example", authMode: .queryParameter, header: "api_key", prefix: "",
                    secretKey: "k", rotationIntervalDays: 7))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a gateway is healthy when it says so as JSON, not when something answers 200")
    func health() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        #expect(try await target.isHealthy())
        gateway.behaviour.answering = .lying
        await #expect(throws: DeliveryFailure.wrongAnswer(.notJSON)) { try await target.isHealthy() }
        try await gateway.stop()
        await #expect(throws: DeliveryFailure.unreachable(endpoint: gateway.url)) { try await target.isHealthy() }
        await target.shutdown()
    }

    @Test("eight services at once arrive in spite of conflicts, also through one target")
    func concurrency() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.conflicts = 12
        let target = try GatewayTarget(gateway.url) { $0.tries = 40 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    var wish = Wish()
                    wish.slug = "service-\(number)"
                    try await target.apply(&wish)
                }
            }
            try await group.waitForAll()
        }
        #expect(gateway.connections.count == 8)
        #expect(gateway.connections.values.allSatisfy { $0.secrets == ["access_token": canary] })
        await target.shutdown()
        try await gateway.stop()
    }
}
