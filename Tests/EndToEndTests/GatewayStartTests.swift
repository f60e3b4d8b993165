import Foundation
import Testing
import VaultTestSupport

/// A home with a vault, and programs that pretend to be the gateway's: they write down what they are given.
struct GatewayScene {
    let home: TestHome
    let folder: String

    init(_ home: TestHome, tool: Bool = true, server: Bool = true) async throws {
        self.home = home
        folder = home.root + "/programs/bin"
        let seen = home.root + "/seen"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if server {
            try write(
                "sigilum-gateway",
                """
                #!/bin/sh
                cat /proc/$$/environ >\(seen).environ
                cat /proc/$$/cmdline >\(seen).cmdline
                ls /proc/self/fd >\(seen).descriptors
                umask >\(seen).umask
                echo $$ >\(seen).process
                [ -z "$PROGRAM" ] || "$PROGRAM" vault log >\(seen).log
                exit 3
                """)
        }
        if tool {
            try write(
                "sigilum-gateway-cli",
                """
                #!/bin/sh
                printf '%s\\n' "$@" >\(seen).words
                cat /proc/$$/environ >\(seen).tool
                [ "$FAIL" = yes ] && { echo 'no identity today' >&2; exit 1; }
                mkdir -p "$GATEWAY_SIGILUM_HOME/identities/$GATEWAY_SIGILUM_NAMESPACE"
                echo '{}' >"$GATEWAY_SIGILUM_HOME/identities/$GATEWAY_SIGILUM_NAMESPACE/identity.json"
                """)
        }
        try await home.run("vault init").expect(0)
    }

    private func write(_ name: String, _ text: String) throws {
        try home.write(Array((text + "\n").utf8), to: folder + "/" + name, mode: 0o700)
    }

    /// Programs are found by `PATH`.
    var variables: [String: String] { ["PATH": folder + ":/usr/bin:/bin", "GATEWAY_ADMIN_URL": ""] }

    func seen(_ name: String) -> String? {
        home.contents(home.root + "/seen." + name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The variables that the gateway got.
    func environment(_ name: String = "environ") -> [String: String] {
        let pairs = (seen(name) ?? "").split(separator: "\0").compactMap { line -> (String, String)? in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The master key in the home's file.
    var key: String { String(decoding: home.contents(".sigilum-workspace/gateway-master-key") ?? [], as: UTF8.self) }
}

@Suite("Starting the gateway", .few)
struct GatewayStartTests {
    @Test("the gateway takes the program's place, with key and settings in its environment and none in its arguments")
    func started() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home)
        var call = home.call(
            "gateway start --namespace johndee",
            variables: scene.variables.merging(
                [
                    "GATEWAY_ADMIN_TOKEN": "admin-token", "SIGILUM_OWNER_TOKEN": "owner-token", "JWT_SECRET": "jwt",
                    "OWN": "a b",
                ]) { $1 })
        call.through = ["sh", "-c", "umask 027; exec \"$0\" \"$@\""]
        let run = try home.runner.start(call)
        let process = run.process
        let result = try await run.wait()
        home.remember(result)
        result.expect(3)
        #expect(scene.seen("process") == "\(process)\n")
        #expect(scene.seen("umask") == "0027\n")
        #expect(scene.seen("descriptors") == "0\n1\n2\n3\n")
        #expect(scene.seen("cmdline")?.contains(scene.key) == false)
        let environment = scene.environment()
        #expect(scene.key.count == 64)
        #expect(environment["GATEWAY_MASTER_KEY"] == scene.key)
        #expect(environment["GATEWAY_SIGILUM_HOME"] == home.sigilum)
        #expect(environment["GATEWAY_SIGILUM_NAMESPACE"] == "johndee")
        #expect(environment["SIGILUM_API_URL"] == "http://127.0.0.1:8787")
        #expect(environment["GATEWAY_ADDR"] == "127.0.0.1:38100")
        #expect(environment["GATEWAY_DATA_DIR"] == home.user + "/.local/share/sigilum-gateway")
        #expect(environment["GATEWAY_ADMIN_TOKEN"] == "admin-token")
        #expect(environment["OWN"] == "a b")
        #expect(environment["JWT_SECRET"] == nil && environment["SIGILUM_OWNER_TOKEN"] == nil)
        // The tool that made the identity got no secret at all.
        #expect(scene.seen("words") == "init-identity\n--namespace\njohndee\n--home\n\(home.sigilum)\n")
        let tool = scene.environment("tool")
        #expect(tool["GATEWAY_SIGILUM_HOME"] == home.sigilum && tool["GATEWAY_SIGILUM_NAMESPACE"] == "johndee")
        #expect(!(scene.seen("tool") ?? scene.key).contains(scene.key) && tool["GATEWAY_ADMIN_TOKEN"] == nil)
        #expect(result.errorText.contains("[i] Made the identity of johndee: "))
        let canary = Canary(bytes: Array(scene.key.utf8))
        #expect(home.leaks(of: canary, except: ["gateway-master-key", "seen.environ"]) == [])
    }

    @Test("the log says that the key is handed over, before it is")
    func recorded() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home)
        // The gateway itself looks, first thing.
        let variables = scene.variables.merging(["PROGRAM": home.runner.path]) { $1 }
        try await home.run("gateway start", variables: variables).expect(3)
        let log = scene.seen("log") ?? ""
        #expect(log.contains("released") && log.contains("gateway start"))
        try await home.run("vault verify").expect(0)
    }

