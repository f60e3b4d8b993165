import HTTPTransport
import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("An API that is not one, or not a good one")
struct HostileTests {
    typealias Answering = APIDouble.Behaviour.Answering

    /// Failures of a server that is not there in time.
    private static let unreachable = DeliveryFailure.unreachable(endpoint: "here")

    @Test(
        "every wrong answer is told for what it is, without a word of it",
        arguments: [
            (Answering.lying, DeliveryFailure.wrongAnswer(.notJSON)), (.garbage, .wrongAnswer(.notJSON)),
            (.wrongContentType, .wrongAnswer(.notJSON)), (.endlessBody, .wrongAnswer(.tooLong)),
            (.huge(status: 200, bytes: 70000), .wrongAnswer(.tooLong)),
            (.huge(status: 404, bytes: 70000), .wrongAnswer(.tooLong)),
            (.notHTTP, .wrongAnswer(.brokenProtocol)), (.trickling, unreachable), (.silently, unreachable),
            (.truncating, unreachable), (.quoting(status: 400), .refused(status: 400, code: nil)),
            (.quoting(status: 401), .ownerTokenRefused), (.quoting(status: 500), .refused(status: 500, code: nil)),
        ])
    func wrongAnswers(answering: Answering, failure: DeliveryFailure) async throws {
        try await Stage.run(limits: {
            $0.call.answerBytes = 65536
            // Only those that never end have to be waited for.
            if failure == Self.unreachable { $0.call.callMilliseconds = 500 }
        }) { api, target, _ async throws in
            api.behaviour.answering = answering
            let here = failure == Self.unreachable ? .unreachable(endpoint: api.url) : failure
            #expect(await target.failureListing() == here)
            #expect(try await target.failure(issuing: Wish()) == here)
        }
    }

    @Test("an answer of more than 4 MiB is not read to its end")
    func huge() async throws {
        try await Stage.run { api, target, _ async throws in
            api.behaviour.answering = .huge(status: 200, bytes: 5 << 20)
            #expect(await target.failureListing() == .wrongAnswer(.tooLong))
        }
    }

    @Test("nobody there is told with the address")
    func nobody() async throws {
        let url = "http://127.0.0.1:\(try await APIDouble.freePort())"
        let target = try SigilumAPITarget(baseURL: url, token: { shared(tokenCanary) }, allowsInsecureHTTP: false)
        #expect(await target.failureListing() == .unreachable(endpoint: url))
        await target.shutdown()
    }

    static let ids =
        ["", ".", "..", "a/b", "../../v1/auth/me", "a?b", "a b", "a\r\nX: y", "%2e", "\u{f6}"]
        + [String(repeating: "a", count: 201)]

