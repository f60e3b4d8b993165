import Glibc
import Testing

@testable import SigilumCLI

@Suite struct OutputChannelTests {
    private func pipeEnds() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("a pipe that nobody reads is closed, and the process lives")
    func brokenPipe() throws {
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        let (reading, writing) = try pipeEnds()
        close(reading)
        defer { close(writing) }
        let outcome = Array("text".utf8).withUnsafeBytes { OutputChannel.writeAll($0, to: writing) }
        #expect(outcome == .closed)
    }

    @Test("more than a pipe holds is written in pieces, also where the descriptor does not wait")
    func shortWrites() throws {
        let (reading, writing) = try pipeEnds()
        try #require(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let outcome = Background {
            defer { close(writing) }
            return sent.withUnsafeBytes { OutputChannel.writeAll($0, to: writing) }
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reading, &buffer, buffer.count)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        close(reading)
        #expect(outcome.value() == .written)
        #expect(received == sent)
    }

    @Test("a full disk is said")
    func fullDisk() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        #expect(Array("x".utf8).withUnsafeBytes { OutputChannel.writeAll($0, to: full) } == .failed(ENOSPC))
    }

    @Test("a file is never coloured")
    func noColour() throws {
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        #expect(!OutputChannel.descriptor(null, environment: .fixed(["TERM": "xterm"])).colour)
    }

    @Test(
        "a terminal is coloured, but not under NO_COLOR or TERM=dumb",
        arguments: [
            (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": ""], true),
            (["TERM": "xterm", "NO_COLOR": "1"], false), (["TERM": "dumb"], false), ([:], false),
        ])
    func terminalColour(environment: [String: String], colour: Bool) throws {
        let terminal = try PseudoTerminal()
        #expect(OutputChannel.descriptor(terminal.user, environment: .fixed(environment)).colour == colour)
    }
}
