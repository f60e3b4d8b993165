import Foundation
import SafeFiles
import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

private func check(_ bytes: [UInt8], allowing: Bool = false) -> HTTPValueError? {
    do {
        try HTTPValueRule.check(SecretBytes(copying: bytes), allowsVariableReference: allowing)
        return nil
    } catch {
        return error
    }
}

private func check(_ text: String, allowing: Bool = false) -> HTTPValueError? {
    check(Array(text.utf8), allowing: allowing)
}

@Suite struct SettingsRulesTests {
    @Test(
        "what a header can carry is taken",
        arguments: [
            "x", "lin_api_x", "two words", "größe 😀", "\"'\\", "a=b&c=d", "{{X", "X}}", "{X}", "a{{X}}", "{{X}}a", "{}",
        ])
    func fits(_ value: String) {
        #expect(check(value) == nil)
    }

    @Test(
        "control characters, white space at an end and references are refused",
        arguments: [
            ("", .empty), ("a\n", .controlCharacter), ("a\nb", .controlCharacter), ("a\r\nX: y", .controlCharacter),
            ("\0", .controlCharacter), ("a\0b", .controlCharacter), ("a\tb", .controlCharacter),
            ("a\u{7F}", .controlCharacter),
            ("a\u{85}b", .controlCharacter), ("\u{1B}[31m", .controlCharacter),
            (" a", .spaceAtAnEnd), ("a ", .spaceAtAnEnd), (" ", .spaceAtAnEnd), ("a\u{A0}", .spaceAtAnEnd),
            ("\u{3000}a", .spaceAtAnEnd), ("a\u{2028}", .spaceAtAnEnd),
            ("{{NAME}}", .variableReference), ("{{}}", .variableReference), ("{{ NAME }}", .variableReference),
        ] as [(String, HTTPValueError)])
    func refused(_ value: String, _ reason: HTTPValueError) {
        #expect(check(value) == reason)
    }

    @Test("bytes that are not UTF-8 are refused, a reference is taken where it is allowed")
    func special() {
        for bytes in [[0xFF], [0x61, 0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]] {
            #expect(check(bytes) == .notUTF8)
        }
        #expect(check("{{NAME}}", allowing: true) == nil)
        #expect(check("{{NA\nME}}", allowing: true) == .controlCharacter)
    }

    @Test("a refusal is 64, says that nothing was stored, and quotes nothing")
    func texts() {
        let begin = "The secret cannot go into an HTTP header or query: "
        let cases: [(HTTPValueError, String)] = [
            (.empty, "The secret is empty; nothing was stored"),
            (.notUTF8, begin + "it is not UTF-8; nothing was stored"),
            (.controlCharacter, begin + "it has a control character, a line end perhaps; nothing was stored"),
            (
                .spaceAtAnEnd,
                begin + "it begins or ends with a space, which the gateway would take off; nothing was stored"
            ),
            (
                .variableReference,
                begin + "it has the form {{NAME}}, which the gateway replaces by a credential variable"
                    + "; nothing was stored"
            ),
        ]
        for (error, message) in cases { #expect(failure { throw error } == Read(64, message)) }
        #expect(
            failureWithHints { throw HTTPValueError.variableReference }?.hints
                == ["if that is what you want, give --allow-variable-reference"])
    }

    @Test("what a connection is where its options are left out")
    func defaults() throws {
        let slug = try Slug("linear")
        func defaults(_ mode: AuthMode) -> [String] {
            let defaults = ConnectionRules.defaults(mode, slug: slug)
            return [defaults.header, defaults.prefix, defaults.secretKey]
        }
        #expect(defaults(.bearer) == ["Authorization", "Bearer ", "access_token"])
        #expect(defaults(.headerKey) == ["X-linear-Key", "", "upstream_key"])
        #expect(defaults(.queryParameter) == ["api_key", "", "api_key"])
        for mode in AuthMode.allCases {
            let defaults = ConnectionRules.defaults(mode, slug: slug)
            #expect(try ConnectionRules.header(defaults.header, for: mode) == defaults.header)
            #expect(try ConnectionRules.authPrefix(defaults.prefix) == defaults.prefix)
            #expect(try ConnectionRules.secretKey(defaults.secretKey) == defaults.secretKey)
        }
    }

