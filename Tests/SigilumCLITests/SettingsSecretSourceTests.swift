import Foundation
import SecureMemory
import Synchronization
import Testing

@testable import SigilumCLI

private func read(
    _ source: SecretSource, _ variables: [String: String] = [:], in folder: String? = nil,
    _ terminal: Terminal = terminal()
) throws -> String? {
    text(try source.read(Stage(variables, workingDirectory: folder).surroundings, terminal))
}

/// A pipe with that text in it, its writing end closed: what a shell makes of `<(command)`.
private func pipe(_ content: String, _ body: (String) throws -> String?) throws -> String? {
    var ends: [Int32] = [0, 0]
    try #require(Foundation.pipe(&ends) == 0)
    defer { close(ends[0]) }
    let bytes = Array(content.utf8)
    #expect(write(ends[1], bytes, bytes.count) == bytes.count)
    close(ends[1])
    return try body("/dev/fd/\(ends[0])")
}

@Suite struct SettingsSecretSourceTests {
    @Test("an upstream secret has one source, none, or an error that names the three")
    func one() throws {
        #expect(try SecretSource.upstream(value: nil, variable: nil, file: nil).map { _ in 1 } == nil)
        let message = "Use only one of: --upstream-secret, --upstream-secret-env, --upstream-secret-file"
        for (value, variable, file) in [
            (shared(planted), "A", nil), (shared(planted), nil, "-"), (nil, "A", "f"), (shared(planted), "A", "f"),
        ] as [(SharedSecret?, String?, String?)] {
            #expect(
                failureWithHints { _ = try SecretSource.upstream(value: value, variable: variable, file: file) }
                    == Read(64, message))
        }
        let given = try #require(try SecretSource.upstream(value: shared(planted), variable: nil, file: nil))
        #expect(try read(given) == planted)
    }

    @Test("a value from an option or a variable stays as it is, a line end too")
    func asItIs() throws {
        #expect(try read(.argument(shared("a\n"))) == "a\n")
        #expect(try read(.variable("A"), ["A": "a\n"]) == "a\n")
    }

    @Test("a value from a file or standard input loses one line end and nothing else")
    func lineEnd() throws {
        let folder = try TemporaryFolder()
        let values = [
            ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("a", "a"), (" a ", " a "),
            ("-----BEGIN-----\nx\n-----END-----\n", "-----BEGIN-----\nx\n-----END-----"),
        ]
        for (raw, value) in values {
            try folder.write("secret", raw)
            #expect(try read(.file("secret"), in: folder.path) == value)
            #expect(try pipe(raw) { try read(.file($0)) } == value)
        }
        let source = try #require(try SecretSource.upstream(value: nil, variable: nil, file: "-"))
        #expect(try read(source, in: nil, terminal(input: planted)) == planted)
    }

    @Test("a named pipe is read when its writer comes")
    func namedPipe() async throws {
        let folder = try TemporaryFolder()
        let path = folder("fifo")
        try #require(mkfifo(path, 0o600) == 0)
        let writer = Thread {
            let descriptor = open(path, O_WRONLY)
            _ = write(descriptor, "abc\n", 4)
            close(descriptor)
        }
        writer.start()
        #expect(try read(.file(path)) == "abc")
    }

    @Test("bytes that are no text are a value like any other")
    func bytes() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", [0, 0xFF, 0x0A, 0x0D, 0x0A])
        let secret = try SecretSource.file("secret").read(Stage(workingDirectory: folder.path).surroundings, terminal())
        #expect(secret.bytes.withBytes { Array($0) } == [0, 0xFF, 0x0A])
    }

    @Test("16 KiB are taken from every source, one byte more is 64")
    func limit() throws {
        let folder = try TemporaryFolder()
        let most = String(repeating: "x", count: 16384)
        let tooLong = Read(64, "The value is longer than 16 KiB; nothing was stored")
        for end in ["", "\n", "\r\n"] {
            try folder.write("most", most + end)
            try folder.write("more", most + "x" + end)
            #expect(try read(.file("most"), in: folder.path) == most)
            #expect(failure { _ = try read(.file("more"), in: folder.path) } == tooLong)
            #expect(try pipe(most + end) { try read(.file($0)) } == most)
            #expect(failure { _ = try pipe(most + "x" + end) { try read(.file($0)) } } == tooLong)
        }
        try folder.write("more", most + most)
        #expect(failure { _ = try read(.file("more"), in: folder.path) } == tooLong)
        #expect(try read(.argument(shared(most))) == most)
        #expect(failure { _ = try read(.argument(shared(most + "x"))) } == tooLong)
        #expect(failure { _ = try read(.variable("A"), ["A": most + "x"]) } == tooLong)
    }

    @Test("an empty value is 64 from every source")
    func empty() throws {
        let folder = try TemporaryFolder()
        try folder.write("empty", "\n")
        let refused = Read(64, "The secret is empty; nothing was stored")
        #expect(failure { _ = try read(.file("empty"), in: folder.path) } == refused)
        #expect(failure { _ = try read(.argument(shared(""))) } == refused)
        #expect(failure { _ = try read(.variable("A"), ["A": ""]) } == refused)
        #expect(failure { _ = try read(.standardInput, [:], in: nil, terminal(input: "")) } == refused)
    }

    @Test("a variable is taken: no child has it afterwards")
    func variable() throws {
        let stage = Stage(["LINEAR_TOKEN": planted])
        let source = try #require(try SecretSource.upstream(value: nil, variable: "LINEAR_TOKEN", file: nil))
        #expect(text(try source.read(stage.surroundings, terminal())) == planted)
        #expect(stage.surroundings.environment.value("LINEAR_TOKEN") == nil)
    }

    @Test("a variable that is not set is 66 and is named, unless the name looks like the secret itself")
    func unset() {
        #expect(
            failureWithHints { _ = try read(.variable("LINEAR_TOKEN")) }
                == Read(66, "Environment variable LINEAR_TOKEN is not set"))
        #expect(failure { _ = try read(.variable("")) } == Read(66, "Environment variable  is not set"))
        for misplaced in ["lin_api_x", "sk_live_0", "abcdefghij0123456789", planted + "0123456789", "AKIAX"] {
            #expect(
                failureWithHints { _ = try read(.variable(misplaced)) }
                    == Read(
                        66,
                        "Environment variable is not set; its name is not repeated here, since it looks like a secret",
                        hints: ["the option takes the name of a variable that holds the secret, not the secret"]))
        }
    }

    @Test("a file that is not there is 66, what is neither file nor pipe 64")
    func noFile() throws {
        let folder = try TemporaryFolder()
        #expect(
            failureWithHints { _ = try read(.file("no"), in: folder.path) }
                == Read(66, "File not found: \(folder("no"))"))
        try folder.write("file", "x")
        #expect(
            failure { _ = try read(.file("file/x"), in: folder.path) }
                == Read(66, "File not found: \(folder("file/x"))"))
        #expect(failure { _ = try read(.file(folder.path)) } == Read(64, "Not a file or a pipe: \(folder.path)"))
        #expect(failure { _ = try read(.file("/dev/zero")) } == Read(64, "Not a file or a pipe: /dev/zero"))
        #expect(
            failure { _ = try read(.file("lin_api_x"), in: folder.path) } == Read(66, "File not found: the path given"))
        try folder.link("loop", to: "loop")
        #expect(
            failure { _ = try read(.file("loop"), in: folder.path) }
                == Read(66, "Cannot read \(folder("loop")): Too many levels of symbolic links"))
    }

    @Test("an entry's value comes from one option, else from standard input, else from a question without echo")
    func entry() throws {
        let asked = Mutex<[String]>([])
        let tty = terminal(isTerminal: true, answer: "typed") { question in asked.withLock { $0.append(question) } }
        let piped = terminal(input: "piped")
        func source(_ variable: String?, _ file: String?, _ terminal: Terminal) throws -> String? {
            let source = try SecretSource.entry(
                variable: variable, file: file, terminal: terminal, question: "Value of x: ")
            return try read(source, ["A": "a"], in: nil, terminal)
        }
        #expect(try source(nil, nil, piped) == "piped")
        #expect(try source(nil, "-", piped) == "piped")
        #expect(try source("A", nil, piped) == "a")
        #expect(try source(nil, nil, tty) == "typed")
        #expect(try source(nil, "-", tty) == "typed")
        #expect(asked.withLock { $0 } == ["Value of x: ", "Secret: "])
        #expect(failure { _ = try source("A", "f", piped) } == Read(64, "Use only one of: --from-env, --from-file"))
        #expect(
            failure { _ = try source(nil, nil, terminal(isTerminal: true)) }
                == Read(64, "There is no terminal to ask on"))
    }
}
