import HTTPTransport
import Testing
import VaultCore
import VaultTestSupport

/// The double itself, called without the target.
@Suite("The double of the API")
struct DoubleTests {
    /// One answer: its status, and what its body holds of the members that are looked at here.
    private struct Answer: Decodable {
        var status = 0
        var code: String?
        var id: String?
        var slug: String?
        var key: String?
        var keyID: String?
        var prefix: String?
        var success: Bool?
        var namespace: String?
        var keys: [Key]?
        var services: [Service]?
        var pagination: Pagination?

        struct Key: Decodable { let id: String, name: String, key: String? }
        struct Service: Decodable { let slug: String }
        struct Pagination: Decodable, Equatable {
            let limit: Int, offset: Int, total: Int
            let hasMore: Bool

            private enum CodingKeys: String, CodingKey {
                case limit, offset, total
                case hasMore = "has_more"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case code, id, slug, key, success, namespace, keys, services, pagination
            case keyID = "key_id"
            case prefix = "key_prefix"
        }
    }

    private static let service = [
        ("name", "Linear"), ("slug", "linear"), ("domain", "localhost"), ("description", "Issues."),
    ]

    /// Calls a double, with a token unless it is nil.
    private struct Caller {
        let api: APIDouble
        let http: HTTPCaller
        var token: String? = tokenCanary

        func callAsFunction(
            _ method: HTTPMethod, _ path: String, _ body: [(String, String)] = []
        ) async throws -> Answer {
            let answer = try http.send(
                method, "/v1/\(path)", authorization: try token.map { try BearerToken.header(shared($0)) },
                body: body.isEmpty ? nil : JSONBody(texts: body).encoded)
            var decoded = try answer.decode(Answer.self)
            decoded.status = answer.status
            return decoded
        }

        func with(token: String?) -> Caller { Caller(api: api, http: http, token: token) }
    }

    private func withDouble(_ body: (APIDouble, Caller) async throws -> Void) async throws {
        let api = try await APIDouble.start(token: tokenCanary)
        let http = HTTPCaller(endpoint: try HTTPEndpoint(api.url), limits: HTTPLimits())
        try await body(api, Caller(api: api, http: http))
        http.shutdown()
        try await api.stop()
    }

    @Test("nobody is let in without a token that it knows and that has not expired")
    func tokens() async throws {
        try await withDouble { api, call in
            #expect(try await call(.get, "auth/me").namespace == "johndee")
            for token in [nil, "other"] {
                let answer = try await call.with(token: token)(.get, "services")
                #expect(answer.status == 401)
                #expect(answer.code == "UNAUTHORIZED")
            }
            api.expire(tokenCanary)
            #expect(try await call(.get, "auth/me").code == "TOKEN_EXPIRED")
            api.admit("second")
            #expect(try await call.with(token: "second")(.get, "auth/me").status == 200)
        }
    }

    @Test("services are made, listed, changed and deleted, and belong to their account")
    func services() async throws {
        try await withDouble { api, call in
            let made = try await call(.post, "services", Self.service)
            #expect(made.status == 201)
            let id = try #require(made.id)
            #expect(try await call(.post, "services", Self.service).code == "CONFLICT")
            #expect(try await call(.get, "services").services?.map(\.slug) == ["linear"])
            #expect(try await call(.patch, "services/\(id)", [("name", "New")]).success == true)
            #expect(api.service("linear")?.name == "New")
            api.admit("second", as: "somebody")
            let other = call.with(token: "second")
            #expect(try await other(.get, "services").services?.isEmpty == true)
            #expect(try await other(.delete, "services/\(id)").status == 404)
            #expect(try await other(.post, "services", Self.service).status == 201)
            #expect(try await call(.delete, "services/\(id)").success == true)
            #expect(try await call(.delete, "services/\(id)").status == 404)
            #expect(try await call(.get, "services/\(id)/keys").status == 404)
        }
    }

