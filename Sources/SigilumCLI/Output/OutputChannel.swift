internal import Glibc

/// What became of bytes that were written.
package enum WriteOutcome: Sendable, Equatable {
    case written
    /// Nobody reads any more (a closed pipe): no reason to complain.
    case closed
    /// The system refused: `errno`.
    case failed(Int32)
}

/// Where output goes: a descriptor, or memory in a test.
package struct OutputChannel: Sendable {
    /// Writes all of the bytes.
    package let write: @Sendable (UnsafeRawBufferPointer) -> WriteOutcome
    /// Whether colour is wanted there.
    package let colour: Bool
    /// Whether anybody still reads: false once a pipe's reader is gone, also while nothing is written.
    package let isRead: @Sendable () -> Bool

    package init(
        colour: Bool, isRead: @escaping @Sendable () -> Bool = { true },
        write: @escaping @Sendable (UnsafeRawBufferPointer) -> WriteOutcome
    ) {
        self.colour = colour
        self.isRead = isRead
        self.write = write
    }

    /// A descriptor of this process. Colour on a terminal alone, never under `NO_COLOR` or `TERM=dumb`.
    package static func descriptor(_ descriptor: Int32, environment: ProcessEnvironment) -> OutputChannel {
        let plain = !(environment.value("NO_COLOR") ?? "").isEmpty
        let dumb = ["", "dumb"].contains(environment.value("TERM") ?? "")
        return OutputChannel(
            colour: !plain && !dumb && isatty(descriptor) == 1, isRead: { isRead(descriptor) },
            write: { writeAll($0, to: descriptor) })
    }

    private static func isRead(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&request, 1, 0) < 1 || request.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
    }

    /// write(2) until everything is out: interrupted calls are repeated, short writes go on, a descriptor that is not
    /// ready is waited for.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> WriteOutcome {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&request, 1, -1)
            case EPIPE: return .closed
            case let code: return .failed(code)
            }
        }
        return .written
    }
}
