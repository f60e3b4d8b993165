import SecureMemory
import Testing

@testable import SigilumCLI

@Suite struct OutputTextTests {
    private let native = Report(
        .ok("Service registered: \("my-native-service")"),
        fields: [
            Field("mode", .plain("native")), Field("service_id", .untrusted("svc_9f2k4m1q7x3a")),
            Field("api_key", .secret(secret("sk_live_0011223344"), prefix: "sk_")),
            Field("key_file", .untrusted(".sigilum-workspace/service-api-key-my-native-service")),
        ])

    @Test("the fields of a report are padded to one column, and a secret is its prefix and stars")
    func fields() {
        #expect(
            rendered(native) == """
                [ok] Service registered: my-native-service
                  mode:       native
                  service_id: svc_9f2k4m1q7x3a
                  api_key:    sk_****** (hidden)
                  key_file:   .sigilum-workspace/service-api-key-my-native-service

                """)
    }

    @Test("the column is as wide as the longest key")
    func widerColumn() {
        let report = Report(
            .ok("Service registered: linear"),
            fields: [
                Field("mode", .plain("gateway")), Field("secret_key", .plain("access_token")),
                Field("connection_file", .untrusted("x")),
            ])
        #expect(
            rendered(report) == """
                [ok] Service registered: linear
                  mode:            gateway
                  secret_key:      access_token
                  connection_file: x

                """)
    }

    @Test("a secret is itself with --reveal-secrets, and only then")
    func reveal() {
        #expect(rendered(native, reveal: true).contains("  api_key:    sk_live_0011223344\n"))
        #expect(!rendered(native).contains("0011"))
    }

    @Test("a command whose purpose is to print a secret shows it without the option")
    func purpose() {
        var report = native
        report.showsSecrets = true
        #expect(rendered(report).contains("sk_live_0011223344"))
    }

    @Test("a secret that was not opened stays hidden whatever is asked")
    func hidden() {
        let report = Report(fields: [Field("value", .hidden(prefix: "lin_"))])
        #expect(rendered(report, reveal: true) == "  value: lin_****** (hidden)\n")
        #expect(rendered(report, json: true, reveal: true) == "{\n  \"value\": \"lin_****** (hidden)\"\n}\n")
    }

    @Test("a bare value is printed byte for byte, with one newline and nothing else")
    func bare() {
        let results = Capture()
        let renderer = Renderer(
            results: results.channel(), notes: Capture().channel(), program: .sigilum, json: false, reveal: true)
        var report = native
        report.bare = secret(bytes: [0xff, 0x00, 0x0a, 0x41])
        #expect(renderer.showFacts(report) == .written)
        #expect(results.bytes == [0xff, 0x00, 0x0a, 0x41, 0x0a])
    }

    @Test("a list is its headline and indented lines")
    func list() {
        let (slug, id) = ("linear", "svc_0c4n8d2v6b5e")
        let report = Report(
            .ok("Services for namespace: \("johndee")"),
            lines: [
                .text(indent: 2, "\(slug) (\(id))"), .text(indent: 4, "mode: gateway"),
                .text(indent: 4, "created: \(plain: Timestamp.text(1_772_359_500_000))"),
            ])
        #expect(
            rendered(report) == """
                [ok] Services for namespace: johndee
                  linear (svc_0c4n8d2v6b5e)
                    mode: gateway
                    created: 2026-03-01T10:05:00Z

                """)
    }

    @Test("rows are padded by column, without spaces at the end of a line")
    func rows() {
        let report = Report(lines: [
            .row([.untrusted("local-jwt-secret"), .integer(3), .hidden(prefix: "")]),
            .row([.untrusted("naïve"), .integer(12), .plain("")]),
            .row([.untrusted("x"), .plain(""), .secret(secret("sk_ab"), prefix: "sk_")]),
        ])
        #expect(
            rendered(report, reveal: true) == """
                  local-jwt-secret  3   ****** (hidden)
                  naïve             12
                  x                     sk_ab

                """)
    }

    @Test("a field without a value leaves no space at the end of its line")
    func emptyField() {
        #expect(rendered(Report(fields: [Field("a", .plain("")), Field("long", .integer(1))])) == "  a:\n  long: 1\n")
    }

    @Test("a token follows its line on standard output")
    func token() {
        let report = Report(
            .ok("Namespace-owner token ready."),
            lines: [.info("JWT:"), .value(.secret(secret("eyJ.x.y"), prefix: ""))], showsSecrets: true)
        #expect(rendered(report) == "[ok] Namespace-owner token ready.\n[i] JWT:\neyJ.x.y\n")
    }

    @Test("a terminal gets coloured marks, and nothing else is coloured")
    func colour() {
        #expect(rendered(Report(.ok("done")), colour: true) == "\u{1b}[32m[ok]\u{1b}[0m done\n")
        #expect(
            rendered(Failure(.missing, code: "x", "gone"), colour: true) == "\u{1b}[31m[ERROR]\u{1b}[0m gone\n")
    }

    @Test("text from anywhere cannot reach the terminal as a control")
    func hostileText() {
        let hostile = "a\u{1b}]0;owned\u{7}\r\nb\u{202e}c\u{85}\u{7f}"
        let report = Report(
            .ok("Service: \(hostile)"), fields: [Field("name", .untrusted(hostile))],
            lines: [.row([.untrusted(hostile)]), .text(indent: 1, "\(hostile)")])
        let escaped = #"a\u{1b}]0;owned\u{7}\u{d}\u{a}b\u{202e}c\u{85}\u{7f}"#
        #expect(rendered(report) == "[ok] Service: \(escaped)\n  name: \(escaped)\n  \(escaped)\n \(escaped)\n")
    }

    @Test("a revealed secret with a line end cannot forge lines around it")
    func hostileSecret() {
        let report = Report(fields: [Field("v", .secret(secret(bytes: Array("a\n[ok] b".utf8) + [0xff]), prefix: ""))])
        #expect(rendered(report, reveal: true) == "  v: a\\u{a}[ok] b\\x{ff}\n")
    }
}

