import Gateway
import Testing
import VaultCore
import VaultTestSupport

@Suite("A gateway that dies on the way")
struct CrashTests {
    /// What is changed of a connection that is there; each needs other calls.
    enum Change: CaseIterable, Sendable {
        case create, rotate, patch, rotateAndPatch, remake

        func make(_ wish: inout Wish) {
            switch self {
            case .create: break
            case .rotate: wish.secrets["access_token"] = "\(canary)-2"
            case .patch: wish.name = "New"
            case .rotateAndPatch:
                wish.secrets["api_key"] = "\(canary)-3"
                wish.connection.secretKey = "api_key"
            case .remake:
                wish.connection.baseURL = "https://eu.linear.app"
                wish.secrets["second"] = "\(canary)-4"
            }
        }

        /// How many calls it takes.
        var calls: Int {
            switch self {
            case .create, .rotate: 2
            case .patch, .rotateAndPatch, .remake: 3
            }
        }
    }

    @Test(
        "at whichever request it dies, the next run finishes what was begun",
        arguments: Change.allCases, GatewayDouble.Death.Moment.allCases)
    func converges(change: Change, moment: GatewayDouble.Death.Moment) async throws {
        for occurrence in 1...change.calls {
            let gateway = try await GatewayDouble.start()
            let target = try GatewayTarget(gateway.url)
            var wish = Wish()
            if change != .create { try await target.apply(&wish) }
            change.make(&wish)
            wish.isApplied = false
            gateway.die(moment, occurrence: occurrence)
            let failure = try await target.failure(applying: &wish, wasAbsent: change == .create)
            #expect(failure == .unreachable(endpoint: gateway.url))
            #expect(!gateway.isRunning)
            try await gateway.restart()
            try await target.apply(&wish)
            let now = try gateway.linear()
            #expect(now.name == wish.name)
            #expect(now.baseURL == wish.connection.baseURL)
            #expect(now.authSecretKey == wish.connection.secretKey)
            #expect(now.secrets == wish.secrets)
            #expect(try await target.observe(wish) == .present(differences: []))
            await target.shutdown()
            try await gateway.stop()
        }
    }

    @Test("between deleting and creating nothing is there, and that is told as absent")
    func betweenDeleteAndCreate() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        var wish = Wish()
        try await target.apply(&wish)
        wish.connection.baseURL = "https://eu.linear.app"
        gateway.die(.beforeProcessing, method: "POST", path: "/api/admin/connections")
        #expect(try await target.failure(applying: wish) == .unreachable(endpoint: gateway.url))
        #expect(gateway.connections.isEmpty)
        try await gateway.restart()
        #expect(try await target.observe(wish) == .absent)
        // Even where the vault thinks that all is applied.
        wish.isApplied = true
        try await target.apply(&wish)
        #expect(try gateway.linear().baseURL == "https://eu.linear.app")
        #expect(try gateway.linear().secrets == wish.secrets)
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("conflicts are retried, and are busy in the end with nothing changed")
    func conflicts() async throws {
        let gateway = try await GatewayDouble.start()
        let target = try GatewayTarget(gateway.url)
        gateway.behaviour.conflicts = 7
        var wish = Wish()
        try await target.apply(&wish)
        #expect(gateway.calls.filter { $0 == "POST " }.count == 8)
        #expect(try gateway.linear().secrets == wish.secrets)
        gateway.behaviour.conflicts = 8
        wish.secrets["access_token"] = "new"
        wish.isApplied = false
        #expect(try await target.failure(applying: wish) == .busy)
        #expect(try gateway.linear().secrets == ["access_token": canary])
        await target.shutdown()
        try await gateway.stop()
    }

    @Test("one that refuses a body by its size gets none")
    func tooLarge() async throws {
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.closesOnLargeBody = true
        // What counts is the size with all escapes.
        let target = try GatewayTarget(gateway.url) { $0.bodyBytes = 65536 }
        var wish = Wish()
        wish.secrets["k"] = "a" + String(repeating: "\u{1}", count: 12000) + "z"
        let failure = DeliveryFailure.refused(status: 413, code: "REQUEST_BODY_TOO_LARGE")
        #expect(try await target.failure(applying: wish) == failure)
        #expect(gateway.requests.isEmpty)
        await target.shutdown()
        try await gateway.stop()
    }
}
