import Gateway
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@Suite("The gateway's command line tool")
struct CommandLineTests {
    /// An address where nobody answers.
    private func nobody() async throws -> String { "http://127.0.0.1:\(try await GatewayDouble.freePort())" }

    @Test("where nobody answers and there is no tool, the gateway is unreachable")
    func noTool() async throws {
        let url = try await nobody()
        let target = try GatewayTarget(url)
        #expect(try await target.failure(applying: Wish()) == .unreachable(endpoint: url))
        await target.shutdown()
    }

    @Test("where nobody answers, a connection is made, changed, rotated and deleted through the tool")
    func wholeLife() async throws {
        let tool = try FakeTool()
        let count = SharedCount()
        let target = try GatewayTarget(
            try await nobody(), commandLine: tool.commandLine { count.add() })
        var wish = Wish()
        wish.secrets["second"] = "two = 2"
        #expect(try await target.observe(wish) == .absent)
        #expect(count.value == 0)
        try await target.apply(&wish)
        #expect(count.value == 1)
        #expect(tool.kept("linear/base_url") == "https://api.linear.app")
        #expect(tool.kept("linear/auth_prefix") == "Bearer ")
        #expect(tool.kept("linear/secrets/access_token") == canary)
        #expect(tool.kept("linear/secrets/second") == "two = 2")
        #expect(tool.kept("master-key") == "key with CANARY")
        #expect(wish.receipt["secret_version"] == "1")
        expectNoCanary(in: wish.receipt)
        #expect(try await target.observe(wish) == .present(differences: []))

        wish.secrets["access_token"] = "\(canary)-2"
        wish.name = "New"
        wish.isApplied = false
        try await target.apply(&wish)
        #expect(tool.kept("linear/secrets/access_token") == "\(canary)-2")
        #expect(tool.kept("linear/name") == "New")
        #expect(wish.receipt["secret_version"] == "2")

        wish.isApplied = false
        try await target.apply(&wish)
        #expect(wish.receipt["secret_version"] == "2")

        wish.connection.baseURL = "https://eu.linear.app"
        try await target.apply(&wish)
        #expect(tool.kept("linear/base_url") == "https://eu.linear.app")
        #expect(tool.kept("linear/secrets/second") == "two = 2")
        #expect(try await target.connection(try Slug("linear"))?.record.baseURL == "https://eu.linear.app")

        try await target.withdraw(wish)
        #expect(tool.kept("linear/name") == nil)
        try await target.withdraw(wish)
        await target.shutdown()
        try tool.remove()
    }

    @Test("a tool that answers a rotation with something else is asked for the connection")
    func quietTool() async throws {
        let tool = try FakeTool()
        let target = try GatewayTarget(try await nobody(), commandLine: tool.commandLine())
        var wish = Wish()
        try await target.apply(&wish)
        try tool.keep("quiet", "")
        wish.secrets["access_token"] = "new"
        wish.isApplied = false
        try await target.apply(&wish)
        #expect(wish.receipt["secret_version"] == "2")
        await target.shutdown()
        try tool.remove()
    }

    @Test("what the tool has no option for is delivered when the gateway is back")
    func interval() async throws {
        let tool = try FakeTool()
        let gateway = try await GatewayDouble.start()
        try await gateway.stop()
        let target = try GatewayTarget(gateway.url, commandLine: tool.commandLine())
        var wish = Wish()
        wish.connection.rotationIntervalDays = 30
        try await target.apply(&wish)
        // The tool itself can neither see nor change it: nothing to do, again and again.
        #expect(try await target.observe(wish) == .present(differences: []))
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://api.linear.app", secretKey: "access_token",
                secrets: wish.secrets))
        gateway.change("linear") { [created = wish.receipt["created_at"]] in $0.createdAt = created ?? "" }
        try await gateway.restart()
        #expect(try await target.observe(wish) == .present(differences: ["rotation_interval_days"]))
        try await target.apply(&wish)
        #expect(try gateway.linear().rotationIntervalDays == 30)
        await target.shutdown()
        try await gateway.stop()
        try tool.remove()
    }

    @Test("a data directory that a gateway holds is busy")
    func locked() async throws {
        let tool = try FakeTool()
        try tool.keep("lock", "")
        let target = try GatewayTarget(try await nobody(), commandLine: tool.commandLine())
        #expect(try await target.failure(applying: Wish()) == .busy)
        await target.shutdown()
        try tool.remove()
    }

    @Test("a tool that fails is told by its name and status, without a word of what it says")
    func fails() async throws {
        let tool = try FakeTool()
        let target = try GatewayTarget(try await nobody(), commandLine: tool.commandLine())
        try tool.keep("fail", "")
        let failure = DeliveryFailure.helperFailed(program: "sigilum-gateway-cli", status: 3)
        #expect(try await target.failure(applying: Wish()) == failure)
        await target.shutdown()
        try tool.remove()
    }

    @Test("a tool that is not there is told as that")
    func missing() async throws {
        let commandLine = GatewayCommandLine(
            program: "/nonexistent/sigilum-gateway-cli", dataDirectory: "/nonexistent", masterKey: { shared("k") })
        let target = try GatewayTarget(try await nobody(), commandLine: commandLine)
        let failure = DeliveryFailure.helperFailed(program: "sigilum-gateway-cli", status: 127)
        #expect(try await target.failure(applying: Wish()) == failure)
        await target.shutdown()
    }

    @Test("the tool is left alone while something answers, whatever it says", arguments: [200, 403, 500])
    func leftAlone(status: Int) async throws {
        let tool = try FakeTool()
        let gateway = try await GatewayDouble.start()
        gateway.behaviour.answering = status == 200 ? .lying : .status(status)
        let target = try GatewayTarget(gateway.url, commandLine: tool.commandLine())
        #expect(try await target.failure(applying: Wish()) != nil)
        #expect(tool.runs.isEmpty)
        await target.shutdown()
        try await gateway.stop()
        try tool.remove()
    }

    @Test("a connection that was switched off is not made anew by a tool that would switch it on")
    func keepsStatus() async throws {
        let tool = try FakeTool()
        let url = try await nobody()
        let target = try GatewayTarget(url, commandLine: tool.commandLine())
        var wish = Wish()
        try await target.apply(&wish)
        // So it was when it was taken over.
        try tool.keep("linear/status", "disabled")
        wish.receipt["status"] = "disabled"
        wish.connection.baseURL = "https://eu.linear.app"
        #expect(try await target.failure(applying: wish) == .unreachable(endpoint: url))
        #expect(tool.kept("linear/base_url") == "https://api.linear.app")
        #expect(!tool.runs.contains("delete"))
        await target.shutdown()
        try tool.remove()
    }

    @Test("what cannot be one of its arguments is refused", arguments: [("access_token", "a\u{0}b"), ("k=y", "v")])
    func unsuitable(key: String, value: String) async throws {
        let tool = try FakeTool()
        let target = try GatewayTarget(try await nobody(), commandLine: tool.commandLine())
        var wish = Wish()
        wish.secrets = [key: value]
        #expect(try await target.failure(applying: wish) == .unsuitableSecret)
        #expect(tool.runs.isEmpty)
        await target.shutdown()
        try tool.remove()
    }
}

/// A number that closures count up.
private final class SharedCount: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func add() { number.withLock { $0 += 1 } }
}
