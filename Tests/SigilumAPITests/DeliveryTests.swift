import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("Observing, applying and withdrawing")
struct DeliveryTests {
    /// A service whose key the vault holds.
    static func issued(_ target: SigilumAPITarget) async throws -> Wish {
        var wish = Wish()
        try await target.issue(&wish)
        try await target.apply(&wish)
        return wish
    }

    @Test("a service that is not there is absent, and its key gone with it")
    func absent() async throws {
        try await Stage.run { api, target, _ async throws in
            let wish = try await Self.issued(target)
            api.forget("linear")
            #expect(try await target.observe(wish) == .absent)
            #expect(try await target.failure(applying: wish) == .credentialRevoked)
            #expect(api.services.isEmpty)
        }
    }

    @Test("name, domain and description are compared and changed in place, only those that differ")
    func facts() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            wish.name = "New"
            wish.domain = "example.org"
            wish.summary = "Other."
            #expect(try await target.observe(wish) == .present(differences: ["name", "domain", "description"]))
            api.change("linear") { $0.domain = "example.org" }
            #expect(try await target.observe(wish) == .present(differences: ["name", "description"]))
            api.forgetRequests()
            try await target.apply(&wish)
            let patch = try #require(api.requests.first { $0.method == "PATCH" })
            #expect(String(decoding: patch.body, as: UTF8.self) == #"{"name":"New","description":"Other."}"#)
            #expect(try api.linear().description == "Other.")
            #expect(try await target.observe(wish) == .present(differences: []))
            api.forgetRequests()
            try await target.apply(&wish)
            #expect(api.methods == ["GET services", "GET services/*/keys"])
        }
    }

    @Test("what the answer does not carry is not compared; a null is an empty text")
    func carried() async throws {
        try await Stage.run { api, target, _ async throws in
            let wish = try await Self.issued(target)
            let id = try api.linear().id
            api.misbehave(.saying("{\"services\":[{\"id\":\"\(id)\",\"name\":\"Linear\",\"slug\":\"linear\"}]}"))
            #expect(try await target.observe(wish) == .present(differences: []))
            api.change("linear") { $0.description = nil }
            #expect(try await target.observe(wish) == .present(differences: ["description"]))
        }
    }

    @Test("a key that somebody revoked is noticed, and only a new one helps")
    func revoked() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            api.change("linear") { $0.keys[0].revokedAt = "2026-03-01T10:00:00.000Z" }
            #expect(try await target.observe(wish) == .present(differences: ["api_key"]))
            #expect(try await target.failure(applying: wish) == .credentialRevoked)
            try await target.issue(&wish, operation: "op2")
            try await target.apply(&wish)
            #expect(try await target.observe(wish) == .present(differences: []))
        }
    }

    @Test("a key that was adopted is recognised by its end, where that is unambiguous")
    func adopted() async throws {
        try await Stage.run { api, target, _ async throws in
            var service = APIDouble.Service(name: "Linear", slug: "linear", description: "Issues.")
            service.keys = [
                .init(name: "theirs", value: "sk_live_abcd"), .init(name: "ours", value: "sk_live_CANARY1234"),
            ]
            api.preload([service])
            var wish = Wish()
            wish.key = "sk_live_CANARY1234"
            #expect(try await target.observe(wish) == .present(differences: ["api_key"]))
            try await target.apply(&wish)
            #expect(wish.receipt == ["service_id": service.id, "key_id": service.keys[1].id])
            #expect(try await target.observe(wish) == .present(differences: []))
            var unknown = Wish()
            unknown.key = "sk_live_unknown"
            #expect(try await target.failure(applying: unknown) == .credentialRevoked)
            unknown.key = "234"
            #expect(try await target.failure(applying: unknown) == .credentialRevoked)
            api.change("linear") { $0.keys.append(.init(name: "another", value: "sk_live_x1234")) }
            wish.receipt = [:]
            #expect(try await target.failure(applying: wish) == .credentialRevoked)
        }
    }

    @Test("after a rollback the old key is the current one again, and the new one is to be revoked")
    func rollback() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            let old = wish
            try await target.issue(&wish, operation: "op2")
            wish.retiresOld = false
            try await target.apply(&wish)
            let new = wish.receipt["key_id"]
            wish.key = old.key
            try await target.apply(&wish)
            #expect(wish.receipt["key_id"] == old.receipt["key_id"])
            #expect(wish.receipt["retiring"] == new)
            wish.retiresOld = true
            try await target.apply(&wish)
            #expect(try api.linear().activeKeys.map(\.id) == [old.receipt["key_id"]])
        }
    }

    @Test("keys that were replaced stay until their time is over, and are then revoked")
    func retiring() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            let old = wish
            try await target.issue(&wish, operation: "op2")
            wish.retiresOld = false
            try await target.apply(&wish)
            #expect(try await target.observe(wish) == .present(differences: []))
            #expect(old.key.map(api.accepts) == true)
            #expect(wish.receipt["retiring"] == old.receipt["key_id"])
            wish.retiresOld = true
            #expect(try await target.observe(wish) == .present(differences: ["retired_key"]))
            try await target.apply(&wish)
            #expect(old.key.map(api.accepts) == false)
            #expect(wish.key.map(api.accepts) == true)
            #expect(wish.receipt["retiring"] == nil)
            #expect(try await target.observe(wish) == .present(differences: []))
        }
    }

    @Test("a key that was to be revoked and is gone already is no failure")
    func retiredByOthers() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            try await target.issue(&wish, operation: "op2")
            api.change("linear") { $0.keys[0].revokedAt = "2026-03-01T10:00:00.000Z" }
            try await target.apply(&wish)
            #expect(api.calls("DELETE") == 1)
            #expect(wish.receipt["retiring"] == nil)
        }
    }

    @Test("a key of a service in gateway mode is marked once")
    func marked() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            #expect(try api.linear().keys[0].gatewayRegisteredAt == nil)
            wish.isGateway = true
            try await target.apply(&wish)
            #expect(try api.linear().keys[0].gatewayRegisteredAt != nil)
            #expect(wish.receipt["gateway_marked"] == wish.receipt["key_id"])
            try await target.apply(&wish)
            #expect(api.calls("POST", "/v1/services/*/keys/*/mark-gateway") == 1)
            try await target.issue(&wish, operation: "op2")
            try await target.apply(&wish)
            #expect(api.calls("POST", "/v1/services/*/keys/*/mark-gateway") == 2)
        }
    }

    @Test("a key that is revoked right before it is marked is told as revoked")
    func revokedMeanwhile() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            wish.isGateway = true
            api.interject(beforeNext: "POST", path: "/v1/services/*/keys/*/mark-gateway") { services in
                services[0].keys[0].revokedAt = "2026-03-01T10:00:00.000Z"
            }
            #expect(try await target.failure(applying: wish) == .credentialRevoked)
        }
    }

    @Test("of two services of one slug, against the API's rule, the remembered one counts")
    func twice() async throws {
        try await Stage.run { api, target, _ async throws in
            let wish = try await Self.issued(target)
            api.preload([.init(name: "Impostor", slug: "linear", createdAt: "2020-01-01T00:00:00.000Z")])
            #expect(try await target.observe(wish) == .present(differences: []))
        }
    }

    @Test("a service is withdrawn by its remembered id, and never by its name alone; none is success")
    func withdraws() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = try await Self.issued(target)
            api.forgetRequests()
            try await target.withdraw(wish)
            #expect(api.methods == ["DELETE services/*"])
            #expect(api.services.isEmpty)
            try await target.withdraw(wish)
            api.preload([.init(name: "Linear", slug: "linear"), .init(name: "Other", slug: "other")])
            // Made anew by somebody: not the one that is remembered.
            try await target.withdraw(wish)
            #expect(api.services.count == 2)
            wish.receipt = [:]
            try await target.withdraw(wish)
            wish.operation = "op1"
            try await target.withdraw(wish)
            #expect(api.services.map(\.slug) == ["linear", "other"])
        }
    }

    @Test("what an operation began and did not finish is withdrawn, and nobody else's key or service with it")
    func withdrawsUnfinished() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.operation = "op1"
            api.preload([.init(name: "Linear", slug: "linear")])
            api.change("linear") { service in
                service.keys = [
                    .init(name: "sigilum op1", value: "sk_live_1"), .init(name: "mine", value: "sk_live_2"),
                ]
            }
            try await target.withdraw(wish)
            #expect(try api.linear().keys.map { $0.revokedAt == nil } == [false, true])
            try await target.withdraw(wish)
            #expect(try api.linear().activeKeys.map(\.name) == ["mine"])
        }
    }

    @Test("a service that was there before keeps what the vault has no word on, and loses the vault's keys alone")
    func takenUp() async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload([.init(name: "Linear Prod", slug: "linear", domain: "prod.example.com", description: "Ours.")])
            api.change("linear") { $0.keys = [.init(name: "prod", value: "sk_live_prod")] }
            var wish = Wish()
            (wish.name, wish.summary) = ("linear", "Native service")
            try await target.issue(&wish, operation: "op1")
            try await target.apply(&wish)
            #expect(try await target.observe(wish) == .present(differences: []))
            let kept = try api.linear()
            #expect((kept.name, kept.domain, kept.description) == ("Linear Prod", "prod.example.com", "Ours."))
            #expect(api.calls("PATCH", "/v1/services/*") == 0)
            wish.name = "Renamed"
            #expect(try await target.observe(wish) == .present(differences: ["name"]))
            try await target.apply(&wish)
            #expect(try api.linear().name == "Renamed")
            try await target.withdraw(wish)
            #expect(try api.linear().activeKeys.map(\.name) == ["prod"])
        }
    }
}
