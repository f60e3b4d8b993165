import Glibc
import OpenClaw
import SafeFiles
import SecureMemory
import Testing
import VaultCore

private let whole = """
    {
      "hooks": {
        "internal": {
          "enabled": true,
          "entries": {
            "sigilum-authz-notify": {
              "enabled": true,
              "env": {
                "SIGILUM_NAMESPACE": "johndee",
                "SIGILUM_API_URL": "http://127.0.0.1:8787",
                "SIGILUM_OWNER_TOKEN": "canary-token-1b7d.e2.f3"
              }
            }
          }
        }
      }
    }

    """

@Suite("OpenClaw's configuration")
struct ApplyTests {
    let scene: OpenClawScene

    init() throws {
        scene = try OpenClawScene()
    }

    @Test("a file that is missing is made, 0600, with all that the hook needs")
    func missingFile() async throws {
        #expect(try await scene.differences() == nil)
        try await scene.apply()
        #expect(scene.text() == whole)
        #expect(try scene.status()?.mode == 0o600)
        #expect(try await scene.differences() == [])
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("a folder that is missing is made, 0700; looking makes nothing")
    func missingFolder() async throws {
        let path = scene.path("new/openclaw.json")
        try scene.target.check(path: path, settings: scene.settings("true"))
        try await scene.target.withdraw(try scene.job(path: path))
        #expect(try await scene.target.observe(try scene.job(path: path)) == .absent)
        #expect(try scene.folder.names() == [])
        try await scene.apply(path: path)
        #expect(scene.text(path) == whole)
        #expect(try scene.status("new")?.mode == 0o700)
    }

    @Test("what a person wrote stays, byte for byte")
    func keepsEverything() async throws {
        let before = """
            // my settings
            {
              gateway: { auth: { token: 'canary-other' } }, // secret!
              hooks: {
                token: "x", internal: { entries: {
                  // the hook
                  'sigilum-authz-notify': { env: { SIGILUM_DASHBOARD_URL: 'https://d', SIGILUM_NAMESPACE: 'old' } },
                } },
              },
            }
            """
        scene.write(before)
        try await scene.apply()
        let after = """
            // my settings
            {
              gateway: { auth: { token: 'canary-other' } }, // secret!
              hooks: {
                token: "x", internal: { entries: {
                  // the hook
                  'sigilum-authz-notify': { env: { SIGILUM_DASHBOARD_URL: 'https://d', SIGILUM_NAMESPACE: 'johndee', \
            SIGILUM_API_URL: 'http://127.0.0.1:8787', SIGILUM_OWNER_TOKEN: 'canary-token-1b7d.e2.f3' }, enabled: true },
                }, enabled: true },
              },
            }
            """
        #expect(scene.text() == after)
    }

    @Test("the same again leaves the very file", arguments: ["true", "false", "preserve"])
    func again(_ notify: String) async throws {
        for text in [
            "{}", "{ hooks: { internal: { entries: { 'sigilum-authz-notify': { enabled: true } } } } }", "// x",
        ] {
            scene.write(text)
            try await scene.apply(notify)
            let (status, content) = (try scene.status(), scene.text())
            try await scene.apply(notify)
            #expect(try scene.status() == status && scene.text() == content)
            #expect(try await scene.differences(notify) == [])
        }
    }

    @Test(
        "the token is there exactly where the hook is enabled afterwards",
        arguments: [
            ("true", "", "true", true), ("true", "enabled: false,", "true", true),
            ("true", "enabled: 'no',", "true", true),
            ("false", "", "false", false), ("false", "enabled: true,", "false", false),
            ("preserve", "", nil, false), ("preserve", "enabled: true,", "true", true),
            ("preserve", "enabled: false,", "false", false), ("preserve", "enabled: 'true',", "'true'", false),
            ("preserve", "enabled: true, enabled: false,", "false", false),
        ] as [(String, String, String?, Bool)])
    func token(_ notify: String, _ member: String, _ enabled: String?, _ isThere: Bool) async throws {
        for old in ["", "SIGILUM_OWNER_TOKEN: 'canary-old'"] {
            scene.write(
                "{ hooks: { internal: { entries: { 'sigilum-authz-notify': { \(member) env: { \(old) } } } } } }")
            try await scene.apply(notify)
            let text = try #require(scene.text())
            #expect(text.contains(scene.token) == isThere)
            #expect(text.contains("SIGILUM_OWNER_TOKEN") == isThere)
            #expect(!text.contains("canary-old"))
            #expect(text.contains("SIGILUM_NAMESPACE") && text.contains("SIGILUM_API_URL"))
            if let enabled {
                #expect(text.contains("enabled: \(enabled)"))
            } else {
                #expect(!text.contains("{ enabled"))
            }
            #expect(try await scene.differences(notify) == [])
        }
    }

    @Test("each difference is named, in one order")
    func differences() async throws {
        scene.write("{}", mode: 0o644)
        #expect(
            try await scene.differences()
                == ["hooks.enabled", "enabled", "namespace", "api_url", "owner_token", "mode"])
        #expect(try await scene.differences("preserve") == ["hooks.enabled", "namespace", "api_url", "mode"])
        try await scene.apply()
        #expect(try await scene.differences(token: "another") == ["owner_token"])
        #expect(try await scene.differences("false") == ["enabled", "owner_token"])
        #expect(try await scene.differences("preserve") == [])
        chmod(scene.path, 0o640)
        #expect(try await scene.differences() == ["mode"])
        let changed = try #require(scene.text()).split(separator: "johndee", omittingEmptySubsequences: false)
        scene.write(changed.joined(separator: "janedee"))
        #expect(try await scene.differences() == ["namespace"])
        scene.write("{ hooks: 3 }")
        #expect(try await scene.differences("preserve") == ["hooks.enabled", "namespace", "api_url"])
    }

