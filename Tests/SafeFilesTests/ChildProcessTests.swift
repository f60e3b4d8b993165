import Foundation
import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("child processes")
struct ChildProcessTests {
    private let minute = 60_000

    private func shared(_ text: String) -> SharedSecret { SharedSecret(secret(text)) }

    /// The error that running gives; nil when it gives none.
    private func problem(_ body: () throws(ChildProcessError) -> Void) -> ChildProcessError? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("output and exit status come back")
    func output() throws {
        let done = try ChildProcess.run(["printf", "a\\nb"], outputLimit: 3, timeoutMilliseconds: minute)
        #expect(done.status == 0)
        #expect(done.output.text() == "a\nb")
        let failed = try ChildProcess.run(["sh", "-c", "exit 7"], outputLimit: 3, timeoutMilliseconds: minute)
        #expect(failed.status == 7)
        #expect(failed.output.count == 0)
    }

    @Test("a program that a signal ended has 128 and its number")
    func signalled() throws {
        let killed = try ChildProcess.run(["sh", "-c", "kill -TERM $$"], outputLimit: 3, timeoutMilliseconds: minute)
        #expect(killed.status == 128 + SIGTERM)
    }

    @Test("no shell reads the arguments, and standard input is empty")
    func noShell() throws {
        let text = "$HOME; `id` * 'x'"
        let echo = try ChildProcess.run(["echo", text], outputLimit: 100, timeoutMilliseconds: minute)
        #expect(echo.output.text() == text + "\n")
        let cat = try ChildProcess.run(["cat"], outputLimit: 100, timeoutMilliseconds: minute)
        #expect(cat.status == 0)
        #expect(cat.output.count == 0)
    }

    @Test("no descriptor but the first three is passed on")
    func descriptors() throws {
        let leaking = dup(1)
        defer { close(leaking) }
        let script = """
            readlink /proc/$$/fd/0 /proc/$$/fd/2
            for n in 0 1 2 \(leaking); do [ -e /proc/$$/fd/$n ] && echo $n; done
            """
        let listed = try ChildProcess.run(["sh", "-c", script], outputLimit: 1000, timeoutMilliseconds: minute)
        #expect(leaking > 2)
        #expect(listed.output.text() == "/dev/null\n/dev/null\n0\n1\n2\n")
    }

    @Test("a secret takes the place of its argument")
    func secretArguments() throws {
        let done = try ChildProcess.run(
            ["printf", "%s|", "a", "", "b", ""],
            secretArguments: [(position: 3, value: shared("canary one")), (position: 5, value: shared(""))],
            outputLimit: 100, timeoutMilliseconds: minute)
        #expect(done.output.text() == "a|canary one|b||")
    }

