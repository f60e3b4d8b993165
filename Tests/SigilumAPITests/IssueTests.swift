import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("Asking for a key")
struct IssueTests {
    static let keys = "/v1/services/*/keys"

    @Test("a service that is not there is made, and its first key is shown once")
    func first() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            try await target.issue(&wish)
            #expect(api.methods == ["GET services", "POST services", "GET services/*/keys", "POST services/*/keys"])
            let service = try api.linear()
            #expect(service.name == "Linear")
            #expect(service.domain == "localhost")
            #expect(service.description == "Issues.")
            #expect(wish.key == keyCanary)
            #expect(api.accepts(keyCanary))
            #expect(service.activeKeys.map(\.name) == ["sigilum op1"])
            #expect(
                wish.receipt == ["service_id": service.id, "key_id": service.keys[0].id, "created": "yes"])
            try await target.apply(&wish)
            #expect(try await target.observe(wish) == .present(differences: []))
        }
    }

    @Test("what the API wants at least a character of has one")
    func empty() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.name = ""
            wish.summary = ""
            try await target.issue(&wish)
            #expect(try api.linear().name == "linear")
            #expect(try api.linear().description == "linear")
            #expect(try await target.observe(wish) == .present(differences: []))
        }
    }

    @Test("texts arrive as they are, whatever characters they have")
    func texts() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.name = "\"Li\\near\"\n\u{1F511} \u{7f}"
            try await target.issue(&wish, operation: "a\"b\\c")
            #expect(try api.linear().name == wish.name)
            #expect(try api.linear().keys.map(\.name) == ["sigilum a\"b\\c"])
        }
    }

    @Test("the next key leaves the ones before to be revoked in their time")
    func next() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.isGateway = true
            try await target.issue(&wish, operation: "one")
            try await target.apply(&wish)
            let first = wish
            try await target.issue(&wish, operation: "two")
            let second = wish
            try await target.issue(&wish, operation: "three")
            #expect(try api.linear().activeKeys.map(\.name) == ["sigilum one", "sigilum two", "sigilum three"])
            let olds = [first, second].compactMap { $0.receipt["key_id"] }
            #expect(first.receipt["gateway_marked"] == olds.first)
            #expect(wish.receipt["retiring"] == olds.joined(separator: ","))
            #expect(wish.receipt["gateway_marked"] == nil)
            #expect(wish.receipt["key_id"].map(olds.contains) == false)
            #expect([first, second, wish].allSatisfy { $0.key.map(api.accepts) ?? false })
        }
    }

    @Test("a key that was adopted is replaced, and revoked in its time, although its id was never noted")
    func adopted() async throws {
        try await Stage.run { api, target, _ async throws in
            var service = APIDouble.Service(name: "Linear", slug: "linear", description: "Issues.")
            service.keys = [.init(name: "theirs", value: "sk_live_theirs"), .init(name: "ours", value: "sk_live_old1")]
            api.preload([service])
            var wish = Wish()
            wish.key = "sk_live_old1"
            let issued = try await target.issue(wish.job(), operation: "op1")
            #expect(issued.receipt["retiring"] == service.keys[1].id)
        }
    }

    @Test("a service that another process makes meanwhile is used")
    func raceToCreate() async throws {
        try await Stage.run { api, target, _ async throws in
            api.interject(beforeNext: "POST", path: "/v1/services") {
                $0.append(.init(id: "svc_other", name: "Other", slug: "linear"))
            }
            var wish = Wish()
            try await target.issue(&wish)
            #expect(wish.receipt["service_id"] == "svc_other")
            #expect(api.services.count == 1)
        }
    }

    @Test("a slug that is taken by what the owner does not have is a conflict")
    func conflict() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.error(status: 409, code: "CONFLICT"), method: "POST", path: "/v1/services")
            #expect(try await target.failure(issuing: Wish()) == .conflict)
            #expect(api.shownKeys.isEmpty)
        }
    }

    @Test("a service that was made though the answer was an error is used")
    func madeAllTheSame() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.failingAfter(status: 502), method: "POST", path: "/v1/services")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(api.calls("POST", "/v1/services") == 1)
            #expect(try wish.receipt["service_id"] == api.linear().id)
            api.forget("linear")
            api.misbehave(.error(status: 500, code: "INTERNAL_ERROR"), method: "POST", path: "/v1/services")
            #expect(try await target.failure(issuing: Wish()) == .refused(status: 500, code: "INTERNAL_ERROR"))
            api.misbehave(.later(status: 503, retryAfter: "90"), method: "POST", path: "/v1/services")
            #expect(try await target.failure(issuing: Wish()) == .tryLater(seconds: 90))
        }
    }

    @Test("limits of the account are told for what they are")
    func limits() async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload((1...5).map { .init(name: "S", slug: "service-\($0)") })
            #expect(try await target.failure(issuing: Wish()) == .limitReached(.services))
            var wish = Wish()
            wish.slug = "service-1"
            api.behaviour.keyLimit = 1
            try await target.issue(&wish, operation: "one")
            #expect(try await target.failure(issuing: wish, operation: "two") == .limitReached(.keys))
        }
    }

    @Test("what the API does not accept is refused with its code")
    func validation() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.name = String(repeating: "n", count: 101)
            #expect(try await target.failure(issuing: wish) == .refused(status: 400, code: "VALIDATION_ERROR"))
        }
    }

    @Test("orphans of the operation are found on every page, and keys of others stay")
    func pages() async throws {
        try await Stage.run(limits: { $0.keysAPage = 3 }) { api, target, _ async throws in
            var service = APIDouble.Service(name: "Linear", slug: "linear")
            service.keys = (0..<9).map { .init(name: "other \($0)", value: "sk_live_\($0)") }
            for position in [0, 5, 11] {
                service.keys.insert(.init(name: "sigilum op1", value: "sk_live_x\(position)"), at: position)
            }
            api.preload([service])
            var wish = Wish()
            api.behaviour.keyLimit = 20
            try await target.issue(&wish)
            #expect(api.calls("GET", Self.keys) == 4)
            #expect(try api.linear().activeKeys.map(\.name) == (0..<9).map { "other \($0)" } + ["sigilum op1"])
        }
    }

    @Test("a key that the vault has already is no orphan, whatever its name")
    func spared() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            try await target.issue(&wish)
            let old = wish
            try await target.issue(&wish)
            #expect(wish.receipt["retiring"] == old.receipt["key_id"])
            #expect(old.key.map(api.accepts) == true)
        }
    }
}
