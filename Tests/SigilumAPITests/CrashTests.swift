import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("An API or a program that dies on the way")
struct CrashTests {
    @Test("a key whose answer was lost is revoked, and the one that is returned is the only one of its operation")
    func killedBetween() async throws {
        try await Stage.run { api, target, _ async throws in
            api.die(.afterProcessing, method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            #expect(try await target.failure(issuing: wish) == .unreachable(endpoint: api.url))
            #expect(!api.isRunning)
            #expect(api.accepts(keyCanary))
            try await api.restart()
            try await target.issue(&wish)
            #expect(!api.accepts(keyCanary))
            let active = try api.linear().activeKeys.filter { $0.name == "sigilum op1" }
            #expect(active.map(\.id) == [wish.receipt["key_id"]])
            #expect(wish.key.map(api.accepts) == true)
            #expect(api.shownKeys.count == 2)
            #expect(wish.receipt["retiring"] == nil)
        }
    }

    @Test("the program that was killed with the answer in its hands asks again, and leaves one key")
    func answerForgotten() async throws {
        try await Stage.run { api, target, _ async throws in
            var forgotten = Wish()
            try await target.issue(&forgotten)
            var wish = Wish()
            try await target.issue(&wish)
            #expect(try api.linear().activeKeys.map(\.id) == [wish.receipt["key_id"]])
            #expect(forgotten.key.map(api.accepts) == false)
        }
    }

    @Test("at whichever request it dies, the next run finishes", arguments: APIDouble.Death.Moment.allCases)
    func everywhere(moment: APIDouble.Death.Moment) async throws {
        for occurrence in 1...4 {
            try await Stage.run { api, target, _ async throws in
                api.die(moment, occurrence: occurrence)
                var wish = Wish()
                #expect(try await target.failure(issuing: wish) == .unreachable(endpoint: api.url))
                try await api.restart()
                try await target.issue(&wish)
                try await target.apply(&wish)
                #expect(try api.linear().activeKeys.map(\.id) == [wish.receipt["key_id"]])
                #expect(api.services.count == 1)
                #expect(try await target.observe(wish) == .present(differences: []))
            }
        }
    }

    @Test("at whichever request of an apply it dies, the next run finishes", arguments: APIDouble.Death.Moment.allCases)
    func applying(moment: APIDouble.Death.Moment) async throws {
        for occurrence in 1...5 {
            try await Stage.run { api, target, _ async throws in
                var wish = Wish()
                wish.isGateway = true
                try await target.issue(&wish, operation: "one")
                try await target.issue(&wish, operation: "two")
                wish.name = "New"
                api.die(moment, occurrence: occurrence)
                #expect(try await target.failure(applying: wish) == .unreachable(endpoint: api.url))
                try await api.restart()
                try await target.apply(&wish)
                #expect(try api.linear().name == "New")
                #expect(try api.linear().activeKeys.map(\.id) == [wish.receipt["key_id"]])
                #expect(try api.linear().activeKeys[0].gatewayRegisteredAt != nil)
                #expect(try await target.observe(wish) == .present(differences: []))
            }
        }
    }

    @Test("a connection that breaks at the request for a key has the key revoked, and it is asked for again")
    func brokenConnection() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.truncating, method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(api.shownKeys.count == 2)
            #expect(try api.linear().activeKeys.map(\.id) == [wish.receipt["key_id"]])
            #expect(!api.accepts(keyCanary))
        }
    }

    @Test("a 5xx to the request for a key is not answered by blind repetition")
    func failedAfter() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.failingAfter(status: 500), method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(
                api.methods.suffix(4) == [
                    "POST services/*/keys", "GET services/*/keys", "DELETE services/*/keys/*", "POST services/*/keys",
                ])
            #expect(try api.linear().activeKeys.count == 1)
            api.forgetRequests()
            api.misbehave(.failingAfter(status: 500), times: 2, method: "POST", path: "/v1/services/*/keys")
            let failure = DeliveryFailure.refused(status: 500, code: "INTERNAL_ERROR")
            #expect(try await target.failure(issuing: wish, operation: "op2") == failure)
            #expect(api.calls("POST", "/v1/services/*/keys") == 2)
            // The next run of the operation finds what the last one left.
            try await target.issue(&wish, operation: "op2")
            #expect(try api.linear().activeKeys.map(\.name) == ["sigilum op1", "sigilum op2"])
        }
    }

    @Test("a 503 to the request for a key is waited for where the wait is short")
    func laterForKey() async throws {
        try await Stage.run { api, target, waits async throws in
            api.misbehave(.later(status: 503, retryAfter: "2"), method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(waits.durations == [.seconds(2)])
            #expect(api.calls("GET", "/v1/services/*/keys") == 2)
            api.misbehave(.later(status: 503, retryAfter: "60"), method: "POST", path: "/v1/services/*/keys")
            #expect(try await target.failure(issuing: wish, operation: "op2") == .tryLater(seconds: 60))
            #expect(waits.durations.count == 1)
        }
    }
}
