import Testing
import VaultTestSupport

@Suite("A gateway that dies", .few)
struct GatewayDeathTests {
    /// A command that talks to the gateway, and what must be there in the end.
    enum Change: CaseIterable, Sendable {
        case add, set
        /// The gateway cannot change a base URL: the connection is deleted and made anew.
        case baseURL

        var url: String { self == .baseURL ? "https://eu.linear.example" : "https://api.linear.app" }

        func prepare(_ scene: KillScene) async throws {
            if self != .add { try #require(await scene.home.run(scene.add()).status == 0) }
            scene.gateway.forgetRequests()
        }

        func run(_ scene: KillScene) async throws -> ProgramResult {
            switch self {
            case .add, .baseURL: try await scene.home.run(scene.add(url))
            case .set: try await scene.home.run(scene.set())
            }
        }

        func secret(_ scene: KillScene) -> Canary { self == .set ? scene.second : scene.canary }
    }

    @Test(
        "at any request: the next sync, or the same command, leaves one connection with the right secret",
        arguments: Change.allCases, GatewayDouble.Death.Moment.allCases)
    func anyRequest(_ change: Change, _ moment: GatewayDouble.Death.Moment) async throws {
        let whole = try await KillScene()
        try await change.prepare(whole)
        let undisturbed = try await change.run(whole)
        #expect(undisturbed.status == 0, "\(undisturbed.errorText)")
        let requests = whole.gateway.requests.map { "\($0.method) \($0.path)" }
        #expect(requests.count >= 2)
        if change == .baseURL {
            #expect(requests.contains { $0.hasPrefix("DELETE ") } && requests.contains { $0.hasPrefix("POST ") })
        }
        let expected = try await whole.state(secret: change.secret(whole), url: change.url)
        #expect(expected.problems == [])

        for (index, request) in requests.enumerated() {
            for repairsBySync in [true, false] {
                let scene = try await KillScene()
                try await change.prepare(scene)
                scene.gateway.die(moment, occurrence: index + 1)
                let place = "\(change), \(moment) request \(index + 1): \(request)"
                let disturbed = try await change.run(scene)
                #expect(disturbed.status == 69, "\(place): \(disturbed.errorText)")
                #expect(!scene.gateway.isRunning, "\(place)")
                try await scene.gateway.restart()
                let repaired =
                    repairsBySync ? try await scene.run("vault sync") : try await change.run(scene)
                #expect(repaired.status == 0, "\(place): \(repaired.errorText)")
                let state = try await scene.state(secret: change.secret(scene), url: change.url)
                #expect(state == expected, "\(place)")
                #expect(scene.leaks(everywhere: index == 0) == [], "\(place)")
                try await scene.gateway.stop()
            }
        }
        try await whole.gateway.stop()
    }
}
