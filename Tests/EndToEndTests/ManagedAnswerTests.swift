import Testing
import VaultTestSupport

extension ManagedAPITests {
    @Suite("What the managed API answers")
    struct ManagedAnswerTests {
        typealias Answering = APIDouble.Behaviour.Answering
        private static let add = ManagedScene.add

        /// Adds a service while the API misbehaves, then heals it, syncs and looks.
        private func fails(
            _ status: Int32, _ error: String, hint: String = "", saying answering: Answering, times: Int = 100,
            method: String? = nil, path: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let scene = try await ManagedScene()
            scene.api.misbehave(answering, times: times, method: method, path: path)
            let result = try await scene.run(Self.add)
            result.expect(status, error: error, sourceLocation: sourceLocation)
            #expect(
                result.outputText.hasPrefix("[warn] Service saved, not delivered: linear\n"), "\(result.outputText)",
                sourceLocation: sourceLocation)
            #expect(result.errorText.contains(hint), "\(result.errorText)", sourceLocation: sourceLocation)
            #expect(scene.filed() == nil, sourceLocation: sourceLocation)
            let document = try await scene.run(Self.add + " --json --offline")
            document.expect(0, sourceLocation: sourceLocation)
            scene.api.clearFaults()
            try await scene.run("vault sync").expect(0, sourceLocation: sourceLocation)
            try await scene.expectSettled(sourceLocation: sourceLocation)
            try await scene.finish(sourceLocation: sourceLocation)
        }

        @Test(
            "answers that are no answers are 76, and nothing is believed",
            arguments: [
                Answering.lying, .garbage, .wrongContentType, .notHTTP, .endlessBody, .saying("[]"), .saying("{}"),
                .huge(status: 200, bytes: 6 << 20),
            ])
        func wrong(_ answering: Answering) async throws {
            try await fails(76, "The API answered something wrong", saying: answering)
        }

        @Test(
            "a new key that cannot be read is revoked: the next sync gets another",
            arguments: ["garbage", "huge", "none"])
        func unreadableKey(_ how: String) async throws {
            let answering: Answering =
                switch how {
                case "garbage": .garbage
                case "huge": .huge(status: 201, bytes: 6 << 20)
                default: .saying(#"{"id":"key_1","name":"x"}"#)
                }
            try await fails(
                76, "The API answered something wrong", saying: answering, times: 1, method: "POST",
                path: "/v1/services/*/keys")
        }

        @Test("an error that quotes the token and the request is not repeated", arguments: [400, 500])
        func quoting(_ status: Int) async throws {
            try await fails(76, "Refused with status \(status)", saying: .quoting(status: status))
        }

        @Test("limits of the account are said as what they are")
        func limits() async throws {
            try await fails(
                76, "API refused: the account has as many services as it may have", hint: "sigilum service list",
                saying: .error(status: 403, code: "SERVICE_LIMIT_REACHED"), method: "POST", path: "/v1/services")
            try await fails(
                76, "API refused: the service has as many keys as it may have", hint: "dashboard",
                saying: .error(status: 400, code: "KEY_LIMIT_REACHED"), method: "POST", path: "/v1/services/*/keys")
        }

        @Test("a real limit: the sixth service of an account is refused and can be removed again")
        func sixth() async throws {
            let scene = try await ManagedScene()
            scene.api.preload((1...5).map { APIDouble.Service(name: "s\($0)", slug: "service-\($0)") })
            try await scene.run(Self.add).expect(76, error: "API refused: the account has as many services")
            try await scene.run("service remove --service-slug linear --confirm linear --everywhere").expect(0)
            #expect(scene.api.services.count == 5)
            let list = try await scene.run("service list")
            list.expect(0)
            #expect(!list.outputText.contains("linear"))
            try await scene.finish()
        }

        @Test("a slug that another account has is said to be a conflict")
        func conflict() async throws {
            try await fails(
                76, "API refused: another service has that slug already", hint: "use another slug",
                saying: .error(status: 409, code: "CONFLICT"), method: "POST", path: "/v1/services")
        }

        @Test("an API that wants to be left alone is 75 with the time it says; a short one is waited for")
        func later() async throws {
            try await fails(
                75, "The API asks to be left alone", hint: "try again in 90 seconds",
                saying: .later(status: 429, retryAfter: "90"))
            try await fails(
                75, "The API asks to be left alone", hint: "try again in 3600 seconds",
                saying: .later(status: 503, retryAfter: "3600"))
            let scene = try await ManagedScene()
            scene.api.misbehave(.later(status: 429, retryAfter: "1"), path: "/v1/services")
            scene.api.misbehave(.later(status: 503, retryAfter: "1"), path: "/v1/services/*/keys")
            try await scene.run(Self.add).expect(0)
            try await scene.expectSettled(scene.keys[0].text)
            try await scene.finish()
        }

        @Test("an API that fails once is asked again; one that goes on failing is 76")
        func failing() async throws {
            let scene = try await ManagedScene()
            scene.api.misbehave(.status(500), path: "/v1/services")
            scene.api.misbehave(.failingAfter(status: 502), method: "POST", path: "/v1/services/*/keys")
            try await scene.run(Self.add).expect(0)
            try await scene.expectSettled()
            try await scene.finish()
            try await fails(76, "Refused with status 500", saying: .status(500))
        }

        @Test("an answer that breaks off is not believed, and the key behind it does not stay")
        func truncated() async throws {
            let scene = try await ManagedScene()
            scene.api.misbehave(.truncating, method: "POST", path: "/v1/services/*/keys")
            _ = try await scene.run(Self.add)
            try await scene.run("vault sync").expect(0)
            try await scene.expectSettled()
            try await scene.finish()
        }

        @Test("a redirect to another host is not followed: that host gets no request and no token")
        func redirected() async throws {
            let other = try await APIDouble.start(token: "none")
            try await fails(
                76, "The API answered something wrong: it redirects to another host",
                saying: .redirecting(to: other.url))
            #expect(other.requests.isEmpty)
            try await other.stop()
        }

        @Test("a token that the API does not take, or calls expired, is 76 and says how to sign in")
        func tokens() async throws {
            let login = "sigilum auth login --mode managed --owner-token-stdin"
            try await fails(
                76, "API refused: it does not take the owner token", hint: login,
                saying: .error(status: 401, code: "UNAUTHORIZED"))
            try await fails(
                76, "API refused: the owner token has expired", hint: login,
                saying: .error(status: 401, code: "TOKEN_EXPIRED"))
        }
    }
}
