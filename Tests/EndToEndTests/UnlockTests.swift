import Foundation
import Testing
import VaultTestSupport

/// A home whose vault a passphrase opens, which no run is given unless it is told to.
struct UnlockScene {
    let home: TestHome
    let passphrase = Canary(prefix: "correct horse ")
    let value = Canary()

    init() async throws {
        home = try TestHome()
        try await home.run("vault put ci/key", variables: key, input: value.bytes).expect(0)
    }

    var key: [String: String] { ["GATEWAY_MASTER_KEY": passphrase.text] }

}

// One after the other: the kernel keeps keys by user, and one of these tests forgets all of a user.
@Suite("Unlocking a vault for a while", .few, .serialized)
struct UnlockTests {
    /// Whether the kernel here keeps keys: where it does not, that very path is what is tested.
    private func hasKeyring(_ scene: UnlockScene) async throws -> Bool {
        let result = try await scene.home.run("vault unlock --ttl 30m", variables: scene.key)
        if result.status == 0 { return true }
        result.expect(78, error: "The kernel keeps no keys for this program")
        try await scene.home.run("vault get ci/key").expect(78)
        return false
    }

    @Test("an unlocked vault opens without its passphrase until it is locked, and only it")
    func unlocked() async throws {
        let (scene, other) = (try await UnlockScene(), try await UnlockScene())
        let home = scene.home
        try await home.run("vault get ci/key --reveal-secrets").expect(78, error: "No master key for this vault")
        guard try await hasKeyring(scene) else { return }
        let shown = try await home.runner.run(home.call("vault get ci/key --reveal-secrets"))
        #expect(shown.output == scene.value.bytes + [0x0A])
        // Reading, writing, looking: every way a vault is opened.
        try await home.run("vault put ci/other", input: Array("other value".utf8)).expect(0)
        let status = try await home.run("vault status")
        status.expect(0)
        #expect(status.outputText.contains("key_source:   vault unlock, until "))
        #expect(status.outputText.firstMatch(of: /unlocked: +until \d{4}-/) != nil)
        #expect(try await home.run("vault anchor show").status == 0)
        #expect(try await home.run("doctor --json").outputText.contains("\"key_place\"") == false)
        #expect([0, 1].contains(try await home.run("vault doctor --offline").status))
        // Another vault of the same user is as locked as before.
        try await other.home.run("vault get ci/key").expect(78)
        // A passphrase that is given is used, and a wrong one is wrong.
        try await home.run("vault list", variables: ["GATEWAY_MASTER_KEY": "something else"])
            .expect(77, error: "The master key does not open this vault")
        let locked = try await home.run("vault lock")
        locked.expect(0)
        #expect(locked.outputText.contains("forgotten: 1"))
        try await home.run("vault get ci/key").expect(78, error: "No master key for this vault")
        #expect(try await home.run("vault lock").outputText.contains("forgotten: 0"))
        #expect(home.leaks(of: scene.passphrase) == [] && home.leaks(of: scene.value) == [])
    }

    @Test("a gateway that has a key of its own is started from an unlocked vault; else its passphrase is needed")
    func gateway() async throws {
        let scene = try await UnlockScene()
        guard try await hasKeyring(scene) else { return }
        let programs = try await GatewayScene(scene.home)
        let without = try await scene.home.run("gateway start", variables: programs.variables)
        without.expect(78, error: "The vault is unlocked, and this needs its passphrase itself")
        #expect(programs.seen("environ") == nil)
        try await scene.home.run("vault generate gateway-master-key --format hex").expect(0)
        try await scene.home.run("gateway start", variables: programs.variables).expect(3)
        #expect(programs.environment()["GATEWAY_MASTER_KEY"]?.count == 64)
        // A status needs no key at all.
        let status = try await scene.home.run("gateway status", variables: ["GATEWAY_ADMIN_URL": "http://127.0.0.1:9"])
        status.expect(69)
        #expect(status.outputText.contains("pending:     none"))
        try await scene.home.run("vault lock").expect(0)
        #expect(scene.home.leaks(of: scene.passphrase) == [])
    }

    @Test("it ends by itself, can be prolonged, and all of a user's vaults can be locked at once")
    func ends() async throws {
        let (one, other) = (try await UnlockScene(), try await UnlockScene())
        guard try await hasKeyring(one) else { return }
        try await one.home.run("vault unlock --ttl 1s", variables: one.key).expect(0)
        try await Task.sleep(for: .seconds(2))
        try await one.home.run("vault list").expect(78)
        try await one.home.run("vault unlock --ttl 5m", variables: one.key).expect(0)
        try await other.home.run("vault unlock", variables: other.key).expect(0)
        // In a session of its own, as cron and services have.
        let everywhere = try await one.home.run("vault list")
        everywhere.expect(0)
        let all = try await one.home.run("vault lock --all --json")
        all.expect(0)
        #expect(all.outputText.contains("\"forgotten\""))
        for scene in [one, other] { try await scene.home.run("vault list").expect(78) }
    }

