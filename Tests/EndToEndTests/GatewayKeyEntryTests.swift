import Foundation
import Testing
import VaultTestSupport

@Suite("The gateway's master key as an entry", .few)
struct GatewayKeyEntryTests {
    private let current = "gateway-master-key"
    private let previous = "gateway-master-key-previous"
    private let keyFile = ".sigilum-workspace/gateway-master-key"

    /// The value of an entry; nil where it is not there.
    private func value(_ name: String, _ scene: KeyScene, key: String? = nil) async throws -> String? {
        let read = try await scene.home.runner.run(scene.call("vault get \(name) --reveal-secrets", key: key))
        return read.status == 0 ? String(read.outputText.dropLast()) : nil
    }

    private func refuse(
        _ lines: [String], _ scene: KeyScene, key: String? = nil, input: [UInt8]? = nil
    ) async throws {
        for line in lines {
            let result = try await scene.run(line, key: key, input: input)
            #expect(result.status == 76, "\(line): \(result.outputText)\(result.errorText)")
            let document = try await scene.run(line + " --json", key: key, input: input)
            #expect(document.errorText.contains("\"code\":\"gateway-key-entry\""), "\(line): \(document.errorText)")
        }
    }

    @Test("move-out keeps the key of the key file, whatever an entry says that somebody put there")
    func moveOut() async throws {
        let scene = try await KeyScene()
        let old = try #require(scene.key("gateway-master-key"))
        let other = Canary(prefix: "")
        try await scene.run("vault put \(current) --force", input: other.bytes).expect(0)
        let moved = try await scene.run("vault key move-out --random-key --new-key-file other.key")
        moved.expect(0)
        #expect(moved.errorText.contains("[warn] The vault's key was another than the entry gateway-master-key"))
        #expect(try await value(current, scene, key: "other.key") == other.text)
        #expect(try await value(previous, scene, key: "other.key") == old.text)
        #expect(scene.home.leaks(of: old) == [] && scene.home.leaks(of: other) == [])
    }

    @Test("move-out and rekey take an entry that is the very key, and keep no second copy")
    func same() async throws {
        for line in [
            "vault key move-out --random-key --new-key-file other.key", "vault rekey --new-key-file other.key",
        ] {
            let scene = try await KeyScene()
            let old = try #require(scene.key("gateway-master-key"))
            try await scene.run("vault put \(current) --from-file \(keyFile)").expect(0)
            let changed = try await scene.run(line)
            changed.expect(0)
            #expect(!changed.errorText.contains("The vault's key was another"))
            #expect(try await value(current, scene, key: "other.key") == old.text)
            #expect(try await value(previous, scene, key: "other.key") == nil)
        }
    }

    @Test("rekey keeps the key that it changes, whatever an entry says; and asks no gateway about a key of its own")
    func rekey() async throws {
        let scene = try await KeyScene()
        let old = try #require(scene.key("gateway-master-key"))
        let other = Canary(prefix: "")
        try await scene.run("vault put \(current) --force", input: other.bytes).expect(0)
        let first = try await scene.run("vault rekey")
        first.expect(0)
        #expect(first.errorText.contains("[i] The vault's key was another than the entry gateway-master-key"))
        #expect(try await value(current, scene) == other.text)
        #expect(try await value(previous, scene) == old.text)
        // All of them, however often; and what the gateway had until now comes last.
        try await scene.run("vault rekey --compromised --gateway-loses-them").expect(0)
        #expect(try await value(previous, scene) == other.text)
        #expect(try await value(previous + " --version 1", scene) == old.text)
        #expect(scene.home.leaks(of: other) == [] && scene.leaks() == [])
    }

