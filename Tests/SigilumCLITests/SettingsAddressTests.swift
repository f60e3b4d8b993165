import Foundation
import SecureMemory
import Testing

@testable import SigilumCLI

private let config = ConfigFile(path: "/c/config.env", values: ["SIGILUM_API_URL": "https://by.config/"])
private let none = ConfigFile(path: nil, values: [:])

private func refusal(_ url: String) -> HTTPAddressError? {
    do {
        _ = try HTTPAddress(url)
        return nil
    } catch {
        return error
    }
}

@Suite struct SettingsAddressTests {
    @Test(
        "an absolute http or https URL is an address, without slashes at its end",
        arguments: [
            ("https://api.linear.app", "https://api.linear.app"), ("https://api.linear.app/", "https://api.linear.app"),
            ("https://h/a/b//", "https://h/a/b"), ("HTTPS://Host/Path", "https://Host/Path"),
            ("http://h:1", "http://h:1"),
            ("http://127.0.0.1:65535/x", "http://127.0.0.1:65535/x"), ("http://[::1]:80/", "http://[::1]:80"),
            ("https://h/%20;a=b,(c)'d'!*$&+@:~", "https://h/%20;a=b,(c)'d'!*$&+@:~"),
            ("https://a_b.c.", "https://a_b.c."),
            ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ])
    func addresses(_ url: String, _ text: String) throws {
        #expect(try HTTPAddress(url).text == text)
    }

    @Test(
        "everything else is refused for its reason",
        arguments: [
            ("", .notAbsolute), ("api.linear.app", .notAbsolute), ("//h", .notAbsolute), ("/x", .notAbsolute),
            ("ftp://h", .notAbsolute), ("file:///etc/passwd", .notAbsolute), ("javascript:alert(1)", .notAbsolute),
            ("http:h", .notAbsolute), ("http:/h", .notAbsolute), ("httpss://h", .notAbsolute), ("://h", .notAbsolute),
            ("http://", .noHost), ("http:///x", .noHost), ("http://:80", .noHost),
            ("http://u@h", .userInfo), ("http://u:\(planted)@h", .userInfo), ("http://@h", .userInfo),
            ("http://h?x=\(planted)", .query), ("http://h/?", .query), ("http://h#f", .fragment),
            ("http://h/?a#b", .fragment),
            ("http://h:", .malformedPort), ("http://h:0", .malformedPort), ("http://h:65536", .malformedPort),
            ("http://h:8a", .malformedPort), ("http://h:-1", .malformedPort), ("http://h:000080", .malformedPort),
            ("http://[::1", .malformedHost), ("http://[::1]x", .malformedHost), ("http://[localhost]", .malformedHost),
            ("http://[]", .malformedHost), ("http://a..b", .malformedHost), ("http://-a", .malformedHost),
            ("http://a-", .malformedHost), ("http://.", .malformedHost), ("http://a%41", .malformedHost),
            ("http://a,b", .malformedHost), ("http://\(String(repeating: "a", count: 64)).b", .malformedHost),
            ("http://h/%", .malformedEscape), ("http://h/%4", .malformedEscape), ("http://h/%zz", .malformedEscape),
            (" http://h", .forbiddenCharacter), ("http://h ", .forbiddenCharacter),
            ("http://h/\r\nX: y", .forbiddenCharacter),
            ("http://h/\0", .forbiddenCharacter), ("http://h\\x", .forbiddenCharacter),
            ("http://münchen", .forbiddenCharacter),
            ("http://h/<>", .forbiddenCharacter), ("http://h/{{X}}", .forbiddenCharacter),
            ("http://h/\u{7F}", .forbiddenCharacter),
        ] as [(String, HTTPAddressError)])
    func refused(_ url: String, _ reason: HTTPAddressError) {
        #expect(refusal(url) == reason)
    }

    @Test("2048 bytes are an address, one more is none")
    func length() throws {
        let url = "https://h/" + String(repeating: "a", count: 2038)
        #expect(try HTTPAddress(url).text == url)
        #expect(refusal(url + "a") == .tooLong)
    }

    @Test(
        "which hosts are this machine",
        arguments: [
            ("http://localhost", true), ("http://LOCALHOST:80", true), ("http://localhost.", true),
            ("http://a.localhost", true),
            ("http://127.0.0.1", true), ("http://127.255.1.2", true), ("http://[::1]", true),
            ("http://[0:0:0:0:0:0:0:1]", true),
            ("http://128.0.0.1", false), ("http://10.127.0.1", false), ("http://[::2]", false),
            ("http://[fe80::1]", false),
            ("http://localhost.example", false), ("http://127.0.0.1.example", false), ("http://mylocalhost", false),
            ("http://0.0.0.0", false),
        ])
    func loopback(_ url: String, _ isLoopback: Bool) throws {
        #expect(try HTTPAddress(url).isLoopback == isLoopback)
    }