    @Test("a key that the vault keeps for the gateway is the one, exactly, and its release is in the log")
    func entry() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home)
        let canary = Canary(bytes: (0..<64).map { _ in "0123456789abcdef".utf8.randomElement() ?? 48 })
        try await home.run("vault put gateway-master-key --force", input: canary.bytes + [0x20, 0x0A, 0x0A]).expect(0)
        try await home.run("gateway start", variables: scene.variables).expect(3)
        #expect(scene.environment()["GATEWAY_MASTER_KEY"] == canary.text)
        let log = try await home.run("vault log --entry gateway-master-key")
        #expect(log.outputText.contains("released") && log.outputText.contains("gateway start"))
        #expect(home.leaks(of: canary, except: ["seen.environ"]) == [])
    }

    @Test("options and settings say where it listens, what it asks and which home it has")
    func settings() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home)
        try await home.run("vault init --sigilum-home other").expect(0)
        try await home.run(
            """
            gateway start --namespace janedoe --home other --api-url https://api.example --addr 127.0.0.1:4100 \
            --gateway-data-dir data
            """, variables: scene.variables
        ).expect(3)
        var environment = scene.environment()
        #expect(environment["GATEWAY_SIGILUM_HOME"] == home.work + "/other")
        #expect(environment["GATEWAY_SIGILUM_NAMESPACE"] == "janedoe" && environment["SIGILUM_NAMESPACE"] == "janedoe")
        #expect(environment["SIGILUM_API_URL"] == "https://api.example")
        #expect(environment["GATEWAY_ADDR"] == "127.0.0.1:4100")
        #expect(environment["GATEWAY_DATA_DIR"] == home.work + "/data")
        #expect(environment["GATEWAY_MASTER_KEY"] != scene.key && environment["GATEWAY_MASTER_KEY"]?.count == 64)
        // The programs of SIGILUM_HOME, and variables.
        let variables = [
            "PATH": "/usr/bin:/bin:relative", "SIGILUM_HOME": home.root + "/programs", "SIGILUM_MODE": "managed",
            "GATEWAY_ADDR": ":4200", "GATEWAY_ADMIN_URL": "",
        ]
        let open = try await home.run("gateway start", variables: variables)
        open.expect(3)
        #expect(open.errorText.contains("[warn] GATEWAY_ADDR: other machines reach the gateway"))
        environment = scene.environment()
        #expect(environment["GATEWAY_ADDR"] == ":4200")
        #expect(environment["SIGILUM_API_URL"] == "https://api.sigilum.id")
        // Where the gateway is asked is where it listens.
        try await home.run(
            "gateway start --gateway-admin-url http://localhost:4300/", variables: scene.variables
        ).expect(3)
        #expect(scene.environment()["GATEWAY_ADDR"] == "localhost:4300")
    }

    @Test("programs that are not there are named, with where they were looked for, and no key is handed over")
    func missing() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home, tool: false, server: false)
        let none = try await home.run("gateway start", variables: scene.variables)
        none.expect(66, error: "sigilum-gateway is not installed")
        #expect(none.errorText.contains("SIGILUM_HOME"))
        let document = try await home.run("gateway start --json", variables: scene.variables)
        document.expect(66)
        #expect(document.errorText.contains("\"code\":\"gateway-not-installed\""))
        // In the working directory it does not count, whatever PATH says.
        try home.write(Array("#!/bin/sh\ntouch ran\n".utf8), to: "sigilum-gateway", mode: 0o700)
        try await home.run("gateway start", variables: ["PATH": ".::/usr/bin:/bin"]).expect(66)
        #expect(!home.exists("ran"))
        let withServer = try await GatewayScene(try TestHome(), tool: false)
        let half = try await withServer.home.run("gateway start", variables: withServer.variables)
        half.expect(66, error: "sigilum-gateway-cli is not installed")
        #expect(withServer.seen("environ") == nil)
        for home in [home, withServer.home] {
            #expect(try await home.run("vault log").outputText.contains("released") == false)
        }
    }

    @Test("what is wrong is said before anything is started")
    func refused() async throws {
        let home = try TestHome()
        let scene = try await GatewayScene(home)
        for (line, status, error) in [
            ("gateway start --addr nonsense", 64, "Not an address to listen on: --addr"),
            ("gateway start --addr 127.0.0.1:0", 64, "Not an address to listen on: --addr"),
            ("gateway start --addr http://127.0.0.1:38100", 64, "Not an address to listen on: --addr"),
            ("gateway start --addr user@host:80", 64, "Not an address to listen on: --addr"),
            ("gateway start --api-url nonsense", 64, "Not an address: --api-url"),
            ("gateway start --namespace NO", 64, "Not a namespace"),
            ("gateway start --home a --sigilum-home b", 64, "Use only one of"),
            ("gateway start --home elsewhere", 66, "No vault found"),
        ] as [(String, Int32, String)] {
            try await home.run(line, variables: scene.variables).expect(status, error: error)
        }
        try await home.run("gateway start", variables: scene.variables.merging(["GATEWAY_ADDR": "x"]) { $1 })
            .expect(78, error: "Not an address to listen on: GATEWAY_ADDR")
        let failed = try await home.run("gateway start", variables: scene.variables.merging(["FAIL": "yes"]) { $1 })
        failed.expect(76, error: "sigilum-gateway-cli made no identity: it ended with status 1")
        #expect(failed.errorText.contains("no identity today"))
        try await home.run("vault put gateway-master-key --force", input: Array("two\nlines".utf8)).expect(0)
        try await home.run("gateway start", variables: scene.variables).expect(
            78, error: "The master key has a line end")
        #expect(scene.seen("environ") == nil)
        try home.write(Array("not a program\n".utf8), to: scene.folder + "/sigilum-gateway", mode: 0o700)
        try await home.run("vault remove gateway-master-key --confirm gateway-master-key --force").expect(0)
        try await home.run("gateway start", variables: scene.variables).expect(
            76, error: "The gateway's master key was the entry gateway-master-key, which is gone")
        try await home.run("vault generate gateway-master-key --format hex").expect(0)
        try await home.run("gateway start", variables: scene.variables).expect(78, error: "Cannot run ")
    }

    @Test("a gateway that has the vault's passphrase for a key is warned of")
    func passphrase() async throws {
        let home = try TestHome()
        let (folder, canary) = (try await GatewayScene(home), Canary(prefix: ""))
        let variables = folder.variables.merging(["GATEWAY_MASTER_KEY": canary.text]) { $1 }
        try await home.run("vault init --sigilum-home other", variables: variables).expect(0)
        let started = try await home.run("gateway start --home other", variables: variables)
        started.expect(3)
        #expect(started.errorText.contains("[warn] The gateway's key is a passphrase"))
        #expect(folder.environment()["GATEWAY_MASTER_KEY"] == canary.text)
        #expect(home.leaks(of: canary, except: ["seen.environ"]) == [])
    }
}