    @Test("a secret is a variable of the child, once, and not of this process")
    func secretVariables() throws {
        let done = try ChildProcess.run(
            ["env"],
            environment: [(name: "PATH", value: shared("/canary")), (name: "MASTER", value: shared("a=b\nc"))],
            outputLimit: 1 << 20, timeoutMilliseconds: minute)
        let text = done.output.text()
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("PATH=") } == ["PATH=/canary"])
        #expect(text.contains("MASTER=a=b\nc\n"))
        #expect(getenv("MASTER") == nil)
    }

    @Test("the other variables are inherited")
    func inherited() throws {
        let path = try #require(getenv("PATH"))
        let done = try ChildProcess.run(
            ["sh", "-c", "printf %s \"$PATH\""], outputLimit: 1 << 16, timeoutMilliseconds: minute)
        #expect(done.output.text() == String(cString: path))
    }

    @Test("a program that is not there is said to be so", arguments: ["no-such-program", "/no/such", "/etc/passwd/x"])
    func notFound(program: String) {
        let error = problem { () throws(ChildProcessError) in
            _ = try ChildProcess.run([program], outputLimit: 10, timeoutMilliseconds: minute)
        }
        #expect(error == .notFound(program: program))
    }

    @Test("a file that is no program is not started")
    func notExecutable() {
        let error = problem { () throws(ChildProcessError) in
            _ = try ChildProcess.run(["/etc/passwd"], outputLimit: 10, timeoutMilliseconds: minute)
        }
        #expect(error == .cannotStart(program: "/etc/passwd", errno: EACCES))
    }

    @Test("one that does not end in time is killed and waited for, whether it writes, is silent or closed its output")
    func timeout() throws {
        let scratch = try Scratch()
        for script in ["exec sleep 1000", "exec >&-; exec sleep 1000", "while :; do echo; sleep 0.01; done"] {
            let pidFile = scratch("pid")
            let error = problem { () throws(ChildProcessError) in
                _ = try ChildProcess.run(
                    ["sh", "-c", "echo $$ > \(pidFile); \(script)"], outputLimit: 1 << 20, timeoutMilliseconds: 500)
            }
            #expect(error == .timedOut(program: "sh"))
            let pid = try #require(Int32(scratch.text("pid")?.dropLast() ?? ""))
            #expect(kill(pid, 0) == -1 && errno == ESRCH)
        }
    }

    @Test("what it started is killed with it")
    func children() throws {
        let scratch = try Scratch()
        let (inner, outer) = (scratch("inner"), scratch("outer"))
        let script = "(echo $BASHPID > \(outer); bash -c 'echo $$ > \(inner); sleep 1000; :'; :) | cat; :"
        let error = problem { () throws(ChildProcessError) in
            _ = try ChildProcess.run(["bash", "-c", script], outputLimit: 10, timeoutMilliseconds: 1000)
        }
        #expect(error == .timedOut(program: "bash"))
        for name in ["inner", "outer"] {
            let pid = try #require(Int32(scratch.text(name)?.dropLast() ?? ""))
            // The kernel may need a moment, and nobody has to have taken its status yet.
            func isAlive() -> Bool {
                (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z") == false
            }
            for _ in 0..<500 where isAlive() { usleep(10_000) }
            #expect(!isAlive(), "\(name)")
        }
    }

    @Test("one that writes too much is killed; exactly the limit is taken")
    func tooMuch() throws {
        let error = problem { () throws(ChildProcessError) in
            _ = try ChildProcess.run(["yes", "canary"], outputLimit: 1000, timeoutMilliseconds: minute)
        }
        #expect(error == .outputTooLarge(program: "yes", limit: 1000))
        let exact = try ChildProcess.run(["printf", "12345"], outputLimit: 5, timeoutMilliseconds: minute)
        #expect(exact.output.count == 5)
    }

    @Test(
        "what cannot be an argument or a variable is refused, and the error does not quote it",
        arguments: [
            MalformedCall(argv: []), MalformedCall(argv: [""]), MalformedCall(argv: ["true", "canary\u{0}x"]),
            MalformedCall(argv: ["true", ""], position: 1, value: "canary\u{0}x"),
            MalformedCall(argv: ["true"], position: 1), MalformedCall(argv: ["true"], position: -1),
            MalformedCall(argv: ["true"], variable: "A=B"), MalformedCall(argv: ["true"], variable: ""),
            MalformedCall(argv: ["true"], variable: "A", value: "canary\u{0}x"),
        ])
    func malformed(call: MalformedCall) {
        let value = shared(call.value)
        let secretArguments = call.position.map { [(position: $0, value: value)] } ?? []
        let environment = call.variable.map { [(name: $0, value: value)] } ?? []
        let error = problem { () throws(ChildProcessError) in
            _ = try ChildProcess.run(
                call.argv, secretArguments: secretArguments, environment: environment, outputLimit: 1,
                timeoutMilliseconds: minute)
        }
        #expect(error == .malformedCall)
        #expect(!String(reflecting: error).contains("canary"))
    }

    struct MalformedCall: Sendable {
        var argv: [String]
        var position: Int?
        var variable: String?
        var value = "canary"
    }
}