@Suite struct OutputFailureTests {
    private let failure = Failure(
        .unavailable, code: "gateway-unreachable", "Gateway admin not reachable: \("http://127.0.0.1:38100")",
        hints: [
            "saved in the vault; not yet delivered to: gateway",
            "start it:  \(command: ["gateway", "start", "--namespace", "johndee"])",
            "check it:  curl http://127.0.0.1:38100/health", "then run:  \(command: ["vault", "sync"])",
        ])

    @Test("a failure is one line and its hints, which name the program as it was called")
    func text() {
        #expect(
            rendered(failure) == """
                [ERROR] Gateway admin not reachable: http://127.0.0.1:38100
                  saved in the vault; not yet delivered to: gateway
                  start it:  sigilum gateway start --namespace johndee
                  check it:  curl http://127.0.0.1:38100/health
                  then run:  sigilum vault sync

                """)
        let asVault = rendered(failure, program: .vault)
        #expect(asVault.contains("  start it:  ./vault gateway start --namespace johndee\n"))
        #expect(asVault.hasSuffix("  then run:  ./vault sync\n"))
    }

    @Test("with --json a failure is one document on standard error")
    func document() {
        #expect(
            rendered(Failure(.missing, code: "no-entry", "No \"x\"", hints: ["try y"]), json: true)
                == #"{"error":{"code":"no-entry","message":"No \"x\"","hints":["try y"]}}"# + "\n")
    }

    @Test("with --json the remarks of a failed run stand in its document")
    func remarks() {
        let text = rendered(
            Failure(.missing, code: "c", "m"), after: [.info("made \("/x")"), .warn("careful")], json: true)
        #expect(
            text == #"{"error":{"code":"c","message":"m","hints":[]},"#
                + #""remarks":[{"level":"info","message":"made /x"},{"level":"warn","message":"careful"}]}"# + "\n")
    }

    @Test("remarks stand before the failure on standard error")
    func order() {
        #expect(
            rendered(Failure(.missing, code: "c", "m"), after: [.info("one"), .warn("two")])
                == "[i] one\n[warn] two\n[ERROR] m\n")
    }

    @Test("of an unknown error the type is named and nothing else")
    func unknown() {
        struct Leaky: Error, CustomStringConvertible { var description: String { canary } }
        let failure = Failure(describing: Leaky())
        #expect(failure.status == .defect)
        #expect(rendered(failure).hasPrefix("[ERROR] Unexpected error: Leaky\n"))
        #expect(!rendered(failure).contains(canary))
    }

    @Test("an error that knows what the user reads says it")
    func known() {
        #expect(Failure(describing: TerminalError.tooLong).status == .usage)
        #expect(Failure(describing: TerminalError.mayNotAsk).message.text(as: .sigilum).contains("terminal"))
    }
}

