import Foundation
import Testing
import VaultTestSupport

@Suite("Tokens that are refused", .few)
struct AuthRefusalTests {
    /// What is wrong with a token, and what is said about it.
    enum Wrong: String, CaseIterable, Sendable {
        case unsigned = "nobody signed it"
        case twoParts = "not of three parts"
        case alphabet = "not base64url"
        case padded = "signature is not base64url"
        case expired = "it expired at"
        case early = "it is not valid before"
        case foreign = "it belongs to another namespace: alice"
        case empty = "empty"
        case long = "16 KiB"
        case lineEnd = "base64url"
        case bytes = "signature is not base64url "
        case twice = "says something twice"
        case noNumber = "exp"

        func token(_ canary: ForeignToken) -> [UInt8] {
            let text: String =
                switch self {
                case .unsigned: ForeignToken(#""namespace":"johndee""#, header: #"{"alg":"nOnE"}"#).text
                case .twoParts: canary.text.split(separator: ".").prefix(2).joined(separator: ".")
                case .alphabet: canary.text.replacing(".", with: ".*+", maxReplacements: 1)
                case .padded: canary.text + "="
                case .expired: ForeignToken(#""namespace":"johndee","exp":1700000000"#).text
                case .early: ForeignToken(#""namespace":"johndee","nbf":4102444800"#).text
                case .foreign: ForeignToken.good("alice").text
                case .empty: ""
                case .long: canary.text + String(repeating: "A", count: 16 * 1024 + 1 - canary.text.utf8.count)
                case .lineEnd: canary.text.replacing(".", with: ".\r\n", maxReplacements: 1)
                case .bytes: canary.text
                case .twice: ForeignToken(#""namespace":"johndee","namespace":"johndee""#).text
                case .noNumber: ForeignToken(#""namespace":"johndee","exp":"tomorrow""#).text
                }
            return Array(text.utf8) + (self == .bytes ? [0xff, 0xfe] : [])
        }
    }

    @Test("with 64 and the reason, and nothing is made or stored", arguments: Wrong.allCases)
    func refused(_ wrong: Wrong) async throws {
        let scene = try AuthScene()
        let good = ForeignToken.good()
        let bytes = wrong.token(good)
        let reason = wrong.rawValue.trimmingCharacters(in: .whitespaces)
        func expectRefused(_ result: ProgramResult) {
            result.expect(64)
            #expect(result.outputText == "")
            #expect(result.errorText.contains(reason), "\(result.errorText)")
            #expect(result.errorText.contains("nothing was stored"), "\(result.errorText)")
        }
        let before = scene.home.files()
        for line in [AuthScene.managed, AuthScene.managed + " --token-only", "auth refresh --owner-token-stdin --json"]
        {
            expectRefused(try await scene.home.run(line, input: bytes))
        }
        #expect(scene.home.files() == before)
        // Where there is a token already, it stays.
        try await scene.give(good.text, AuthScene.managed + " --print-token false").expect(0)
        let stored = scene.home.files()
        expectRefused(try await scene.home.run(AuthScene.managed, input: bytes))
        for path in [scene.tokenFile, scene.config, scene.home.database] {
            let name = String(path.dropFirst(scene.home.user.count + 1))
            #expect(scene.home.files()[name] == stored[name])
        }
        #expect(scene.home.leaks(of: good.canary, except: AuthScene.files) == [])
    }

    @Test("a token in an argument works, with a warning, and the process list loses it")
    func argument() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        for line in ["auth login --owner-token \(token.text)", "auth login --owner-token=\(token.text)"] {
            let result = try await scene.home.run(line + " --print-token false")
            result.expect(0)
            let warning = "[warn] --owner-token: other users of this machine can read the process list; safer: "
            #expect(result.errorText.contains(warning + "--owner-token-stdin\n"))
            #expect(scene.filed == token.text + "\n")
        }
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
        // Held at the command that is to print its key, it has taken the token out of its arguments long ago.
        let (pipe, seen) = (scene.home.root + "/pipe", scene.home.root + "/seen")
        try #require(mkfifo(pipe, 0o600) == 0)
        try scene.home.write(
            Array("#!/bin/sh\nenv > \(seen)\ncat \(pipe)\n".utf8), to: scene.home.root + "/key", mode: 0o700)
        var variables = ["GATEWAY_MASTER_KEY_COMMAND": scene.home.root + "/key", "JWT_SECRET": scene.secret.text]
        variables["SIGILUM_OWNER_TOKEN"] = ForeignToken.good().text
        let run = try scene.home.runner.start(
            scene.home.call("auth login --print-token false --owner-token \(token.text)", variables: variables))
        while !scene.home.exists(seen) { try await Task.sleep(for: .milliseconds(10)) }
        let line = scene.home.contents("/proc/\(run.process)/cmdline") ?? []
        #expect(!line.isEmpty && token.canary.form(in: line) == nil)
        let environment = scene.home.contents("/proc/\(run.process)/environ") ?? []
        #expect(!environment.isEmpty && scene.secret.form(in: environment) == nil)
        let key = scene.home.text(".sigilum-workspace/gateway-master-key") ?? ""
        try Data(key.utf8).write(to: URL(fileURLWithPath: pipe))
        scene.home.remember(try await run.wait()).expect(0)
        #expect(scene.home.text(seen)?.contains("HOME=") == true)
        for word in ["JWT_SECRET", "SIGILUM_OWNER_TOKEN", variables["SIGILUM_OWNER_TOKEN"] ?? ""] {
            #expect(scene.home.text(seen)?.contains(word) == false)
        }
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
        #expect(scene.home.leaks(of: scene.secret) == [])
    }

    @Test("the variable SIGILUM_OWNER_TOKEN is taken where nothing is given; standard input comes first")
    func variable() async throws {
        let scene = try AuthScene()
        let (token, other) = (ForeignToken.good(), ForeignToken.good())
        let variables = ["SIGILUM_OWNER_TOKEN": token.text]
        let result = try await scene.home.run("auth login --print-token false", variables: variables)
        result.expect(0)
        #expect(!result.errorText.contains("[warn]"), "\(result.errorText)")
        #expect(scene.filed == token.text + "\n")
        try await scene.give(other.text, AuthScene.managed + " --print-token false", variables: variables).expect(0)
        #expect(scene.filed == other.text + "\n")
        // A token of one's own is made, not given.
        try await scene.signed(AuthScene.local + " --print-token false", variables: variables).expect(0)
        #expect(scene.filed != token.text + "\n")
        #expect(scene.home.leaks(of: token.canary, except: AuthScene.files) == [])
    }

    @Test("both sources, none, and one for a mode that takes none")
    func sources() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        let before = scene.home.files()
        try await scene.give(token.text, AuthScene.managed + " --owner-token \(token.text)")
            .expect(64, error: "Use only one of: --owner-token, --owner-token-stdin")
        let none = try await scene.home.run("auth login")
        none.expect(64, error: "Managed mode requires an explicit owner JWT.")
        #expect(none.errorText.contains("sigilum auth login --mode managed --owner-token-stdin"))
        let vault = try await scene.home.run("auth login", name: "vault")
        #expect(vault.errorText.contains("./vault auth login --mode managed --owner-token-stdin"))
        try await scene.home.run("auth login --owner-token", more: [""])
            .expect(64, error: "Managed mode requires an explicit owner JWT.")
        try await scene.give(token.text, AuthScene.local + " --owner-token-stdin", variables: ["JWT_SECRET": "x"])
            .expect(64, error: "A token is given in managed mode only")
        #expect(scene.home.files() == before)
        #expect(scene.home.leaks(of: token.canary) == [])
    }

    @Test("what lies at --token-file and is no token is left alone, and nothing is stored")
    func occupied() async throws {
        let scene = try AuthScene()
        let token = ForeignToken.good()
        try await scene.give(token.text, AuthScene.managed + " --print-token false").expect(0)
        try scene.home.write(Array("mine".utf8), to: "mine.txt")
        try FileManager.default.createSymbolicLink(atPath: scene.home.work + "/link", withDestinationPath: "mine.txt")
        let before = scene.home.files()
        let other = ForeignToken.good()
        for path in [".sigilum-workspace/gateway-master-key", ".sigilum-workspace/vault.db"] {
            try await scene.give(other.text, AuthScene.managed + " --token-file \(path)")
                .expect(64, error: "--token-file is a file in the Sigilum home: ")
        }
        for path in ["mine.txt", "link"] {
            try await scene.give(other.text, AuthScene.managed + " --token-file \(path)")
                .expect(73, error: "There is something else already: ")
        }
        for path in [".", "..", "x/", "/", scene.config, scene.config + "/"] {
            let result = try await scene.give(other.text, AuthScene.managed + " --token-file \(path)")
            #expect(result.status == 64 || result.status == 73, "\(path): \(result.errorText)")
        }
        try await scene.give(
            ForeignToken.good("alice").text, AuthScene.managed + " --namespace alice --token-file \(scene.tokenFile)"
        ).expect(64, error: "--token-file is the file of another entry: owner-token/johndee")
        for name in ["work/mine.txt", "work/.sigilum-workspace/gateway-master-key", ".openclaw/openclaw.json"] {
            #expect(scene.home.files()[name] == before[name])
        }
        try await scene.home.run("vault verify").expect(0)
        // An older token, or an empty file that the user made, is no such thing.
        try scene.home.write(Array((other.text + "\n").utf8), to: "old.jwt")
        try scene.home.write([], to: "empty.jwt")
        for path in ["old.jwt", "empty.jwt"] {
            try await scene.give(token.text, AuthScene.managed + " --print-token false --token-file \(path)").expect(0)
            #expect(scene.home.text(path) == token.text + "\n")
        }
    }
}