    @Test("the gateway's admin address is the option's, the variable's, else the default")
    func admin() throws {
        let stage = Stage(["GATEWAY_ADMIN_URL": "http://localhost:2/"])
        #expect(
            try GatewaySettings.adminAddress(option: "http://127.0.0.1:1", stage.surroundings).text
                == "http://127.0.0.1:1")
        #expect(try GatewaySettings.adminAddress(option: nil, stage.surroundings).text == "http://localhost:2")
        let unset = Stage(["GATEWAY_ADMIN_URL": ""]).surroundings
        #expect(try GatewaySettings.adminAddress(option: nil, unset).text == "http://127.0.0.1:38100")
        #expect(stage.said() == [])
        #expect(try GatewaySettings.adminAddress(option: "http://gw.example:1", stage.surroundings).isLoopback == false)
        #expect(stage.said() == ["[warn] --gateway-admin-url: plain http to another machine; secrets travel readable"])
        _ = try GatewaySettings.adminAddress(option: "https://gw.example:1", stage.surroundings)
        #expect(stage.said() == [])
    }

    @Test("an admin address that is none is 64 from the option and 78 from the variable, and is not repeated")
    func badAdmin() {
        let hint = "an address is http://HOST:PORT or https://HOST"
        #expect(
            failureWithHints {
                _ = try GatewaySettings.adminAddress(option: "http://u:\(planted)@h", Stage().surroundings)
            } == Read(64, "Not an address: --gateway-admin-url: it has a user name or password", hints: [hint]))
        let stage = Stage(["GATEWAY_ADMIN_URL": planted])
        #expect(
            failure { _ = try GatewaySettings.adminAddress(option: nil, stage.surroundings) }
                == Read(78, "Not an address: GATEWAY_ADMIN_URL: it is not an absolute http or https URL"))
        #expect(failure { _ = try GatewaySettings.adminAddress(option: "", stage.surroundings) }?.status == 64)
    }

    @Test("the admin token comes from its variable, and must fit a header")
    func token() throws {
        #expect(text(try GatewaySettings.adminToken(Stage(["GATEWAY_ADMIN_TOKEN": planted]).surroundings)) == planted)
        #expect(try GatewaySettings.adminToken(Stage(["GATEWAY_ADMIN_TOKEN": ""]).surroundings) === nil)
        #expect(try GatewaySettings.adminToken(Stage().surroundings) === nil)
        for bad in ["\(planted)\n", " \(planted)", "\(planted)\r\nX: y"] {
            #expect(
                failure { _ = try GatewaySettings.adminToken(Stage(["GATEWAY_ADMIN_TOKEN": bad]).surroundings) }
                    == Read(
                        78,
                        "GATEWAY_ADMIN_TOKEN cannot go into an HTTP header: it has a control character or a space at "
                            + "an end, or is not UTF-8"))
        }
    }

    @Test("the gateway's data directory is the option's, the variable's, XDG's, else the user's")
    func data() throws {
        var variables = ["GATEWAY_DATA_DIR": "v", "XDG_DATA_HOME": "/x", "HOME": "/h"]
        func directory(_ option: String?) throws -> GatewaySettings.DataDirectory {
            try GatewaySettings.dataDirectory(option: option, Stage(variables, workingDirectory: "/w").surroundings)
        }
        #expect(try directory("o") == .init(path: "/w/o", isNamed: true))
        #expect(try directory(nil) == .init(path: "/w/v", isNamed: true))
        variables["GATEWAY_DATA_DIR"] = ""
        #expect(try directory(nil) == .init(path: "/x/sigilum-gateway", isNamed: false))
        variables["XDG_DATA_HOME"] = "relative"
        #expect(try directory(nil) == .init(path: "/h/.local/share/sigilum-gateway", isNamed: false))
        #expect(failure { _ = try directory("") } == Read(64, "--gateway-data-dir is empty"))
        variables["HOME"] = nil
        #expect(failure { _ = try directory(nil) } == Read(78, "Unable to find your home folder"))
    }

    @Test("the API's address is the option's, the variable's, the one of config.env, else the mode's")
    func api() throws {
        let stage = Stage(["SIGILUM_API_URL": "https://by.variable"])
        func url(_ mode: DeploymentMode, _ option: String?, _ config: ConfigFile, _ stage: Stage) throws -> String {
            try mode.apiURL(option: option, config: config, surroundings: stage.surroundings)
        }
        #expect(try url(.managed, "https://by.option/v/", config, stage) == "https://by.option/v")
        #expect(try url(.managed, nil, config, stage) == "https://by.variable")
        #expect(try url(.managed, nil, config, Stage()) == "https://by.config")
        #expect(try url(.managed, nil, none, Stage()) == "https://api.sigilum.id")
        #expect(try url(.ossLocal, nil, none, Stage()) == "http://127.0.0.1:8787")
        #expect(failure { _ = try url(.managed, "x", none, stage) }?.status == 64)
        #expect(
            failure { _ = try url(.managed, nil, none, Stage(["SIGILUM_API_URL": planted])) }
                == Read(78, "Not an address: SIGILUM_API_URL: it is not an absolute http or https URL"))
        let bad = ConfigFile(path: "/c/config.env", values: ["SIGILUM_API_URL": "http://h?\(planted)"])
        #expect(
            failure { _ = try url(.managed, nil, bad, Stage()) }
                == Read(78, "Not an address: SIGILUM_API_URL in /c/config.env: it has a query"))
    }

    @Test("auth is managed unless told otherwise; services are local unless SIGILUM_MODE says managed")
    func modes() throws {
        let managed = Stage(["SIGILUM_MODE": "managed"]).surroundings
        let local = Stage(["SIGILUM_MODE": "oss-local"]).surroundings
        let unset = Stage(["SIGILUM_MODE": ""]).surroundings
        #expect(try DeploymentMode.forAuth(option: "oss-local", managed) == .ossLocal)
        #expect(try DeploymentMode.forAuth(option: nil, local) == .ossLocal)
        #expect(try DeploymentMode.forAuth(option: nil, unset) == .managed)
        #expect(try DeploymentMode.forServices(managed) == .managed)
        #expect(try DeploymentMode.forServices(local) == .ossLocal)
        #expect(try DeploymentMode.forServices(unset) == .ossLocal)
        #expect(
            failure { _ = try DeploymentMode.forAuth(option: planted, managed) }
                == Read(64, "--mode is neither managed nor oss-local"))
        #expect(
            failure { _ = try DeploymentMode.forServices(Stage(["SIGILUM_MODE": planted]).surroundings) }
                == Read(78, "SIGILUM_MODE is neither managed nor oss-local"))
    }
}
