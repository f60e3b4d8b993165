import Foundation
import Testing
import VaultTestSupport

@Suite("The doctor", .few)
struct DoctorTests {
    private func chmod(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// The verdicts by check: the worst of each.
    private func verdicts(_ result: ProgramResult) -> [String: String] {
        let order = ["ok", "unknown", "warn", "error"]
        var verdicts: [String: String] = [:]
        for check in result.json["checks"] as? [[String: Any]] ?? [] {
            guard let id = check["id"] as? String, let verdict = check["verdict"] as? String else { continue }
            let known = order.firstIndex(of: verdicts[id] ?? "ok") ?? 0
            verdicts[id] = order[max(known, order.firstIndex(of: verdict) ?? 0)]
        }
        return verdicts
    }

    private static let ours = [
        "home", "home-permissions", "home-files", "temporary-files", "git", "vault", "anchor", "wipe", "state-folder",
        "config-file", "unsafe-permissions", "openclaw-config", "token-file", "libsodium", "clock",
    ]

    @Test("a good home has nothing wrong with it, by each spelling, and is not changed by looking")
    func good() async throws {
        let home = try TestHome()
        let canary = Canary()
        let gateway = try await GatewayDouble.start()
        let variables = home.variables(canary, gateway)
        try await home.run(addLinear, variables: variables).expect(0)
        try FileManager.default.moveItem(atPath: home.sigilum + "/gateway-master-key", toPath: home.user + "/key")
        let keyed = variables.merging(["GATEWAY_MASTER_KEY_FILE": home.user + "/key"]) { $1 }
        // The file that SQLite's readers share is theirs to write.
        let files = { home.files().filter { !$0.key.hasSuffix("-shm") } }
        let before = files()
        let result = try await home.run("doctor --json", variables: keyed)
        let found = verdicts(result)
        for check in Self.ours + ["key-placement", "key-file", "gateway"] { #expect(found[check] == "ok", "\(check)") }
        #expect(files() == before)
        for (line, name) in [("vault doctor", nil), ("doctor", "vault")] {
            let text = try await home.run(line, variables: keyed, name: name)
            #expect(text.outputText.contains("  ok       vault "), "\(text.outputText)\(text.errorText)")
            #expect(text.status == result.status)
        }
        gateway.behaviour.hasOtherMasterKey = true
        let other = try await home.run("doctor", variables: keyed)
        other.expect(1)
        #expect(other.outputText.contains("  error    gateway "))
        #expect(verdicts(try await home.run("doctor --offline --json", variables: keyed))["gateway"] == "unknown")
        try await gateway.stop()
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test(
        "a broken home: everything is told with its mend, --fix mends what is safe to, and a second --fix finds nothing"
    )
    func broken() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        let key = home.sigilum + "/gateway-master-key"
        let master = Canary(bytes: try #require(home.contents(key)))
        try chmod(0o640, key)
        try chmod(0o644, home.sigilum + "/gateway-connection-secret-linear")
        try chmod(0o777, home.sigilum)
        try home.write(canary.bytes, to: home.sigilum + "/.sigilum-0123abcd.tmp")
        try FileManager.default.removeItem(atPath: home.sigilum + "/.gitignore")
        try home.write(Array("ref".utf8), to: home.work + "/.git/HEAD")

        let told = try await home.run("doctor --json --offline")
        told.expect(1)
        let found = verdicts(told)
        #expect(found["key-file"] == "error" && found["home-files"] == "error" && found["home-permissions"] == "error")
        #expect(found["temporary-files"] == "warn" && found["git"] == "warn" && found["key-placement"] == "warn")
        #expect(try mode(key) == 0o640 && home.exists(home.sigilum + "/.sigilum-0123abcd.tmp"))

        let fixed = try await home.run("doctor --fix --json --offline")
        fixed.expect(1)
        let done = fixed.errorText.split(separator: "\n").filter { $0.hasPrefix("[i] Done: ") }
        #expect(done.count == 5, "\(fixed.errorText)")
        let after = verdicts(fixed)
        for check in Self.ours + ["key-file"] { #expect(after[check] == "ok", "\(check)") }
        #expect(after["key-placement"] == "warn")
        #expect(try mode(key) == 0o600 && mode(home.sigilum) == 0o700)
        #expect(!home.exists(home.sigilum + "/.sigilum-0123abcd.tmp"))
        #expect(home.text(home.sigilum + "/.gitignore") == "*\n")
        let again = try await home.run("doctor --fix --json --offline")
        #expect(again.errorText == "" && verdicts(again) == after)
        try await home.run("vault verify").expect(0)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
        #expect(home.leaks(of: master, except: ["gateway-master-key"]) == [])
    }

    @Test("a hostile home is told, mended by nothing, and crashes nothing")
    func hostile() async throws {
        let home = try TestHome()
        try home.write(Array("mine".utf8), to: home.user + "/victim", mode: 0o644)
        for name in ["gateway-master-key", "vault.db", "service-api-key-x", ".sigilum-0123abcd.tmp", ".gitignore"] {
            try FileManager.default.createDirectory(
                atPath: home.sigilum, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.createSymbolicLink(
                atPath: home.sigilum + "/" + name, withDestinationPath: home.user + "/victim")
        }
        try home.write([0xff, 0x00, 0x1b], to: home.user + "/.sigilum/config.env")
        try home.write(Array("{{{".utf8), to: home.user + "/.openclaw/openclaw.json")
        try home.write(Array("".utf8), to: home.sigilum + "/deliver-\u{1b}[2J.lock", mode: 0o666)
        for line in ["doctor", "doctor --fix", "doctor --json --no-input"] {
            let result = try await home.run(line)
            result.expect(1)
            #expect(!result.output.contains(0x1b))
        }
        #expect(try mode(home.user + "/victim") == 0o644 && home.text(home.user + "/victim") == "mine")
        #expect(home.exists(home.sigilum + "/.sigilum-0123abcd.tmp"))
    }
}

@Suite("Tokens that end", .few)
struct TokenWarningTests {
    private let line = "auth login --mode oss-local --namespace johndee --print-token false"

    @Test(
        "the warning comes once a day on standard error, after any command, again the next day, and not after a logout")
    func once() async throws {
        let scene = try AuthScene()
        let login = try await scene.signed(line + " --ttl-seconds 3600")
        login.expect(0)
        let warning = "[warn] The owner token of johndee expires in 59 minutes; get a new one: sigilum auth refresh"
        #expect(login.errorText.contains(warning) && !login.outputText.contains("[warn]"))
        let second = try await scene.home.run("vault list")
        #expect(second.status == 0 && second.errorText == "")
        // Tomorrow, or the day before: the note says when it was said.
        let folder = scene.home.user + "/.local/state/sigilum/tokens"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let note = try #require(scene.home.text(folder + "/" + name))
        #expect(try scene.mode(folder + "/" + name) == 0o600 && scene.mode(folder) == 0o700)
        #expect(!note.contains("eyJ"))
        try scene.home.write(Array(note.replacing(/said-on \d+/, with: "said-on 20000").utf8), to: folder + "/" + name)
        let next = try await scene.home.run("vault status --json")
        #expect(next.status == 0 && next.errorText.hasPrefix("[warn] The owner token of johndee expires in "))
        #expect(next.json["expiring"] as? [String] == ["owner-token/johndee"])
        // Also where the program becomes another one.
        try scene.home.write(Array(note.replacing(/said-on \d+/, with: "said-on 20000").utf8), to: folder + "/" + name)
        let run = try await scene.home.run("vault run --env TOKEN=owner-token/johndee -- true")
        #expect(run.status == 0 && run.errorText.hasPrefix("[warn] The owner token of johndee expires in "))
        let token = try await scene.unseen(
            "auth refresh --mode oss-local --namespace johndee --ttl-seconds 3600 --token-only")
        #expect(token.outputText.split(separator: ".").count == 3 && token.errorText == "")
        try await scene.home.run("auth logout --namespace johndee").expect(0)
        let gone = try #require(scene.home.text(folder + "/" + name))
        #expect(!gone.contains("johndee\n"))
        try scene.home.write(Array(gone.replacing(/said-on \d+/, with: "said-on 20000").utf8), to: folder + "/" + name)
        #expect(try await scene.home.run("vault list").errorText == "")
        #expect(scene.home.leaks(of: scene.secret) == [])
    }

    @Test("a note that is lost, wrong, a link or not to be written does no harm to any command")
    func hostile() async throws {
        let scene = try AuthScene()
        try await scene.signed(line + " --ttl-seconds 3600").expect(0)
        let folder = scene.home.user + "/.local/state/sigilum/tokens"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let path = folder + "/" + name
        try scene.home.write(Array("\u{1b}[2J said-on ends 1 johndee".utf8), to: path)
        let first = try await scene.home.run("vault get owner-token/johndee").errorText
        #expect(first.contains("[warn] The owner token of johndee"))
        #expect(try await scene.home.run("vault list").errorText == "")
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: "/dev/null")
        for line in ["vault list", "vault status", "vault verify"] {
            let result = try await scene.home.run(line)
            #expect(result.status == 0 && result.errorText == "", "\(result.errorText)")
        }
    }
}
