import Foundation
import Testing
import VaultTestSupport

@Suite("Secrets as files of a command, and its signals", .few)
struct RunFileTests {
    private static let waiting = "echo \"$KEY\" >&2; while :; do sleep 0.05; done"

    /// Waits until the command said something on standard error, and returns it.
    private func said(_ run: ProgramRun) async throws -> String {
        for _ in 0..<3000 {
            let said = run.errorsSoFar
            if said.hasSuffix("\n"), let last = said.split(separator: "\n").last, last.hasPrefix("/") {
                return String(last)
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ProgramError.timedOut(seconds: 30, output: "", errors: run.errorsSoFar)
    }

    @Test("a file is the user's alone, lies in memory, has the value, and is gone with the command")
    func files() async throws {
        let (home, key, _) = try await RunTests.scene()
        let script = "cat \"$KEY\"; stat -c ' %a' \"$KEY\" \"${KEY%/*}\"; stat -f -c %T \"$KEY\"; echo \"$KEY\"; "
        let result = try await home.runner.run(
            home.call("vault run --file KEY=ci/key --", more: ["sh", "-c", script + "touch \"${KEY%/*}/more\""]))
        result.expect(0)
        let lines = result.outputText.split(separator: "\n").map(String.init)
        #expect(lines.prefix(3) == ["\(key.text) 600", " 700", "tmpfs"])
        #expect(lines[3].hasSuffix("/KEY"))
        #expect(!home.exists(String(lines[3].dropLast(4))))
        #expect(home.leaks(of: key) == [])
    }

    @Test("a value with a zero byte is a file, and no variable")
    func zeroByte() async throws {
        let home = try TestHome()
        try await home.run("vault put ci/bytes", input: [1, 0, 2]).expect(0)
        try await home.run("vault run --env A=ci/bytes -- touch ran").expect(64, error: "The value has a zero byte")
        #expect(!home.exists("ran"))
        let result = try await home.run("vault run --file A=ci/bytes --", more: ["sh", "-c", "cat \"$A\""])
        #expect(result.output == [1, 0, 2])
    }

    @Test("a signal reaches the command, and the files are gone after it", arguments: [SIGTERM, SIGINT, SIGHUP])
    func ended(signal: Int32) async throws {
        let (home, _, _) = try await RunTests.scene()
        let run = try home.runner.start(
            home.call("vault run --file KEY=ci/key --", more: ["sh", "-c", Self.waiting]))
        let path = try await said(run)
        #expect(home.exists(path))
        run.send(signal)
        try await run.wait().expect(128 + signal)
        #expect(!home.exists(String(path.dropLast(4))))
    }

    @Test("what the command makes of a signal is what happens")
    func handled() async throws {
        let (home, _, _) = try await RunTests.scene()
        let script = "trap 'echo got it; exit 9' TERM; " + Self.waiting
        let run = try home.runner.start(
            home.call("vault run --mask-output --file KEY=ci/key --", more: ["sh", "-c", script]))
        _ = try await said(run)
        run.send(SIGTERM)
        let result = try await run.wait()
        result.expect(9)
        #expect(result.outputText == "got it\n")
    }

    @Test("killed, it takes the command along, and the next run removes the files")
    func killed() async throws {
        let (home, key, _) = try await RunTests.scene()
        let run = try home.runner.start(
            home.call(
                "vault run --file KEY=ci/key --", more: ["sh", "-c", "echo $$ > pid; " + Self.waiting]))
        let path = try await said(run)
        run.send(SIGKILL)
        #expect(try await run.wait().signal == SIGKILL)
        let child = try #require(
            Int32(String(decoding: home.contents("pid") ?? [], as: UTF8.self).split(separator: "\n").first ?? ""))
        #expect(try await reaches(nil, child))
        try await home.run("vault run --file KEY=ci/other -- true").expect(0)
        #expect(!home.exists(String(path.dropLast(4))))
        #expect(home.leaks(of: key) == [])
    }

    @Test("where the command stops, the program stops; both go on together")
    func stopped() async throws {
        let (home, _, _) = try await RunTests.scene()
        let script = "trap 'exit 5' TERM; " + Self.waiting
        let run = try home.runner.start(
            home.call("vault run --file KEY=ci/key --", more: ["sh", "-c", script]))
        _ = try await said(run)
        run.send(SIGTSTP)
        #expect(try await reaches("T", run.process))
        run.send(SIGCONT)
        #expect(try await reaches("S", run.process))
        run.send(SIGTERM)
        try await run.wait().expect(5)
    }

    /// Whether a process comes into a state of `/proc/PID/stat`; nil: whether it ends.
    private func reaches(_ state: String?, _ process: Int32) async throws -> Bool {
        for _ in 0..<1000 {
            let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
            let text = String(decoding: stat, as: UTF8.self)
            if let state, text.contains(") \(state) ") { return true }
            // One that nobody has waited for yet has ended as well.
            if state == nil, text.isEmpty || text.contains(") Z ") { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
