import Foundation
import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

private let allowed = "a namespace is 3 to 64 of a-z, 0-9 and -, with no - at either end"

/// All sources at once, each with its own name; a test takes away from the top.
private struct Sources {
    var option: String? = "by-option"
    var variables = [
        "SIGILUM_NAMESPACE": "by-variable", "GATEWAY_SIGILUM_NAMESPACE": "by-gateway-variable", "USER": "by-user",
    ]
    var config = ["SIGILUM_NAMESPACE": "by-config", "GATEWAY_SIGILUM_NAMESPACE": "by-gateway-config"]
    var openClawHome: String?
    var firstUsed: String? = "by-vault"
    var answer: String? = "by-answer"
    var user: UInt32 = geteuid() == 0 ? 1000 : geteuid()

    func resolve(_ stage: Stage? = nil) throws -> String {
        let stage = stage ?? Stage(variables, user: user)
        var ask: (() throws(Failure) -> String)?
        if let answer { ask = { () throws(Failure) in answer } }
        return try NamespaceResolution.resolve(
            option: option, config: ConfigFile(path: "/c/config.env", values: config), openClawHome: openClawHome,
            surroundings: stage.surroundings,
            firstUsed: { () throws(Failure) in firstUsed.flatMap { try? Namespace($0) } },
            ask: ask
        ).text
    }
}

/// `openclaw.json` with the plugin's namespace, as a person writes it.
private func openClaw(_ namespace: String) -> String {
    """
    // OpenClaw
    { hooks: { internal: { enabled: true, entries: {
      "sigilum-authz-notify": { env: { SIGILUM_OWNER_TOKEN: '\(planted)', SIGILUM_NAMESPACE: 'other' } },
      'sigilum-plugin': { env: { SIGILUM_NAMESPACE: '\(namespace)', }, },
    } } } }
    """
}

@Suite struct SettingsNamespaceTests {
    @Test("the first source that is set gives the namespace")
    func order() throws {
        let folder = try TemporaryFolder()
        try folder.write("openclaw.json", openClaw("by-openclaw"))
        var sources = Sources()
        sources.openClawHome = folder.path
        #expect(try sources.resolve() == "by-option")
        sources.option = nil
        #expect(try sources.resolve() == "by-variable")
        sources.variables["SIGILUM_NAMESPACE"] = ""
        #expect(try sources.resolve() == "by-gateway-variable")
        sources.variables["GATEWAY_SIGILUM_NAMESPACE"] = nil
        #expect(try sources.resolve() == "by-config")
        sources.config["SIGILUM_NAMESPACE"] = ""
        #expect(try sources.resolve() == "by-gateway-config")
        sources.config = [:]
        #expect(try sources.resolve() == "by-openclaw")
        try folder.write("openclaw.json", openClaw(""))
        #expect(try sources.resolve() == "by-vault")
        sources.firstUsed = nil
        #expect(try sources.resolve() == "by-answer")
        sources.answer = nil
        #expect(try sources.resolve() == "by-user")
    }

    @Test("root is no namespace, nor is a user whose name is none")
    func users() {
        var sources = Sources(option: nil, variables: [:], config: [:], firstUsed: nil, answer: nil)
        for (name, user) in [("root", 1000), ("johndee", 0), ("jd", 1000), ("John", 1000), ("", 1000)]
            as [(String, UInt32)]
        {
            sources.variables["USER"] = name
            sources.user = user
            #expect(failure { _ = try sources.resolve() } == Read(78, "Unable to resolve the namespace"))
        }
    }

