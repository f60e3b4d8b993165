import Foundation
import Testing
import VaultTestSupport

@Suite("Changing the master key, and the gateway's store", .few)
struct RekeyGatewayTests {
    private func makeScene() async throws -> (KeyScene, GatewayDouble) {
        let gateway = try await GatewayDouble.start()
        let scene = try await KeyScene(gateway: gateway)
        try await scene.run(addLinear, variables: ["SECRET": scene.canary.text]).expect(0)
        return (scene, gateway)
    }

    /// Starts the gateway with another master key.
    private func restart(_ gateway: GatewayDouble, _ key: String = "second") {
        var behaviour = gateway.behaviour
        behaviour.masterKey = key
        gateway.behaviour = behaviour
    }

    @Test(
        "what only the gateway has is listed, by name, and refused; accepted, it is said again, and the key is changed")
    func losses() async throws {
        let (scene, gateway) = try await makeScene()
        let foreign = Canary()
        gateway.preload(
            GatewayDouble.Connection(
                id: "foreign", name: "x", baseURL: "https://x.example", secretKey: "k", secrets: ["k": foreign.text]))
        gateway.change("linear") { $0.secrets["theirs"] = foreign.text }
        gateway.preload(variable: "REGION", foreign.text)
        let slots = try scene.storedSlots()
        let refused = try await scene.run("vault rekey")
        refused.expect(76, error: "The gateway would lose what the vault does not have")
        #expect(
            refused.outputText == """
                [warn] Only the gateway has: 3
                  credential-variable  REGION
                  connection           foreign
                  connection-secrets   linear: theirs

                """)
        #expect(refused.errorText.contains("--gateway-loses-them"))
        let document = try await scene.run("vault rekey --json")
        #expect((document.json["lost"] as? [[String: Any]])?.count == 3)
        #expect(try scene.storedSlots() == slots)
        let accepted = try await scene.run("vault rekey --gateway-loses-them")
        accepted.expect(0)
        #expect(accepted.errorText.contains("[warn] Lost by the gateway: connection foreign"))
        #expect(scene.home.leaks(of: foreign) == [])
        #expect(scene.home.leaks(of: scene.canary, except: linearFiles) == [])
    }

    @Test(
        "connections are made again once the gateway runs with the new key, and not before; then nothing is left to do")
    func redeliver() async throws {
        let (scene, gateway) = try await makeScene()
        let made = gateway.connections["linear"]?.createdAt
        try await scene.run("vault rekey").expect(0)
        let pending = try await scene.run("vault status")
        #expect(pending.outputText.contains("gateway:linear"), "\(pending.outputText)")
        // It still runs with the old key: what it were given would be lost with it.
        for line in ["vault rekey --redeliver", "vault sync"] {
            try await scene.run(line).expect(76, error: "Gateway refused: it runs with another master key")
        }
        #expect(gateway.connections["linear"]?.createdAt == made)
        restart(gateway)
        gateway.forgetRequests()
        let done = try await scene.run("vault rekey --redeliver")
        done.expect(0)
        #expect(done.outputText.hasPrefix("[ok] Delivered again: 1\n"))
        let calls = gateway.requests.map { "\($0.method) \($0.path)" }
        #expect(calls.contains("DELETE /api/admin/connections/linear") && calls.contains("POST /api/admin/connections"))
        let connection = try #require(gateway.connections["linear"])
        #expect(connection.secrets == ["access_token": scene.canary.text] && connection.masterKey == "second")
        let again = try await scene.run("vault rekey --redeliver")
        #expect(again.outputText.hasPrefix("[ok] Nothing to deliver again\n"))
        try await scene.run("vault sync --dry-run").expect(0)
        // And a second change, delivered by sync alone.
        try await scene.run("vault rekey").expect(0)
        restart(gateway, "third")
        try await scene.run("vault sync").expect(0)
        #expect(gateway.connections["linear"]?.masterKey == "third")
        try await scene.run("vault sync --dry-run").expect(0)
        #expect(scene.home.leaks(of: scene.canary, except: linearFiles) == [])
    }

    @Test("the gateway dies at each call of a redelivery: run again, the connection is there, with its secret")
    func death() async throws {
        for occurrence in 1...6 {
            for moment in [GatewayDouble.Death.Moment.beforeProcessing, .afterProcessing] {
                let (scene, gateway) = try await makeScene()
                try await scene.run("vault rekey").expect(0)
                restart(gateway)
                gateway.die(moment, occurrence: occurrence)
                _ = try await scene.run("vault rekey --redeliver")
                try await gateway.restart()
                try await scene.run("vault rekey --redeliver").expect(0)
                let connection = try #require(gateway.connections["linear"])
                #expect(connection.secrets == ["access_token": scene.canary.text], "\(moment) \(occurrence)")
                #expect(connection.masterKey == "second", "\(moment) \(occurrence)")
                try await scene.run("vault sync --dry-run").expect(0)
                try await gateway.stop()
            }
        }
    }

    @Test("a gateway that does not answer, or refuses: what it has cannot be known, and an option is needed to go on")
    func unknown() async throws {
        let (scene, gateway) = try await makeScene()
        let slots = try scene.storedSlots()
        var behaviour = gateway.behaviour
        behaviour.access = .token("t")
        gateway.behaviour = behaviour
        let token = try await scene.run("vault rekey")
        token.expect(76, error: "Gateway refused: admin token required")
        #expect(token.errorText.contains("cannot be known"))
        try await gateway.stop()
        let down = try await scene.run("vault rekey")
        down.expect(69, error: "Gateway admin not reachable")
        #expect(down.errorText.contains("cannot be known") && down.errorText.contains("--gateway-loses-them"))
        #expect(try scene.storedSlots() == slots)
        // Where nothing says that there is a gateway nobody is asked: but this vault delivers to one.
        try await scene.run("vault rekey", variables: ["GATEWAY_ADMIN_URL": ""]).expect(69)
        let accepted = try await scene.run("vault rekey --gateway-loses-them")
        accepted.expect(0)
        #expect(accepted.errorText.contains("[warn] The gateway was not asked"))
        let alone = try await KeyScene()
        try await alone.run("vault rekey").expect(69)
        try await alone.run("vault rekey", variables: ["GATEWAY_ADMIN_URL": ""]).expect(0)
    }

    @Test(
        "the gateway's own key as an entry: a rekey of the vault leaves it alone, and asks no gateway; compromised, it changes"
    )
    func entry() async throws {
        let (scene, gateway) = try await makeScene()
        let old = try #require(scene.key("gateway-master-key"))
        try await scene.run("vault key move-out --random-key --new-key-file other.key").expect(0)
        gateway.forgetRequests()
        try await scene.run("vault rekey --new-key-file phrase", key: "other.key").expect(0)
        #expect(gateway.requests.isEmpty)
        try await scene.run("vault sync --dry-run", key: "phrase").expect(0)
        func value(_ name: String, _ key: String) async throws -> String {
            let read = try await scene.home.runner.run(scene.call("vault get \(name) --reveal-secrets", key: key))
            return String(read.outputText.dropLast())
        }
        #expect(try await value("gateway-master-key", "phrase") == old.text)
        try await scene.run("vault rekey --compromised --new-key-file third.key", key: "phrase").expect(0)
        #expect(try await value("gateway-master-key", "third.key") != old.text)
        #expect(try await value("gateway-master-key-previous", "third.key") == old.text)
        restart(gateway)
        try await scene.run("vault rekey --redeliver", key: "third.key").expect(0)
        #expect(gateway.connections["linear"]?.masterKey == "second")
    }
}