    @Test("an id that would lead elsewhere is in no path", arguments: ids)
    func hostileServiceIDs(id: String) async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload([.init(id: id, name: "Linear", slug: "linear")])
            var wish = Wish()
            wish.key = keyCanary
            #expect(await target.failureListing() == .wrongAnswer(.missingMember))
            #expect(try await target.failure(issuing: wish) == .wrongAnswer(.missingMember))
            #expect(try await target.failure(applying: wish) == .wrongAnswer(.missingMember))
            #expect(api.methods.allSatisfy { $0 == "GET services" })
        }
    }

    @Test("nor is one of a service that was just made, or of a key", arguments: ids)
    func hostileKeyIDs(id: String) async throws {
        try await Stage.run { api, target, _ async throws in
            let escaped = id.replacing("\r\n", with: "\\r\\n")
            api.misbehave(
                .saying(#"{"id":"\#(escaped)","name":"Linear","slug":"linear"}"#), method: "POST", path: "/v1/services")
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.missingMember))
            #expect(api.methods.last == "POST services")
            api.change("linear") { $0.keys = [.init(id: id, name: "sigilum op1", value: "sk_live_x")] }
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.missingMember))
            #expect(api.methods.last == "GET services/*/keys")
            api.change("linear") { $0.keys = [] }
            api.misbehave(
                .saying(#"{"id":"\#(escaped)","key":"\#(keyCanary)"}"#), method: "POST", path: "/v1/services/*/keys")
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.missingMember))
        }
    }

    @Test("ids that a receipt should not have are not used")
    func hostileReceipt() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            wish.receipt = ["service_id": "../auth", "key_id": "a/b", "retiring": "../x,key_1,a b"]
            try await target.issue(&wish)
            #expect(wish.receipt["retiring"] == "key_1")
            try await target.apply(&wish)
            wish.receipt["service_id"] = "../auth"
            try await target.withdraw(wish)
            #expect(api.services.map(\.slug) == ["linear"])
            #expect(api.requests.allSatisfy { !$0.path.contains("..") })
        }
    }

    @Test("a key has its escapes undone")
    func escapedKey() async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(
                .saying(#" {"more":[{"key":"no"},-1.5e3,true,null,""],"id":"key_1","key":"sk_\u0041\/\"\\"} "#),
                method: "POST", path: "/v1/services/*/keys")
            var wish = Wish()
            try await target.issue(&wish)
            #expect(wish.key == #"sk_A/"\"#)
            #expect(wish.receipt["key_id"] == "key_1")
        }
    }

    @Test("a key may have 512 characters")
    func longKey() async throws {
        try await Stage.run { api, target, _ async throws in
            let key = String(repeating: "k", count: 512)
            api.behaviour.nextKeys = [key]
            var wish = Wish()
            try await target.issue(&wish)
            #expect(wish.key == key)
        }
    }

    static let noKeys: [(String, WrongAnswer)] = [
        (#"{"id":"key_1"}"#, .missingMember), (#"{"key":"sk_CANARY"}"#, .missingMember),
        (#"{"id":"key_1","key":""}"#, .missingMember), (#"{"id":"key_1","key":null}"#, .missingMember),
        (#"{"id":"key_1","key":{"key":"sk_CANARY"}}"#, .missingMember),
        (#"{"id":"key_1","key":"sk CANARY"}"#, .missingMember), (#"{"id":"key_1","key":"sk_\n"}"#, .missingMember),
        (#"{"id":"key_1","key":"sk_\u0000"}"#, .missingMember), (#"{"id":"key_1","key":"sk_\u00e9"}"#, .missingMember),
        ("{\"id\":\"key_1\",\"key\":\"sk_\u{e9}\"}", .missingMember), ("{\"id\":\"key_1\",\"key\":\"a\nb\"}", .notJSON),
        (#"{"id":"key_1","key":"\#(String(repeating: "k", count: 513))"}"#, .missingMember),
        (#"{"id":"key_1","key":"sk_CANARY","key":"sk_other"}"#, .notJSON),
        (#"{"id":"key_1","key":"sk_CANARY"} x"#, .notJSON), (#"{"id":"key_1","key":"sk_CANARY""#, .notJSON),
        (#"{"id":"key_1","key":"sk_CANARY",}"#, .notJSON), (#"{"id":"key_1","key":"sk_\u00"}"#, .notJSON),
        (#"{"id":"key_1","key":"sk_\x"}"#, .notJSON), (#"{"id":"key_1","key":CANARY}"#, .notJSON),
        (#"["key_1","sk_CANARY"]"#, .notJSON), ("\"sk_CANARY\"", .notJSON), ("", .notJSON), ("{", .notJSON),
        ("{\"a\":" + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}", .notJSON),
        (#"{"id":"key_1","key":"sk_CANARY","filler":"\#(String(repeating: "x", count: 65536))"}"#, .tooLong),
    ]

    @Test(
        "an answer without a key that can be one is refused, and the key that nobody can read is revoked",
        arguments: noKeys)
    func noKey(body: String, problem: WrongAnswer) async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.saying(body), method: "POST", path: "/v1/services/*/keys")
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(problem))
            #expect(api.shownKeys == [keyCanary])
            #expect(try api.linear().activeKeys.isEmpty)
        }
    }

    @Test(
        "wrong answers to a request for a key never show it",
        arguments: [
            Answering.garbage, .wrongContentType, .quoting(status: 400), .quoting(status: 409), .lying,
            .endlessBody, .pretending,
        ])
    func quotedKeys(answering: Answering) async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(answering, method: "POST", path: "/v1/services/*/keys")
            // What was only said to be done is seen by the next look.
            guard answering == .pretending else {
                #expect(try await target.failure(issuing: Wish()) != nil)
                return
            }
            var wish = Wish()
            try await target.issue(&wish)
            #expect(try await target.observe(wish) == .present(differences: ["api_key"]))
        }
    }

    @Test("pages of keys that never end are left")
    func endlessPages() async throws {
        try await Stage.run(limits: { $0.pages = 7 }) { api, target, _ async throws in
            api.preload([.init(name: "Linear", slug: "linear")])
            let path = "/v1/services/*/keys"
            let page = #"{"keys":[{"id":"key_1","name":"n","key_prefix":"...1"}],"pagination":{"has_more":true}}"#
            api.misbehave(.saying(page), times: 1000, method: "GET", path: path)
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.tooLong))
            #expect(api.calls("GET", path) == 7)
        }
    }

    @Test(
        "a page that is none is refused",
        arguments: [
            #"{"keys":[],"pagination":{"has_more":true}}"#, #"{"keys":[]}"#, #"{"pagination":{"has_more":false}}"#,
            #"{"keys":[{"id":"key_1"}],"pagination":{"has_more":false}}"#,
        ])
    func wrongPage(body: String) async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload([.init(name: "Linear", slug: "linear")])
            api.misbehave(.saying(body), method: "GET", path: "/v1/services/*/keys")
            #expect(try await target.failure(issuing: Wish()) == .wrongAnswer(.missingMember))
        }
    }

    @Test("a change that is not confirmed did not happen", arguments: [#"{"success":false}"#, "{}", "7"])
    func unconfirmed(body: String) async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            try await target.issue(&wish)
            wish.name = "New"
            api.misbehave(.saying(body), method: "PATCH")
            let problem: WrongAnswer = body.contains("false") ? .notDone : .missingMember
            #expect(try await target.failure(applying: wish) == .wrongAnswer(problem))
        }
    }

    @Test("a 404 of another server is no news of a service or key")
    func foreign404() async throws {
        try await Stage.run { api, target, _ async throws in
            var wish = Wish()
            try await target.issue(&wish, operation: "one")
            try await target.issue(&wish, operation: "two")
            api.misbehave(.status(404), method: "DELETE", path: "/v1/services/*/keys/*")
            #expect(try await target.failure(applying: wish) == .refused(status: 404, code: nil))
            #expect(try api.linear().activeKeys.count == 2)
            api.misbehave(.status(404), method: "DELETE", path: "/v1/services/*")
            await #expect(throws: DeliveryFailure.refused(status: 404, code: nil)) { try await target.withdraw(wish) }
        }
    }

    @Test("an API that is slow is waited for")
    func slow() async throws {
        try await Stage.run { api, target, _ async throws in
            api.behaviour.delayMilliseconds = 100
            var wish = Wish()
            try await target.issue(&wish)
            #expect(wish.key == keyCanary)
        }
    }
}
