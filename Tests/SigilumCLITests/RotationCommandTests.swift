import ArgumentParser
import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

@Suite("The command for the next value")
struct RotationCommandTests {
    private func run(_ command: String, _ name: String = "ci/key", milliseconds: Int = 20_000) throws -> String {
        let value = try RotationCommand(command).run(
            for: try EntryName(name), allowsVariableReference: false, now: 0, milliseconds: milliseconds, say: { _ in })
        return text(of: value.bytes)
    }

    private func refusal(_ command: String, _ name: String = "ci/key", milliseconds: Int = 20_000) throws -> Failure {
        try #require(#expect(throws: Failure.self) { try run(command, name, milliseconds: milliseconds) })
    }

    @Test("what it prints is the value, without one line end; it finds the entry's name, and no shell is between")
    func values() throws {
        #expect(try run("printf 'a b\\n\\n'") == "a b\n")
        #expect(try run("echo '$HOME; *'") == "$HOME; *")
        #expect(try run("printenv SIGILUM_ENTRY") == "ci/key")
    }

    @Test("one that fails, prints nothing, too much, or what cannot be a value is 76; nothing that it wrote is told")
    func refused() throws {
        let found = [
            try refusal("sh -c 'echo lin_canary; echo lin_canary >&2; exit 3'"), try refusal("true"),
            try refusal("head -c 16385 /dev/zero"), try refusal("head -c 100000 /dev/zero"),
            try refusal("no-such-program-anywhere"), try refusal("sleep 20", milliseconds: 100),
            try refusal("printf ' lin_canary'", "upstream-secret/linear/k"),
            try refusal("echo lin_canary", "owner-token/johndee"), try refusal("echo"),
        ]
        for failure in found {
            #expect(failure.status == .refused && failure.code == "rotation-command")
            #expect(!([failure.message] + failure.hints).contains { $0.text(as: .sigilum).contains("canary") })
        }
    }

    @Test(
        "what cannot be split into words is 64",
        arguments: ["", "  ", "a 'b", "a\\", "a\nb", String(repeating: "x", count: 5000)])
    func malformed(text: String) throws {
        let failure = try #require(#expect(throws: Failure.self) { try RotationCommand(text) })
        #expect(failure.status == .usage)
    }

    @Test("of a stored command its program alone is shown")
    func shown() {
        #expect(RotationCommand.shown("new-token --password hunter2").json.text == "new-token …")
        #expect(RotationCommand.shown("'/opt/new token'").json.text == "/opt/new token")
    }

    @Test(
        "a trial is a method and a path",
        arguments: [
            ("GET /v1/me", true), ("post  /x?y=1", true), ("GET", false), ("GET v1", false), ("FETCH /x", false),
            ("GET /a b", false), ("GET /\u{e9}", false), ("", false), ("GET /a\n", false),
        ])
    func calls(text: String, isOne: Bool) throws {
        let options = try TrialOptions.parse(["--try", text])
        #expect(((try? options.read()) != nil) == isOne)
    }

    @Test("a bar is shown on a terminal alone, and is gone at the end")
    func bar() {
        let capture = Capture()
        var context = Context(
            now: { 0 }, terminal: .live(program: .sigilum), environment: .fixed([:]), workingDirectory: "/",
            program: .sigilum, argumentSecrets: .none, results: Capture().channel(), notes: capture.channel(),
            openers: .unset)
        context.terminal.showsProgress = { false }
        for isJSON in [false, true] {
            let bar = ProgressBar("Importing", context, isJSON: isJSON)
            bar.update(5, of: 10)
            bar.clear()
        }
        #expect(capture.text == "")
        context.terminal.showsProgress = { true }
        ProgressBar("Importing", context, isJSON: true).update(5, of: 10)
        #expect(capture.text == "")
        let bar = ProgressBar("Importing", context, isJSON: false)
        for done in 1...1000 { bar.update(done, of: 1000) }
        bar.clear()
        #expect(capture.text.hasSuffix("1000/1000\r\u{1b}[K"))
        #expect(capture.text.split(separator: "\r").count <= 103)
        let before = capture.bytes.count
        context.terminal = context.terminal.silent
        ProgressBar("Importing", context, isJSON: false).update(5, of: 10)
        #expect(capture.bytes.count == before)
    }
}

extension JSON {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}
