import Glibc
import SecureMemory
import Testing

@testable import SigilumCLI

/// One after the other: there is one terminal at a time to put back.
@Suite(.serialized) struct TerminalTests {
    /// Asks on a terminal, types `keys` when the question is there; answers what was read and what the screen showed.
    private func ask(_ keys: [UInt8]) throws -> (answer: Result<String, TerminalError>, screen: String) {
        let terminal = try PseudoTerminal()
        let asking = Background { () -> Result<String, TerminalError> in
            do throws(TerminalError) {
                return .success(text(of: try TerminalPrompt.secret(on: terminal.user, question: "Secret: ")))
            } catch {
                return .failure(error)
            }
        }
        let question = terminal.waitFor("Secret: ")
        #expect(!terminal.echoes)
        terminal.type(keys)
        let answer = try #require(asking.value())
        let rest = terminal.waitFor("\n")
        #expect(terminal.echoes)
        return (answer, question + rest)
    }

    @Test("a secret is read without echo, and the terminal is put back")
    func withoutEcho() throws {
        let (answer, screen) = try ask(Array((canary + "\r").utf8))
        #expect(answer == .success(canary))
        #expect(screen == "Secret: \r\n")
    }

    @Test(
        "keys that correct a line work",
        arguments: [
            ("ab\u{7f}c\r", "ac"), ("é\u{7f}x\r", "x"), ("wrong\u{15}right\r", "right"), ("\u{7f}a\n", "a"),
            ("ab\u{4}", "ab"), ("\r", ""),
        ])
    func corrections(keys: String, answer: String) throws {
        #expect(try ask(Array(keys.utf8)).answer == .success(answer))
    }

    @Test("the end of the input without a character is no answer")
    func ended() throws {
        #expect(try ask([0x04]).answer == .failure(.ended))
    }

    @Test("a secret longer than 4095 bytes, where a terminal's own lines end, is read whole")
    func longLine() throws {
        let long = String(repeating: "x", count: 6000)
        #expect(try ask(Array((long + "\r").utf8)).answer == .success(long))
    }

    @Test("a line of text is read with the terminal's own echo")
    func line() throws {
        let terminal = try PseudoTerminal()
        let asking = Background { try? TerminalPrompt.line(on: terminal.user, question: "Namespace: ") }
        _ = terminal.waitFor("Namespace: ")
        terminal.type(Array("johndee\r".utf8))
        #expect(asking.value() == "johndee")
        #expect(terminal.waitFor("\n") == "johndee\r\n")
    }

    @Test("nothing is asked on what is no terminal")
    func noTerminal() throws {
        let null = open("/dev/null", O_RDWR)
        defer { close(null) }
        #expect(throws: TerminalError.system(ENOTTY)) {
            _ = try TerminalPrompt.secret(on: null, question: "")
        }
    }

    @Test("a silent terminal asks nothing, and still reads standard input")
    func silent() throws {
        let asked = Terminal(
            canAsk: { true }, inputIsTerminal: { false },
            askSecret: { (_) throws(TerminalError) in SecretBytes(copying: []) },
            askLine: { (_) throws(TerminalError) in "yes" },
            readInput: { () throws(TerminalError) in SecretBytes(copying: Array("in".utf8)) })
        let silent = asked.silent
        #expect(try asked.confirm("Really?"))
        #expect(!silent.canAsk())
        #expect(throws: TerminalError.mayNotAsk) { _ = try silent.askSecret("?") }
        #expect(throws: TerminalError.mayNotAsk) { _ = try silent.confirm("?") }
        #expect(text(of: try silent.readInput()) == "in")
    }
}

@Suite struct TerminalInputTests {
    private func read(_ bytes: [UInt8]) throws -> SecretBytes {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        close(ends[1])
        defer { close(ends[0]) }
        return try SecretInput.read(ends[0])
    }

    @Test(
        "one line end is taken off, and nothing else",
        arguments: [
            ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("\n", ""), ("", ""),
            (" a \n", " a "), ("-----BEGIN X-----\nb\n-----END X-----\n", "-----BEGIN X-----\nb\n-----END X-----"),
        ])
    func lineEnd(given: String, kept: String) throws {
        #expect(text(of: try read(Array(given.utf8))) == kept)
    }

    @Test("any bytes are a secret")
    func bytes() throws {
        let secret = try read([0xff, 0, 0x0d, 0x0a])
        #expect(secret.withBytes { Array($0) } == [0xff, 0])
    }

    @Test("16 KiB and a line end are read; one byte more is refused")
    func limit() throws {
        let full = [UInt8](repeating: 0x61, count: SecretInput.limit)
        #expect(try read(full).count == 16384)
        #expect(try read(full + [0x0d, 0x0a]).count == 16384)
        #expect(throws: TerminalError.tooLong) { _ = try read(full + [0x61]) }
        #expect(throws: TerminalError.tooLong) { _ = try read(full + [0x61, 0x0a]) }
        #expect(throws: TerminalError.tooLong) { _ = try read(full + full) }
    }
}