    @Test("where nothing gives one, the error names all the places")
    func unresolved() {
        let sources = Sources(
            option: nil, variables: [:], config: [:], openClawHome: "/nonexistent", firstUsed: nil, answer: nil)
        #expect(
            failureWithHints { _ = try sources.resolve() }
                == Read(
                    78, "Unable to resolve the namespace",
                    hints: [
                        "give --namespace, or set SIGILUM_NAMESPACE or GATEWAY_SIGILUM_NAMESPACE",
                        "or put SIGILUM_NAMESPACE=… into /c/config.env",
                        "or set it in /nonexistent/openclaw.json: "
                            + #"hooks.internal.entries["sigilum-plugin"].env.SIGILUM_NAMESPACE"#,
                        "looked too: the vault, which no namespace has used yet, and the variable USER",
                    ]))
    }

    @Test("root is told that its user's name is not used")
    func rootsName() {
        var sources = Sources(option: nil, variables: ["USER": "johndee"], config: [:], firstUsed: nil, answer: nil)
        sources.user = 0
        let read = failureWithHints { _ = try sources.resolve() }
        #expect(
            read?.hints.last
                == "looked too: the vault, which no namespace has used yet; root's variable USER is not used")
    }

    @Test("a source that is set to something else than a namespace is an error that quotes nothing")
    func invalid() throws {
        let bad = "NO \(planted)"
        var sources = Sources(option: bad, firstUsed: nil, answer: bad)
        #expect(
            failureWithHints { _ = try sources.resolve() }
                == Read(64, "Not a namespace: --namespace", hints: [allowed]))
        sources.option = nil
        sources.variables["SIGILUM_NAMESPACE"] = bad
        #expect(failure { _ = try sources.resolve() } == Read(78, "Not a namespace: SIGILUM_NAMESPACE"))
        sources.variables = ["GATEWAY_SIGILUM_NAMESPACE": bad]
        #expect(failure { _ = try sources.resolve() } == Read(78, "Not a namespace: GATEWAY_SIGILUM_NAMESPACE"))
        sources.variables = [:]
        sources.config = ["SIGILUM_NAMESPACE": bad]
        #expect(
            failure { _ = try sources.resolve() } == Read(78, "Not a namespace: SIGILUM_NAMESPACE in /c/config.env"))
        let folder = try TemporaryFolder()
        try folder.write("openclaw.json", openClaw(bad))
        sources.config = [:]
        sources.openClawHome = folder.path
        #expect(
            failure { _ = try sources.resolve() }
                == Read(78, "Not a namespace: SIGILUM_NAMESPACE in \(folder("openclaw.json"))"))
        sources.openClawHome = nil
        #expect(failure { _ = try sources.resolve() } == Read(64, "Not a namespace: the answer"))
        sources.option = ""
        #expect(failure { _ = try sources.resolve() } == Read(64, "Not a namespace: --namespace"))
    }

    @Test("nobody is asked, and no vault opened, where a setting says it")
    func lazy() throws {
        let stage = Stage(["SIGILUM_NAMESPACE": "johndee"])
        let unused = Failure(.defect, code: "defect", "asked")
        let namespace = try NamespaceResolution.resolve(
            option: nil, config: ConfigFile(path: nil, values: [:]), openClawHome: nil,
            surroundings: stage.surroundings,
            firstUsed: { () throws(Failure) in throw unused }, ask: { () throws(Failure) in throw unused })
        #expect(namespace.text == "johndee")
        #expect(
            failure {
                _ = try NamespaceResolution.resolve(
                    option: nil, config: ConfigFile(path: nil, values: [:]), openClawHome: nil,
                    surroundings: Stage().surroundings, firstUsed: { () throws(Failure) in throw unused }, ask: nil)
            } == Read(70, "asked"))
    }

    @Test("an OpenClaw configuration that cannot be used is passed over with a warning that quotes nothing")
    func openClawWarnings() throws {
        let folder = try TemporaryFolder()
        let path = folder("openclaw.json")
        var sources = Sources(option: nil, variables: ["USER": "by-user"], config: [:], firstUsed: nil, answer: nil)
        sources.openClawHome = folder.path
        func said() throws -> [String] {
            let stage = Stage(sources.variables, user: geteuid())
            sources.answer = "by-answer"
            #expect(try sources.resolve(stage) == "by-answer")
            return stage.said()
        }
        #expect(try said() == [])
        try folder.write("openclaw.json", "{\n  hooks: \(planted) }")
        #expect(try said() == ["[warn] Passed over \(path): not JSON5 at line 2, column 10"])
        try folder.write("openclaw.json", String(repeating: "[", count: 300))
        #expect(try said() == ["[warn] Passed over \(path): not JSON5 at line 1, column 257"])
        try folder.write("openclaw.json", [UInt8](repeating: 0x20, count: OpenClawNamespace.sizeLimit + 1))
        #expect(try said() == ["[warn] Passed over \(path): File too large: \(path): more than 1048576 bytes"])
        try folder.write("openclaw.json", openClaw("by-openclaw"), mode: 0o622)
        #expect(try said() == ["[warn] Passed over \(path): Unsafe permissions: \(path): other users may write it"])
    }

    @Test("OpenClaw's folder is the option's, the variable's, else in the user's home")
    func openClawHome() throws {
        let variables = ["OPENCLAW_HOME": "oc", "HOME": "/h"]
        let stage = Stage(variables, workingDirectory: "/w")
        #expect(try OpenClawHome.locate(option: "x", stage.surroundings) == "/w/x")
        #expect(try OpenClawHome.locate(option: nil, stage.surroundings) == "/w/oc")
        #expect(try OpenClawHome.locate(option: nil, Stage(["HOME": "/h"]).surroundings) == "/h/.openclaw")
        #expect(try OpenClawHome.locate(option: nil, Stage().surroundings) == nil)
        #expect(
            failure { _ = try OpenClawHome.locate(option: "", stage.surroundings) }
                == Read(64, "--openclaw-home is empty"))
    }
}
