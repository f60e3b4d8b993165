import SigilumAPI
import Testing
import VaultCore
import VaultTestSupport

@Suite("Listing the owner's services")
struct ListTests {
    @Test("they come in the order they were made, those without a time last")
    func order() async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload([
                .init(id: "svc_b", name: "B", slug: "bbb", createdAt: "2026-03-01T10:05:00.000Z"),
                .init(id: "svc_a", name: "A", slug: "aaa", createdAt: "2026-03-01T10:00:00.000Z"),
                .init(id: "svc_c", account: "somebody", name: "C", slug: "ccc"),
            ])
            #expect(
                try await target.services() == [
                    RegisteredService(id: "svc_a", slug: "aaa", name: "A", createdAt: "2026-03-01T10:00:00.000Z"),
                    RegisteredService(id: "svc_b", slug: "bbb", name: "B", createdAt: "2026-03-01T10:05:00.000Z"),
                ])
            api.misbehave(
                .saying(
                    """
                    {"services":[{"id":"svc_x","name":"X","slug":"xxx","created_at":null},
                    {"id":"svc_a","name":"A","slug":"aaa","created_at":"2026-03-01T10:00:00.000Z","more":[{}]}]}
                    """))
            #expect(try await target.services().map(\.id) == ["svc_a", "svc_x"])
        }
    }

    @Test("there may be none")
    func none() async throws {
        try await Stage.run { _, target, _ async throws in #expect(try await target.services().isEmpty) }
    }

    @Test("ten thousand of them are read, and the one that is looked for is found")
    func many() async throws {
        try await Stage.run { api, target, _ async throws in
            api.preload(
                (0..<10000).map { number in
                    APIDouble.Service(
                        name: "Service \(number)", slug: "service-\(number)", createdAt: "2026-03-01T10:00:00.000Z")
                })
            let all = try await target.services()
            #expect(all.count == 10000)
            // Made in the same instant: as the API has them.
            #expect(all.last?.slug == "service-9999")
            var wish = Wish()
            wish.slug = "service-7777"
            try await target.issue(&wish)
            #expect(api.service("service-7777")?.activeKeys.count == 1)
        }
    }

    @Test("a base URL may have a path")
    func prefix() async throws {
        try await Stage.run(url: { $0.url + "/prefix/" }) { api, target, _ async throws in
            #expect(await target.failureListing() == .refused(status: 404, code: "NOT_FOUND"))
            #expect(api.requests.map(\.path) == ["/prefix/v1/services"])
        }
    }

    @Test(
        "an answer that lacks what the protocol says is refused",
        arguments: [
            ("{}", WrongAnswer.missingMember), ("[]", .missingMember), ("", .notJSON), ("{\"services\":[", .notJSON),
            ("{\"services\":{}}", .missingMember), ("{\"services\":[{}]}", .missingMember),
            ("{\"services\":[{\"id\":\"a\",\"name\":\"A\"}]}", .missingMember),
            ("{\"services\":[{\"id\":7,\"name\":\"A\",\"slug\":\"aaa\"}]}", .missingMember),
            ("{\"services\":[{\"id\":\"a\",\"name\":null,\"slug\":\"aaa\"}]}", .missingMember),
        ])
    func wrong(body: String, problem: WrongAnswer) async throws {
        try await Stage.run { api, target, _ async throws in
            api.misbehave(.saying(body))
            #expect(await target.failureListing() == .wrongAnswer(problem))
        }
    }
}
