internal import Glibc
internal import Synchronization

/// How a program ended and what it wrote.
package struct ProgramResult: Sendable {
    /// The exit status; nil where a signal ended it.
    package let status: Int32?
    /// The signal that ended it; nil where it exited.
    package let signal: Int32?
    package let output: [UInt8]
    package let errors: [UInt8]

    /// Standard output as text.
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// A program that runs. It is killed when nobody holds this any more.
package final class ProgramRun: Sendable {
    /// The id of the process, and of its process group.
    package let process: Int32
    private let output: Descriptor
    private let errors: Descriptor
    private let held: Mutex<Descriptor?>
    private let ended = Mutex(false)

    init(process: Int32, output: Descriptor, errors: Descriptor, held: Descriptor?) {
        self.process = process
        self.output = output
        self.errors = errors
        self.held = Mutex(held)
    }

    deinit {
        guard !ended.withLock({ $0 }) else { return }
        killpg(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// Ends standard input, where it was held open.
    package func finishInput() { held.withLock { $0 = nil } }

    /// Sends a signal to the process alone; nothing once it ended.
    package func send(_ signal: Int32) {
        ended.withLock { if !$0 { _ = kill(process, signal) } }
    }

    /// What it wrote to standard error until now.
    package var errorsSoFar: String { String(decoding: errors.contents(), as: UTF8.self) }

    /// Waits for its end. To be called once.
    ///
    /// - Throws: ``ProgramError/timedOut(seconds:output:errors:)``, or cancellation; it is killed either way.
    package func wait(seconds: Int = 180) async throws -> ProgramResult {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let status = reap() { return result(status) }
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                killpg(process, SIGKILL)
                while reap() == nil { usleep(1000) }
                try Task.checkCancellation()
                throw ProgramError.timedOut(
                    seconds: seconds, output: String(decoding: output.contents(), as: UTF8.self), errors: errorsSoFar)
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private func reap() -> Int32? {
        ended.withLock { ended in
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == process else { return nil }
            ended = true
            return status
        }
    }

    private func result(_ status: Int32) -> ProgramResult {
        let signal = status & 0x7f
        return ProgramResult(
            status: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
            output: output.contents(), errors: errors.contents())
    }
}

/// A file descriptor that is closed when nobody holds it any more.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Writes all bytes; a reader that went away ends it.
    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// All bytes of a file, whatever the offset is.
    func contents() -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(number, &part, part.count, off_t(all.count))
            guard count > 0 else { return all }
            all += part.prefix(count)
        }
    }
}
