import Gateway
import Testing
import VaultCore
import VaultTestSupport

@Suite("Changing a connection")
struct ChangeTests {
    /// Every way of authenticating that the gateway tells apart.
    static let ways: [ConnectionRecord] = [
        way(.bearer, "Authorization", "Bearer "), way(.bearer, "X-Auth", "Token "), way(.bearer, "Authorization", ""),
        way(.headerKey, "X-Linear-Key", ""), way(.headerKey, "Authorization", "Key "),
        way(.queryParameter, "api_key", ""), way(.queryParameter, "token", "t-"),
    ]

    static func way(_ mode: AuthMode, _ header: String, _ prefix: String) -> ConnectionRecord {
        ConnectionRecord(
            baseURL: "https://api.linear.app", authMode: mode, header: header, prefix: prefix,
            secretKey: "access_token", rotationIntervalDays: nil)
    }

    @Test("from any way of authenticating to any other, what upstream gets is what was asked for")
    func allWays() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        for from in Self.ways {
            for to in Self.ways {
                var wish = Wish()
                wish.connection = from
                try await target.apply(&wish)
                wish.connection = to
                wish.isApplied = false
                try await target.apply(&wish)
                let now = try gateway.linear()
                #expect(now.authHeaderName == to.header)
                #expect(now.authPrefix == to.prefix)
                #expect((now.authMode == "query_param") == (to.authMode == .queryParameter))
                #expect(now.secrets == wish.secrets)
                #expect(try await target.observe(wish) == .present(differences: []))
                try await target.withdraw(wish)
            }
        }
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("name, interval and mode are changed in place")
    func patches() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.forgetRequests()
        wish.name = "Linear (EU)"
        wish.connection.rotationIntervalDays = 90
        wish.connection.authMode = .headerKey
        wish.connection.header = "X-Linear-Key"
        wish.connection.prefix = ""
        #expect(
            try await target.observe(wish)
                == .present(differences: [
                    "name", "auth_mode", "auth_header_name", "auth_prefix", "rotation_interval_days",
                ]))
        try await target.apply(&wish)
        #expect(gateway.calls == ["GET /linear", "GET /linear", "PATCH /linear"])
        #expect(try gateway.linear().name == "Linear (EU)")
        #expect(try gateway.linear().rotationIntervalDays == 90)
        #expect(try gateway.linear().secretVersion == 1)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a key that the connection is to use is there before it uses it")
    func newKey() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.forgetRequests()
        wish.secrets["api_key"] = "second"
        wish.connection.secretKey = "api_key"
        #expect(
            try await target.observe(wish) == .present(differences: ["auth_secret_key", "credential_keys"]))
        try await target.apply(&wish)
        #expect(gateway.calls.suffix(2) == ["POST /linear/rotate", "PATCH /linear"])
        #expect(try gateway.linear().authSecretKey == "api_key")
        await target.shutdown()
        try await gateway.stop()
    }

    @Test(
        "what the gateway cannot change in place is deleted and created with all secrets",
        arguments: ["base_url", "auth_prefix", "rotation_interval_days", "credential_keys"])
    func remakes(field: String) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        wish.connection = Self.way(.headerKey, "X-Linear-Key", "Key ")
        wish.connection.rotationIntervalDays = 30
        wish.secrets["second"] = "two"
        // As a person had it before it was taken over.
        var theirs = GatewayDouble.Connection(
            id: "linear", name: "Theirs", baseURL: "https://api.linear.app", secretKey: "access_token",
            secrets: ["access_token": "old"])
        theirs.pathPrefix = "/v2"
        theirs.status = "disabled"
        gateway.preload(theirs)
        wish.mayTakeOver = true
        try await target.apply(&wish)
        wish.mayTakeOver = false
        gateway.forgetRequests()
        switch field {
        case "base_url": wish.connection.baseURL = "https://eu.linear.app"
        case "auth_prefix": wish.connection.prefix = ""
        case "rotation_interval_days": wish.connection.rotationIntervalDays = nil
        default: wish.secrets["second"] = nil
        }
        wish.isApplied = false
        try await target.apply(&wish)
        #expect(gateway.calls == ["GET /linear", "DELETE /linear", "POST "])
        let now = try gateway.linear()
        #expect(now.baseURL == wish.connection.baseURL)
        #expect(now.authPrefix == wish.connection.prefix)
        #expect(now.rotationIntervalDays == Int(wish.connection.rotationIntervalDays ?? 0))
        #expect(now.secrets == wish.secrets)
        // What a person set at the gateway is kept.
        #expect(now.pathPrefix == "/v2")
        #expect(now.status == "disabled")
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("secrets that the vault does not have stay, and are never lost to a connection made anew")
    func foreignSecrets() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": "old", "theirs": "keep"]))
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        wish.mayTakeOver = true
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": canary, "theirs": "keep"])
        #expect(try await target.observe(wish) == .present(differences: []))
        let before = gateway.connections
        wish.connection.baseURL = "https://eu.linear.app"
        #expect(try await target.failure(applying: wish) == .wouldLoseSecrets(count: 1))
        #expect(gateway.connections == before)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a secret that somebody else rotated is noticed and put back")
    func rotatedByOthers() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.change("linear") {
            $0.secrets["access_token"] = "theirs"
            $0.secretVersion += 1
        }
        #expect(try await target.observe(wish) == .present(differences: ["secret_version"]))
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": canary])
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a connection that somebody deleted and created is theirs though its version is the same")
    func recreatedByOthers() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": "theirs"]))
        #expect(try await target.observe(wish) == .present(differences: ["created_at", "foreign"]))
        #expect(try await target.failure(applying: &wish, wasAbsent: false) == .notOurs)
        #expect(try gateway.linear().secrets == ["access_token": "theirs"])
        #expect(try await target.observe(wish).isForeign)
        wish.mayTakeOver = true
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": canary])
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a status and a path prefix that somebody changed are told, and put back")
    func disabled() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        gateway.change("linear") { $0.status = "disabled" }
        #expect(try await target.observe(wish) == .present(differences: ["status"]))
        gateway.forgetRequests()
        try await target.apply(&wish)
        #expect(gateway.calls == ["GET /linear", "PATCH /linear"])
        #expect(try gateway.linear().status == "active")
        #expect(try await target.observe(wish) == .present(differences: []))
        // An empty prefix cannot be patched in: the connection is made anew.
        gateway.change("linear") { $0.pathPrefix = "/v2" }
        #expect(try await target.observe(wish) == .present(differences: ["path_prefix"]))
        try await target.apply(&wish)
        #expect(try gateway.linear().pathPrefix == "")
        #expect(try gateway.linear().secrets == wish.secrets)
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a status and a path prefix that were there when a connection was taken over are kept, also when it is gone")
    func keptSettings() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var theirs = GatewayDouble.Connection(id: "linear", name: "Theirs", baseURL: "https://api.linear.app")
        theirs.pathPrefix = "/v2"
        theirs.status = "disabled"
        gateway.preload(theirs)
        var wish = Wish()
        wish.mayTakeOver = true
        try await target.apply(&wish)
        gateway.change("linear") {
            $0.pathPrefix = "/v3"
            $0.status = "active"
        }
        #expect(try await target.observe(wish) == .present(differences: ["status", "path_prefix"]))
        try await target.apply(&wish)
        #expect(try gateway.linear().status == "disabled" && gateway.linear().pathPrefix == "/v2")
        gateway.forget("linear")
        try await target.apply(&wish)
        #expect(try gateway.linear().status == "disabled" && gateway.linear().pathPrefix == "/v2")
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("a connection that appears between looking and creating is left alone, unless it may be taken over")
    func raceToCreate() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        gateway.interject(beforeNext: "POST", path: "/api/admin/connections") { connections in
            connections["linear"] = .init(
                id: "linear", name: "Other", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": "theirs"])
        }
        var first = Wish()
        #expect(try await target.failure(applying: &first, wasAbsent: true) == .notOurs)
        #expect(gateway.calls == ["GET /linear", "POST ", "GET /linear"])
        #expect(try gateway.linear().secrets == ["access_token": "theirs"])
        #expect(try await target.observe(first).isForeign)
        gateway.forget("linear")
        gateway.forgetRequests()
        gateway.interject(beforeNext: "POST", path: "/api/admin/connections") { connections in
            connections["linear"] = .init(
                id: "linear", name: "Other", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: ["access_token": "theirs"])
        }
        var wish = Wish()
        wish.mayTakeOver = true
        try await target.apply(&wish)
        #expect(
            gateway.calls
                == ["GET /linear", "POST ", "GET /linear", "POST /linear/rotate", "PATCH /linear"])
        #expect(try gateway.linear().secrets == ["access_token": canary])
        #expect(try gateway.linear().name == "Linear")
        await target.shutdown()
        try await gateway.stop()
    }

    @Test(
        "a connection that vanishes between looking and writing is created",
        arguments: [("POST", "/rotate"), ("PATCH", ""), ("DELETE", "")])
    func vanishes(method: String, tail: String) async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        wish.isApplied = false
        wish.secrets["access_token"] = "new"
        if method == "DELETE" { wish.connection.baseURL = "https://eu.linear.app" } else { wish.name = "New" }
        gateway.interject(beforeNext: method, path: "/api/admin/connections/linear\(tail)") { $0 = [:] }
        try await target.apply(&wish)
        #expect(try gateway.linear().secrets == ["access_token": "new"])
        #expect(try await target.observe(wish) == .present(differences: []))
        await target.shutdown()
        try await gateway.stop()
    }
}