    @Test("five services an account")
    func serviceLimit() async throws {
        try await withDouble { _, call in
            for number in 1...6 {
                let service = Self.service.map { $0.0 == "slug" ? ("slug", "service-\(number)") : $0 }
                let answer = try await call(.post, "services", service)
                #expect(answer.status == (number < 6 ? 201 : 403))
                #expect(answer.code == (number < 6 ? nil : "SERVICE_LIMIT_REACHED"))
            }
        }
    }

    @Test(
        "texts have their lengths and slugs their form",
        arguments: [
            ("name", ""), ("name", String(repeating: "n", count: 101)), ("domain", ""),
            ("domain", String(repeating: "d", count: 256)), ("description", ""),
            ("description", String(repeating: "d", count: 501)), ("slug", ""), ("slug", "ab"), ("slug", "Upper"),
            ("slug", "-abc"), ("slug", String(repeating: "s", count: 65)),
        ])
    func validation(member: String, value: String) async throws {
        try await withDouble { api, call in
            let service = Self.service.map { $0.0 == member ? (member, value) : $0 }
            let answer = try await call(.post, "services", service)
            #expect(answer.status == 400)
            #expect(answer.code == "VALIDATION_ERROR")
            api.preload([.init(id: "svc_1", name: "N", slug: "linear")])
            guard member != "slug" else { return }
            #expect(try await call(.patch, "services/svc_1", [(member, value)]).status == 400)
            #expect(try await call(.post, "services/svc_1/keys", [("name", "")]).status == 400)
        }
    }

    @Test("a key is shown once, known by its hash, marked, and revoked once")
    func keys() async throws {
        try await withDouble { api, call in
            api.preload([.init(id: "svc_1", name: "N", slug: "linear")])
            let made = try await call(.post, "services/svc_1/keys", [("name", "one")])
            #expect(made.status == 201)
            let (id, key) = (try #require(made.id), try #require(made.key))
            #expect(key.hasPrefix("sk_live_") && key.utf8.count == 56)
            #expect(made.prefix == "..." + key.suffix(4))
            #expect(api.accepts(key) && !api.accepts(key + "x"))
            #expect(!String(describing: api.services).contains(key))
            let listed = try await call(.get, "services/svc_1/keys").keys
            #expect(listed?.map(\.name) == ["one"] && listed?.first?.key == nil)
            #expect(try await call(.post, "services/svc_1/keys/\(id)/mark-gateway").keyID == id)
            #expect(api.service("linear")?.keys[0].gatewayRegisteredAt != nil)
            #expect(try await call(.delete, "services/svc_1/keys/\(id)").status == 200)
            #expect(!api.accepts(key))
            #expect(try await call(.delete, "services/svc_1/keys/\(id)").status == 404)
            #expect(try await call(.post, "services/svc_1/keys/\(id)/mark-gateway").status == 404)
            #expect(try await call(.get, "services/svc_1/keys").keys?.isEmpty == true)
        }
    }

    @Test("active keys are limited, and come in pages")
    func pages() async throws {
        try await withDouble { api, call in
            api.preload([.init(id: "svc_1", name: "N", slug: "linear")])
            for number in 1...11 {
                let answer = try await call(.post, "services/svc_1/keys", [("name", "key \(number)")])
                #expect(answer.code == (number < 11 ? nil : "KEY_LIMIT_REACHED"))
                #expect(answer.status == (number < 11 ? 201 : 400))
            }
            let page = try await call(.get, "services/svc_1/keys?limit=4&offset=4")
            #expect(page.keys?.map(\.name) == ["key 5", "key 6", "key 7", "key 8"])
            #expect(page.pagination == .init(limit: 4, offset: 4, total: 10, hasMore: true))
            #expect(try await call(.get, "services/svc_1/keys?limit=4&offset=8").pagination?.hasMore == false)
            #expect(try await call(.get, "services/svc_1/keys?limit=x").status == 400)
        }
    }

    @Test("a secret in a URL is noticed")
    func leaks() async throws {
        try await withDouble { api, call in
            _ = try await call(.get, "services?owner=johndee")
            #expect(api.leaks.isEmpty)
            _ = try await call(.get, "services?token=\(tokenCanary)")
            #expect(api.leaks.count == 1)
        }
    }
}