    @Test("a base URL is an address; plain http to another machine gets a warning")
    func baseURL() throws {
        let remarks = RemarkCollector()
        func url(_ text: String) throws -> String { try ConnectionRules.baseURL(text) { remarks.add($0) } }
        #expect(try url("https://api.linear.app/") == "https://api.linear.app")
        #expect(try url("http://127.0.0.1:9000") == "http://127.0.0.1:9000")
        #expect(remarks.drain() == [])
        #expect(try url("http://10.0.0.1") == "http://10.0.0.1")
        #expect(
            remarks.drain()
                == [.warn("--upstream-base-url: plain http to another machine; the secret travels readable")])
        #expect(
            failure { _ = try url("https://u:\(planted)@h") }
                == Read(64, "--upstream-base-url: it has a user name or password"))
        #expect(failure { _ = try url("https://h?k=\(planted)") } == Read(64, "--upstream-base-url: it has a query"))
    }

    @Test(
        "a header name is a token of RFC 9110",
        arguments: ["X-Key", "x", "!#$%&'*+-.^_`|~", "0", String(repeating: "h", count: 128)])
    func header(_ name: String) throws {
        #expect(try ConnectionRules.header(name, for: .headerKey) == name)
        #expect(try ConnectionRules.header(name, for: .bearer) == name)
    }

    @Test(
        "a header name with anything else is 64",
        arguments: [
            "", "X Key", "X:", "X-Key\r\nY: z", "ü", "X\0", "(x)", "a/b", "\"", String(repeating: "h", count: 129),
        ])
    func badHeader(_ name: String) {
        for mode in [AuthMode.bearer, .headerKey] {
            #expect(
                failure { _ = try ConnectionRules.header(name, for: mode) }
                    == Read(64, "--upstream-header is not a header name"))
        }
    }

    @Test("the name of a query parameter needs no escape")
    func query() throws {
        for name in ["api_key", "TYPEFULLY_API_KEY", "a[b]", "$key", "a.b-c~d:e"] {
            #expect(try ConnectionRules.header(name, for: .queryParameter) == name)
        }
        for name in [
            "", "a b", "a&b", "a=b", "a#b", "a?b", "a%b", "a+b", "ü", "a\n", String(repeating: "q", count: 129),
        ] {
            #expect(
                failure { _ = try ConnectionRules.header(name, for: .queryParameter) }
                    == Read(64, "--upstream-header is not the name of a query parameter"))
        }
    }

    @Test("an auth prefix may be empty and end with a space, and has no control character")
    func authPrefix() throws {
        for prefix in ["", "Bearer ", "Token token=", "größe "] {
            #expect(try ConnectionRules.authPrefix(prefix) == prefix)
        }
        for prefix in ["a\n", "\r", "\0", "\t", String(repeating: "p", count: 129)] {
            #expect(
                failure { _ = try ConnectionRules.authPrefix(prefix) }
                    == Read(64, "--auth-prefix has a control character, or more than 128 bytes"))
        }
    }

    @Test("a secret key's name can be the last part of an entry's name")
    func secretKey() throws {
        let slug = try Slug("linear")
        for key in ["access_token", "a", "A.b-c_9", "...", String(repeating: "k", count: 64)] {
            #expect(try ConnectionRules.secretKey(key) == key)
            #expect(try EntryName.upstreamSecret(slug, key: key).kind == .upstreamSecret)
        }
        for key in ["", ".", "..", "a b", "a/b", "a=b", "ü", "a\n", String(repeating: "k", count: 65)] {
            #expect(
                failure { _ = try ConnectionRules.secretKey(key) }
                    == Read(64, "--upstream-secret-key is not a key name"))
        }
    }

    @Test("a rotation interval is 1 to 36500 days")
    func interval() throws {
        #expect(try ConnectionRules.rotationIntervalDays(1) == 1)
        #expect(try ConnectionRules.rotationIntervalDays(36500) == 36500)
        for days in [0, -1, 36501, .max, .min] {
            #expect(
                failure { _ = try ConnectionRules.rotationIntervalDays(days) }
                    == Read(64, "--rotation-interval-days is not 1 to 36500"))
        }
    }

    @Test("a slug is a label, and a wrong one is not repeated")
    func slug() throws {
        #expect(try ServiceRules.slug("my-native-service").text == "my-native-service")
        for text in [
            "", "ab", "-ab", "ab-", "A-b", "a_b", "a/b", "../x", "a\nb", "ü-x", String(repeating: "a", count: 65),
        ] {
            #expect(
                failureWithHints { _ = try ServiceRules.slug(text) }
                    == Read(
                        64, "--service-slug is not a slug",
                        hints: ["a slug is 3 to 64 of a-z, 0-9 and -, with no - at either end"]))
        }
    }

    @Test("the texts that describe a service have the lengths that the API takes, and no control characters")
    func descriptions() throws {
        let rules: [(String, Int, (String) throws -> String)] = [
            ("--service-name", 100, { try ServiceRules.name($0) }),
            ("--domain", 255, { try ServiceRules.domain($0) }),
            ("--description", 500, { try ServiceRules.summary($0) }),
        ]
        for (option, limit, rule) in rules {
            let most = String(repeating: "ü", count: limit)
            #expect(try rule(most) == most)
            let wrongLength = Read(64, "\(option) is not 1 to \(limit) characters long")
            #expect(failure { _ = try rule(most + "ü") } == wrongLength)
            #expect(failure { _ = try rule("") } == wrongLength)
            for bad in ["a\nb", "\u{1B}[31m", "a\0", "\u{9B}"] {
                #expect(failure { _ = try rule(bad) } == Read(64, "\(option) has a control character"))
            }
        }
        #expect(failure { _ = try ServiceRules.domain("a b") } == Read(64, "--domain has a space"))
        #expect(try ServiceRules.name("My Native Service") == "My Native Service")
    }

    @Test("an e-mail address has one @ with something on either side")
    func email() throws {
        #expect(ServiceRules.defaultEmail(try Namespace("johndee")) == "johndee@local.sigilum")
        for text in ["johndee@local.sigilum", "a+b@c", "größe@x"] { #expect(try ServiceRules.email(text) == text) }
        for text in ["", "@", "a@", "@b", "ab", "a@b@c", "a b@c", "a@b\n", String(repeating: "a", count: 253) + "@b"] {
            #expect(failure { _ = try ServiceRules.email(text) } == Read(64, "Not an e-mail address: --email"))
        }
        #expect(
            failure { _ = try ServiceRules.email(planted, from: "SIGILUM_OWNER_EMAIL", .configuration) }
                == Read(78, "Not an e-mail address: SIGILUM_OWNER_EMAIL"))
    }

    @Test("a service is described by a sentence where no description is given")
    func summary() throws {
        let slug = try Slug("linear")
        for mode in ServiceMode.allCases {
            let sentence = ServiceRules.defaultSummary(mode, slug: slug)
            #expect(try ServiceRules.summary(sentence) == sentence)
            #expect(sentence.contains("linear"))
        }
    }

    @Test("findings about permissions are one failure with every mend, or warnings where the user said so")
    func safety() throws {
        let findings = [
            PathFinding(path: "/a", problem: .groupWritableParent, severity: .warn, mend: "chmod g-w '/a'"),
            PathFinding(path: "/a/b", problem: .othersMayWrite, severity: .refuse, mend: "chmod go-w '/a/b'"),
            PathFinding(path: "/a/c", problem: .foreignOwner, severity: .refuse, mend: nil),
        ]
        let strict = Stage()
        #expect(
            failureWithHints { try SafetyCheck(strict.surroundings).judge(findings) }
                == Read(
                    77, "Unsafe permissions: /a/b: other users may write it",
                    hints: [
                        "Unsafe permissions: /a/c: another user owns it", "mend it:  chmod go-w '/a/b'",
                        "or go on with a warning:  set SIGILUM_ALLOW_UNSAFE_PERMISSIONS=1",
                    ]))
        #expect(strict.said() == [])
        let lenient = Stage(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])
        try SafetyCheck(lenient.surroundings).judge(findings)
        #expect(
            lenient.said() == [
                "[warn] Unsafe permissions: /a: its group may write it",
                "[warn] Unsafe permissions: /a/b: other users may write it",
                "[warn] Unsafe permissions: /a/c: another user owns it",
            ])
        try SafetyCheck(strict.surroundings).judge([findings[0]])
        #expect(strict.said() == ["[warn] Unsafe permissions: /a: its group may write it"])
    }

    @Test(
        "a file error becomes the status that says whose turn it is",
        arguments: [
            (.system(operation: "open", path: "/p", errno: ENOENT), 66, "File not found: /p"),
            (.system(operation: "stat", path: "/p", errno: ENOTDIR), 66, "File not found: /p"),
            (.system(operation: "open", path: "/p", errno: EACCES), 77, "Cannot read /p: Permission denied"),
            (.system(operation: "read", path: "/p", errno: EIO), 66, "Cannot read /p: Input/output error"),
            (.system(operation: "open", path: "/p", errno: EROFS), 73, "Cannot write /p: Read-only file system"),
            (.system(operation: "write", path: "/p", errno: ENOSPC), 73, "Cannot write /p: No space left on device"),
            (.system(operation: "rename", path: "/p", errno: EACCES), 73, "Cannot write /p: Permission denied"),
            (.tooLarge(path: "/p", limit: 5), 65, "File too large: /p: more than 5 bytes"),
            (
                .unsafe(path: "/p", problem: .othersMayRead, mend: "chmod 600 '/p'"), 77,
                "Unsafe permissions: /p: other users may read it"
            ),
        ] as [(FileError, Int32, String)])
    func fileErrors(_ error: FileError, _ status: Int32, _ message: String) {
        #expect(failure { throw error } == Read(status, message))
    }
}