@Suite struct OutputJSONTests {
    @Test("members keep their order, and documents are indented")
    func layout() {
        let json: JSON = [
            "namespace": "johndee",
            "services": [["id": "svc_1", "n": 3, "on": true, "none": nil], [:]], "empty": [],
        ]
        #expect(
            rendered(Report(json: json), json: true) == """
                {
                  "namespace": "johndee",
                  "services": [
                    {
                      "id": "svc_1",
                      "n": 3,
                      "on": true,
                      "none": null
                    },
                    {}
                  ],
                  "empty": []
                }

                """)
    }

    @Test("without a document of its own a report is the object of its fields")
    func fields() {
        let report = Report(
            .ok("x"),
            fields: [
                Field("name", .untrusted("a\"b")), Field("version", .integer(2)), Field("due", .boolean(false)),
                Field("value", .secret(secret(canary), prefix: "lin_")),
            ])
        #expect(
            rendered(report, json: true) == """
                {
                  "name": "a\\"b",
                  "version": 2,
                  "due": false,
                  "value": "lin_****** (hidden)"
                }

                """)
    }

    @Test("records are one document a line")
    func records() {
        #expect(rendered(Report(records: [["a": 1], ["a": [2]]]), json: true) == "{\"a\":1}\n{\"a\":[2]}\n")
    }

    @Test("a bare value is a document with --json")
    func bare() {
        let report = Report(
            fields: [Field("value", .secret(secret(canary), prefix: "lin_"))], bare: secret(canary))
        #expect(rendered(report, json: true) == "{\n  \"value\": \"lin_****** (hidden)\"\n}\n")
        #expect(rendered(report, json: true, reveal: true) == "{\n  \"value\": \"\(canary)\"\n}\n")
    }

    @Test(
        "hostile strings are escaped, and stay the same strings",
        arguments: [
            ("\"\\", #"\"\\"#), ("a\n\r\tb", #"a\n\r\tb"#), ("\u{0}\u{1f}\u{7f}", #"\u0000\u001f\u007f"#),
            ("\u{2028}\u{202e}\u{85}", #"\u2028\u202e\u0085"#), ("\u{e0041}", #"\udb40\udc41"#),
            ("é漢😀", "é漢😀"), ("</script>", "</script>"),
        ])
    func strings(text: String, escaped: String) {
        #expect(rendered(Report(records: [.string(text)]), json: true) == "\"\(escaped)\"\n")
        #expect(
            rendered(Report(records: [.object([(key: text, value: .integer(1))])]), json: true)
                == "{\"\(escaped)\":1}\n")
        let revealed = Report(records: [.secret(secret(text), prefix: "")])
        #expect(rendered(revealed, json: true, reveal: true) == "\"\(escaped)\"\n")
    }

    @Test(
        "a revealed secret that is not UTF-8 is base64 in an object",
        arguments: [
            ([0xff], "/w=="), ([0xff, 0xfe], "//4="), ([0xff, 0x00, 0x41], "/wBB"),
            ([0xc0, 0x80, 0x41, 0x42], "wIBBQg=="),
            ([0xed, 0xa0, 0x80], "7aCA"), ([0xf4, 0x90, 0x80, 0x80], "9JCAgA=="), ([0x41, 0xe2, 0x82], "QeKC"),
        ])
    func base64(bytes: [UInt8], encoded: String) {
        let report = Report(records: [.secret(secret(bytes: bytes), prefix: "sk_")])
        #expect(rendered(report, json: true, reveal: true) == "{\"base64\": \"\(encoded)\"}\n")
        #expect(rendered(report, json: true) == "\"sk_****** (hidden)\"\n")
    }
}
