import Foundation
import Testing
import VaultTestSupport

/// The double against what was observed of the gateway: what other tests stand on.
@Suite("The gateway's double")
struct DoubleTests {
    private let connections = "/api/admin/connections"

    private func create(_ gateway: GatewayDouble, _ body: String) throws -> RawHTTP {
        try RawHTTP.send("POST", connections, port: gateway.port, body: body)
    }

    @Test("health is JSON; another path answers GET with 200 as plain text")
    func health() async throws {
        let gateway = try await GatewayDouble.start()
        for (path, check) in [("/health", "health"), ("/health/live", "liveness"), ("/health/ready", "readiness")] {
            let answer = try RawHTTP.send("GET", path, port: gateway.port)
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/json")
            #expect(answer.body == "{\"check\":\"\(check)\",\"status\":\"ok\"}\n")
        }
        let unknown = try RawHTTP.send("GET", "/healthz", port: gateway.port)
        #expect(unknown.status == 200)
        #expect(unknown.header("Content-Type")?.hasPrefix("text/plain") == true)
        try await gateway.stop()
    }

    @Test("creating fills in defaults, trims values and one slash, and never tells a value")
    func creates() async throws {
        let gateway = try await GatewayDouble.start()
        let made = try create(
            gateway,
            #"{"id":"a","base_url":"https://h/","auth_secret_key":"k","secrets":{"k":" v\n","e":" "},"unknown":1}"#)
        #expect(made.status == 201)
        #expect(made.says("auth_mode", "\"bearer\"") && made.says("auth_header_name", "\"Authorization\""))
        #expect(made.says("auth_prefix", "\"Bearer \"") && made.says("base_url", "\"https://h\""))
        #expect(made.says("secret_version", "1") && made.says("credential_keys", "[\"k\"]"))
        #expect(made.says("last_tested_at", "\"0001-01-01T00:00:00Z\"") && made.says("status", "\"active\""))
        #expect(made.body.hasSuffix("}\n") && !made.says("k", "\"v\""))
        #expect(gateway.connections["a"]?.secrets == ["k": "v"])
        let query = try create(gateway, #"{"id":"q","base_url":"ftp://h","auth_mode":"query_param"}"#)
        #expect(query.says("auth_header_name", "\"api_key\"") && query.says("auth_prefix", "\"\""))
        let all = try RawHTTP.send("GET", connections, port: gateway.port)
        #expect(all.body.hasPrefix(#"{"connections":[{"#))
        try await gateway.stop()
    }

    @Test("refusals have the gateway's status and text, and echo the request's id")
    func refusals() async throws {
        let gateway = try await GatewayDouble.start()
        _ = try create(gateway, #"{"id":"a","base_url":"https://h","secrets":{"k":"v"}}"#)
        let cases: [(String, String, String, Int, String)] = [
            ("POST", "", #"{"id":"a","base_url":"https://h"}"#, 409, "connection already exists"),
            ("POST", "", #"{"id":"b","base_url":"https://h","auth_mode":"basic"}"#, 400, "invalid auth_mode: basic"),
            ("POST", "", #"{"id":"b"}"#, 400, "base_url is required"),
            ("POST", "", #"{"id":"b","base_url":"h","auth_secret_key":"k"}"#, 400, "no secret for auth_secret_key"),
            ("POST", "", #"{"id":5}"#, 400, "invalid JSON"),
            ("GET", "/none", "", 404, "connection not found"),
            ("DELETE", "/none", "", 404, "connection not found"),
            ("PATCH", "/a", #"{"auth_mode":"Bearer"}"#, 400, "invalid auth_mode: Bearer"),
            ("PATCH", "/a", #"{"auth_secret_key":"none"}"#, 400, "auth_secret_key has no secret"),
            ("POST", "/a/rotate", #"{"secrets":{"k":" v "}}"#, 400, "secrets are required"),
            ("POST", "/a/rotate", #"{"secrets":{"k":""}}"#, 400, "secrets are required"),
            ("POST", "/a/rotate", "{}", 400, "secrets are required"),
        ]
        for (method, path, body, status, text) in cases {
            let answer = try RawHTTP.send(
                method, connections + path, port: gateway.port, body: body, headers: ["X-Request-Id: r-1"])
            #expect(answer.status == status && answer.says("error", "\"\(text)\""), "\(method) \(path) \(body)")
            #expect(answer.says("request_id", "\"r-1\"") && answer.header("X-Request-Id") == "r-1")
            #expect(!answer.body.contains("\"code\""))
        }
        try await gateway.stop()
    }

    @Test("a change honours only some fields, and a changed mode resets prefix and sometimes the header")
    func patches() async throws {
        let gateway = try await GatewayDouble.start()
        _ = try create(gateway, #"{"id":"a","name":"A","base_url":"https://h","rotation_interval_days":5}"#)
        func patch(_ body: String) throws -> RawHTTP {
            try RawHTTP.send("PATCH", connections + "/a", port: gateway.port, body: body)
        }
        let ignored = try patch(
            #"{"id":"x","base_url":"https://x","secrets":{"k":"v"},"name":"","rotation_interval_days":0}"#)
        #expect(ignored.status == 200 && ignored.says("id", "\"a\"") && ignored.says("base_url", "\"https://h\""))
        #expect(ignored.says("name", "\"A\"") && ignored.says("rotation_interval_days", "5"))
        #expect(!ignored.body.contains("credential_keys"))
        let query = try patch(#"{"auth_mode":"query_param"}"#)
        #expect(query.says("auth_header_name", "\"api_key\"") && query.says("auth_prefix", "\"\""))
        let back = try patch(#"{"auth_mode":"bearer"}"#)
        #expect(back.says("auth_header_name", "\"api_key\"") && back.says("auth_prefix", "\"Bearer \""))
        try await gateway.stop()
    }

    @Test("a rotation merges and counts, and fails under another master key, where reading does not")
    func rotates() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.preload(.init(id: "a", name: "A", baseURL: "https://h", secrets: ["k": "1", "l": "2"]))
        let path = connections + "/a/rotate"
        let rotated = try RawHTTP.send("POST", path, port: gateway.port, body: #"{"secrets":{"l":"3","m":"4"}}"#)
        #expect(rotated.says("secret_version", "2"))
        #expect(gateway.connections["a"]?.secrets == ["k": "1", "l": "3", "m": "4"])
        gateway.behaviour.hasOtherMasterKey = true
        let failed = try RawHTTP.send("POST", path, port: gateway.port, body: #"{"secrets":{"l":"5"}}"#)
        #expect(failed.status == 400 && failed.body.contains("chacha20poly1305: message authentication failed"))
        #expect(try RawHTTP.send("GET", connections + "/a", port: gateway.port).status == 200)
        #expect(try RawHTTP.send("DELETE", connections + "/a", port: gateway.port).status == 204)
        try await gateway.stop()
    }

    @Test("an id with a slash is created and never found again")
    func slash() async throws {
        let gateway = try await GatewayDouble.start()
        #expect(try create(gateway, #"{"id":"a/b","base_url":"https://h"}"#).status == 201)
        for path in ["/a/b", "/a%2Fb"] {
            let answer = try RawHTTP.send("GET", connections + path, port: gateway.port)
            #expect(!answer.body.contains("base_url"))
            _ = try RawHTTP.send("DELETE", connections + path, port: gateway.port)
        }
        #expect(gateway.connections.count == 1)
        try await gateway.stop()
    }

    @Test("a body over 2 MiB is 413, also when it closes while the client still sends", arguments: [false, true])
    func tooLarge(closes: Bool) async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.closesOnLargeBody = closes
        let body = #"{"id":"a","base_url":"https://h","name":""# + String(repeating: "x", count: 2 << 20) + "\"}"
        let answer = try create(gateway, body)
        if closes {
            // The answer can be lost together with the connection.
            #expect(answer.status == 413 || answer.status == 0)
        } else {
            #expect(answer.status == 413 && answer.says("code", "\"REQUEST_BODY_TOO_LARGE\""))
        }
        #expect(gateway.connections.isEmpty)
        try await gateway.stop()
    }

    @Test("token mode wants the token, in either header, and leaves health open; the others want none")
    func access() async throws {
        let gateway = try await GatewayDouble.start()
        for access in [GatewayDouble.Behaviour.Access.hybrid, .loopback] {
            gateway.behaviour.access = access
            let answer = try RawHTTP.send(
                "GET", connections, port: gateway.port, headers: ["Authorization: Bearer nonsense"])
            #expect(answer.status == 200)
        }
        gateway.behaviour.access = .token("T")
        #expect(try RawHTTP.send("GET", "/health", port: gateway.port).status == 200)
        for headers in [[], ["Authorization: Bearer U"], ["X-Sigilum-Admin-Token: U"]] {
            let answer = try RawHTTP.send("GET", connections, port: gateway.port, headers: headers)
            #expect(answer.status == 403 && answer.says("code", "\"ADMIN_TOKEN_REQUIRED\""))
        }
        for header in ["Authorization: Bearer T", "X-Sigilum-Admin-Token: T"] {
            #expect(try RawHTTP.send("GET", connections, port: gateway.port, headers: [header]).status == 200)
        }
        try await gateway.stop()
    }

    @Test("the live secret is tested, and what upstream echoes is passed on")
    func tests() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.preload(
            .init(id: "a", name: "A", baseURL: "https://h", secretKey: "k", secrets: ["k": "echo-me"]))
        let path = connections + "/a/test"
        #expect(try RawHTTP.send("POST", path, port: gateway.port).says("status", "\"pass\""))
        gateway.behaviour.upstreamStatus = 401
        let failed = try RawHTTP.send("POST", path, port: gateway.port)
        #expect(failed.status == 200 && failed.says("http_status", "401") && failed.body.contains("echo-me"))
        gateway.behaviour.upstreamStatus = nil
        let silent = try RawHTTP.send("POST", path, port: gateway.port)
        #expect(silent.status == 502 && silent.says("http_status", "0"))
        #expect(try RawHTTP.send("POST", connections + "/none/test", port: gateway.port).status == 502)
        gateway.behaviour.signedCallerStatus = 401
        #expect(try RawHTTP.send("POST", path, port: gateway.port).status == 401)
        try await gateway.stop()
    }

    @Test("service keys rewrite the export file; credential variables are kept by key")
    func extras() async throws {
        let home = NSTemporaryDirectory() + "gateway-home-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.home = home
        let key = "/api/admin/service-api-keys/linear"
        #expect(try RawHTTP.send("GET", key, port: gateway.port).says("has_key", "false"))
        #expect(
            try RawHTTP.send("PUT", key, port: gateway.port, body: #"{"key":"sk_live_0123"}"#).says("has_key", "true"))
        #expect(try String(contentsOfFile: home + "/service-api-key-linear", encoding: .utf8) == "sk_live_0123")
        let variables = "/api/admin/credential-variables"
        for value in ["1", "2"] {
            let body = #"{"key":"K","value":"\#(value)"}"#
            #expect(try RawHTTP.send("POST", variables, port: gateway.port, body: body).status == 200)
        }
        #expect(gateway.variables == ["K": "2"])
        #expect(try RawHTTP.send("GET", variables, port: gateway.port).body.contains("\"key\":\"K\""))
        #expect(try RawHTTP.send("DELETE", variables + "/K", port: gateway.port).says("deleted", "true"))
        #expect(gateway.variables.isEmpty)
        try await gateway.stop()
        try FileManager.default.removeItem(atPath: home)
    }

    @Test("state outlives a death and a restart on the same port")
    func restarts() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.die(.afterProcessing, method: "POST", path: connections)
        #expect(try create(gateway, #"{"id":"a","base_url":"https://h"}"#).status == 0)
        #expect(!gateway.isRunning)
        let url = gateway.url
        try await gateway.restart()
        #expect(gateway.url == url)
        #expect(try RawHTTP.send("GET", connections + "/a", port: gateway.port).status == 200)
        try await gateway.stop()
    }
}