    @Test("no command stores a value that would be taken for the gateway's key, unless it is meant")
    func storing() async throws {
        let scene = try await KeyScene()
        let wrong = Canary(prefix: "")
        try await scene.run("vault put other", input: wrong.bytes).expect(0)
        try scene.home.write(Array("{\"\(current)\": \"\(wrong.text)\"}".utf8), to: "values.json")
        let lines =
            [current, previous].flatMap { name in
                ["vault put \(name)", "vault generate \(name) --format hex", "vault move other \(name)"]
            } + ["vault import --format json values.json", "vault import --format json values.json --dry-run"]
        try await refuse(lines, scene, input: wrong.bytes)
        for name in [current, previous] { #expect(try await value(name, scene) == nil) }
        let hint = try await scene.run("vault put \(current)", input: wrong.bytes)
        #expect(hint.errorText.contains("sigilum vault key move-out"))
        // Once it is there: that very value again, or another that is meant. Nothing is lost of the one before.
        try await scene.run("vault put \(current) --force", input: wrong.bytes).expect(0)
        try await scene.run("vault put \(current)", input: wrong.bytes).expect(0)
        let next = Canary(prefix: "")
        try scene.home.write(Array("{\"\(current)\": \"\(next.text)\"}".utf8), to: "values.json")
        try await refuse(
            [
                "vault put \(current)", "vault generate \(current)", "vault rotate \(current)",
                "vault rotate \(current) --rotate-with /bin/false",
                "vault import --format json values.json --overwrite",
            ], scene, input: next.bytes)
        try await scene.run("vault import --format json values.json").expect(1)
        #expect(try await value(current, scene) == wrong.text)
        try await scene.run("vault put \(current) --force", input: next.bytes).expect(0)
        try await refuse(["vault rollback \(current)"], scene)
        try await scene.run("vault rollback \(current) --force").expect(0)
        #expect(try await value(current, scene) == wrong.text)
        try FileManager.default.removeItem(atPath: scene.home.work + "/values.json")
        for canary in [wrong, next] { #expect(scene.home.leaks(of: canary) == []) }
    }

    @Test("where a passphrase opens the vault the gateway's key can be put in, or made, until one was handed over")
    func passphrase() async throws {
        let (home, phrase) = (try TestHome(), Canary(prefix: "correct horse "))
        let scene = try await GatewayScene(home)
        let variables = scene.variables.merging(["GATEWAY_MASTER_KEY": phrase.text]) { $1 }
        for (name, line) in [("one", "vault put"), ("two", "vault generate")] {
            let more = " \(current) --sigilum-home \(name)"
            try await home.run("vault init --sigilum-home \(name)", variables: variables).expect(0)
            try await home.run(line + more, variables: variables, input: Canary(prefix: "").bytes).expect(0)
            try await home.run("vault generate" + more, variables: variables).expect(76)
        }
        try await home.run("vault init --sigilum-home three", variables: variables).expect(0)
        let started = try await home.run("gateway start --home three", variables: variables)
        started.expect(3)
        #expect(started.errorText.contains("it gets a random one: sigilum vault rekey --passphrase"))
        try await home.run("vault generate \(current) --sigilum-home three", variables: variables).expect(76)
        #expect(home.leaks(of: phrase, except: ["seen.environ"]) == [])
    }

    @Test("the gateway's key is not removed, moved or pruned unless that is meant, and nothing takes its place")
    func losing() async throws {
        let home = try TestHome()
        let programs = try await GatewayScene(home)
        let key = Canary(bytes: Array(programs.key.utf8))
        let phrase = Canary(prefix: "correct horse ")
        try await home.run("vault key move-out", input: phrase.bytes).expect(0)
        let variables = programs.variables.merging(["GATEWAY_MASTER_KEY": phrase.text]) { $1 }
        for line in [
            "vault remove \(current) --confirm \(current)", "vault remove \(current) --confirm \(current) --everywhere",
            "vault move \(current) mine", "vault prune \(current) --keep 1",
        ] {
            let refused = try await home.run(line, variables: variables)
            refused.expect(76, error: "gateway-master-key is a master key of the gateway, and may be the only copy")
            #expect(refused.errorText.contains("without it nobody reads that again"))
        }
        try await home.run("gateway start", variables: variables).expect(3)
        #expect(programs.environment()["GATEWAY_MASTER_KEY"] == key.text)
        try FileManager.default.removeItem(atPath: home.root + "/seen.environ")

        // Moved away, the gateway gets no other key, nor is the vault's key taken for the gateway's.
        try await home.run("vault move \(current) mine --force", variables: variables).expect(0)
        let gone = try await home.run("gateway start", variables: variables)
        gone.expect(76, error: "The gateway's master key was the entry gateway-master-key, which is gone")
        #expect(programs.seen("environ") == nil)
        let rekey = try await home.run("vault rekey --new-key-file other.key", variables: variables)
        rekey.expect(0)
        #expect(!rekey.errorText.contains("--redeliver"))
        let second = programs.variables.merging(["GATEWAY_MASTER_KEY_FILE": "other.key"]) { $1 }
        try await home.run("vault move mine \(current)", variables: second).expect(0)
        try await home.run("gateway start", variables: second).expect(3)
        #expect(programs.environment()["GATEWAY_MASTER_KEY"] == key.text)
        try FileManager.default.removeItem(atPath: home.root + "/seen.environ")
        try await home.run("vault remove \(current) --confirm \(current) --force", variables: second).expect(0)
        try await home.run("gateway start", variables: second).expect(76)
        #expect(home.leaks(of: key) == [] && home.leaks(of: phrase) == [])
    }
}