    @Test("what is kept opens nothing any more where the vault's key was changed: it is forgotten, and no error")
    func changed() async throws {
        let scene = try await UnlockScene()
        guard try await hasKeyring(scene) else { return }
        let status = try await scene.home.run("vault status --json", variables: scene.key)
        let id = String(status.outputText.firstMatch(of: /"vault_id": "([0-9a-f]+)"/)?.1 ?? "")
        // Version 1, slot 0, the year 2242, and a key that opens nothing; the same of a slot that is not there; no such thing.
        let end = "0000c00000e80700"
        for (payload, isForgotten) in [
            ("0100" + end + String(repeating: "5a", count: 32), true),
            ("0103" + end + String(repeating: "5a", count: 32), true), ("00", false),
        ] {
            let call = ["python3", "-c", Self.plant, "sigilum-vault:" + id, payload]
            var plant = scene.home.call("vault list")
            plant.through = call
            try await scene.home.run(plant).expect(78, error: "No master key for this vault")
            let left = try await scene.home.run("vault lock")
            #expect(left.outputText.contains("forgotten: \(isForgotten ? 0 : 1)"))
        }
    }

    /// Puts a key into the user's keyring as `vault unlock` would, and runs a command.
    private static let plant = """
        import ctypes, os, platform, sys
        add, control = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
        c = ctypes.CDLL(None, use_errno=True)
        name, bytes = sys.argv[1].encode(), bytes.fromhex(sys.argv[2])
        assert c.syscall(control, 8, -4, -2) == 0
        key = c.syscall(add, b"user", name, bytes, len(bytes), -2)
        assert key > 0 and c.syscall(control, 5, key, 0x3b000000) == 0 and c.syscall(control, 15, key, 60) == 0
        assert c.syscall(control, 8, key, -4) == 0
        os.execvp(sys.argv[3], sys.argv[3:])
        """

    @Test("where a random key opens the vault there is nothing to keep")
    func random() async throws {
        let home = try TestHome()
        try await home.run("vault init").expect(0)
        let result = try await home.run("vault unlock")
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Nothing to unlock: a random key opens the vault: "))
        #expect(try await home.run("vault unlock --json").outputText.contains("\"unlocked\": false"))
        try await home.run("vault lock").expect(0)
    }

    @Test("wrong words, no vault and a wrong passphrase keep nothing")
    func refused() async throws {
        let scene = try await UnlockScene()
        for ttl in ["x", "0s", "-1m", "8d", "15", "1000000000000000d"] {
            try await scene.home.runner.run(
                scene.home.call("vault unlock", more: ["--ttl=" + ttl], variables: scene.key)
            ).expect(64, error: "--ttl is no time from 1s to 7d")
        }
        try await scene.home.run("vault unlock", variables: ["GATEWAY_MASTER_KEY": "something else"]).expect(77)
        try await scene.home.run("vault unlock").expect(78)
        try await scene.home.run("vault list").expect(78)
        let empty = try TestHome()
        try await empty.run("vault unlock").expect(66)
        try await empty.run("vault lock").expect(66)
        try await empty.run("vault lock --all").expect(0)
    }

    @Test("where the system forbids keyrings, as containers do, unlock says so and everything else works as ever")
    func forbidden() async throws {
        let scene = try await UnlockScene()
        func forbidden(_ line: String, _ variables: [String: String]) async throws -> ProgramResult {
            var call = scene.home.call(line, variables: variables)
            call.through = ["python3", "-c", Self.filter]
            return try await scene.home.run(call)
        }
        let unlock = try await forbidden("vault unlock", scene.key)
        unlock.expect(78, error: "The kernel keeps no keys for this program: Operation not permitted")
        #expect(unlock.errorText.contains("container"))
        let document = try await forbidden("vault unlock --json", scene.key)
        #expect(document.errorText.contains("\"code\":\"no-keyring\""))
        try await forbidden("vault list", scene.key).expect(0)
        try await forbidden("vault list", [:]).expect(78, error: "No master key for this vault")
        for words in ["vault lock", "vault lock --all"] {
            let lock = try await forbidden(words, [:])
            lock.expect(0)
            #expect(lock.errorText.contains("[i] The kernel keeps no keys for this program"))
        }
    }

    /// Runs a command with a filter (seccomp(2)) that answers EPERM to add_key, request_key and keyctl, as that of Docker does.
    private static let filter = """
        import ctypes, os, platform, struct, sys
        numbers = {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}[platform.machine()]
        rules = [(0x20, 0, 0, 0)] + [(0x15, len(numbers) - i, 0, n) for i, n in enumerate(numbers)]
        rules += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x00050001)]
        code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(buffer))
        c = ctypes.CDLL(None, use_errno=True)
        assert c.prctl(38, 1, 0, 0, 0) == 0 and c.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
        os.execvp(sys.argv[1], sys.argv[1:])
        """
}