    @Test("a mode that lets others read is mended, though nothing else changes")
    func mode() async throws {
        try await scene.apply()
        let content = scene.text()
        for mode in [0o644, 0o666, 0o400, 0o4755] as [mode_t] {
            chmod(scene.path, mode)
            try await scene.apply()
            #expect(try scene.status()?.mode == 0o600 && scene.text() == content)
        }
    }

    @Test("withdrawing takes the token out and nothing else, hidden ones too, and is done where none is")
    func withdraws() async throws {
        let job = try scene.job(hasSecret: false)
        try await scene.target.withdraw(job)
        #expect(try scene.folder.names() == [])
        try await scene.apply()
        try await scene.target.withdraw(job)
        let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("OWNER_TOKEN") }
        #expect(scene.text() == lines.joined(separator: "\n").replacing("8787\",", with: "8787\""))
        for text in ["{}", "// x", "[1]", "{ hooks: 3 }", "{ hooks: { internal: { enabled: false } } }"] {
            scene.write(text, mode: 0o644)
            let status = try scene.status()
            try await scene.target.withdraw(job)
            #expect(try scene.status() == status && scene.text() == text)
        }
        let entry = "'sigilum-authz-notify': { env: { SIGILUM_OWNER_TOKEN: 'canary-old' } }"
        scene.write("{ hooks: { internal: { entries: { \(entry), \(entry) } } }, hooks: 'off' }")
        try await scene.target.withdraw(job)
        #expect(scene.text()?.contains("canary") == false)
    }

    @Test("what is checked writes nothing and fails as applying would")
    func checks() async throws {
        let good = scene.settings("true")
        try scene.target.check(path: scene.path, settings: good)
        #expect(try scene.folder.names() == [])
        scene.write("{ a: 1 }", mode: 0o644)
        let status = try scene.status()
        try scene.target.check(path: scene.path, settings: good)
        #expect(try scene.status() == status && scene.text() == "{ a: 1 }")
    }

    @Test(
        "what cannot be edited is told with its place, and stays",
        arguments: [
            ("{ hooks: 3 }", "hooks"), ("{ hooks: { internal: 'canary-other' } }", "hooks.internal"),
            ("{ hooks: { internal: { entries: [] } } }", "hooks.internal.entries"),
            (
                "{hooks:{internal:{entries:{'sigilum-authz-notify':null}}}}",
                #"hooks.internal.entries["sigilum-authz-notify"]"#
            ),
            (
                "{hooks:{internal:{entries:{'sigilum-authz-notify':{env:1}}}}}",
                #"hooks.internal.entries["sigilum-authz-notify"].env"#
            ),
            ("[]", "(the whole file)"),
        ])
    func inTheWay(_ text: String, _ member: String) async throws {
        scene.write(text, mode: 0o644)
        let status = try scene.status()
        let error = DeliveryFailure.inTheWay(path: scene.path, member: member)
        #expect(try await scene.failures() == [error, error, nil, nil])
        #expect(try scene.status() == status && scene.text() == text)
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("what is no JSON5 is told with line and column, and stays")
    func unparseable() async throws {
        let text = "{\n  // é\n  a: 'canary-other\n}"
        scene.write(text)
        let status = try scene.status()
        let error = DeliveryFailure.unparseable(path: scene.path, line: 3, column: 19)
        #expect(try await scene.failures() == [error, error, error, error])
        #expect(try scene.status() == status && scene.text() == text)
        #expect(!String(reflecting: error).contains("canary"))
    }

    @Test("a job that lacks something is refused before anything is written")
    func incomplete() async throws {
        let target = scene.target
        for settings in [[:], scene.settings("maybe"), ["namespace": "johndee", "authz_notify": "true"]] {
            let job = try scene.job(settings: settings)
            let error = await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(job) }
            #expect(error == .cannotWrite(path: scene.path, errno: EINVAL))
        }
        let without = try scene.job(hasSecret: false)
        let error = await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(without) }
        #expect(error == .cannotWrite(path: scene.path, errno: EINVAL))
        let empty = try scene.job(token: "")
        let other = await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(empty) }
        #expect(other == .unsuitableSecret)
        #expect(try scene.folder.names() == [])
    }

    @Test("settings are carried as they are read")
    func settings() {
        let settings = OpenClawSettings(namespace: "johndee", apiURL: "http://127.0.0.1:8787", notify: .preserve)
        #expect(settings.delivery == scene.settings("preserve"))
    }
}
