internal import CPlatform
internal import Glibc

/// What a command writes to one of its descriptors, on its way to ours, masked.
final class MaskedStream {
    /// Our end of the pipe, and the command's until ``closeChildsEnd()``.
    let source: Int32
    private(set) var childsEnd: Int32
    let target: Int32
    private let mask: OutputMask
    private var waiting: ArraySlice<UInt8> = []
    /// Whether more can come.
    private(set) var isOpen = true
    /// Why the target took no more; 0, also where nobody reads it any more.
    private(set) var failure: Int32 = 0

    init(to target: Int32, _ patterns: MaskPatterns) throws(CommandError) {
        var ends: [Int32] = [-1, -1]
        guard sigilum_pipe(&ends) == 0 else { throw .system(errno: errno) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        (source, childsEnd, self.target) = (ends[0], ends[1], target)
        mask = OutputMask(patterns)
    }

    deinit {
        if isOpen { close(source) }
        closeChildsEnd()
    }

    var hasWaiting: Bool { !waiting.isEmpty }

    func closeChildsEnd() {
        if childsEnd >= 0 { close(childsEnd) }
        childsEnd = -1
    }

    /// Takes what is there. With `isLast`, nothing there means that nothing comes any more.
    func read(isLast: Bool) {
        guard isOpen else { return }
        let room = mask.room
        let count = Glibc.read(source, room.baseAddress, min(room.count, 65536))
        if count > 0 {
            waiting += mask.take(count)
        } else if count == 0 || isLast || (errno != EAGAIN && errno != EINTR) {
            waiting += mask.finish()
            stop()
        }
    }

    /// Writes as much as the target takes without making us wait: a pipe that is ready has room for 4096 bytes.
    func write() {
        let count = waiting.prefix(4096).withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
        if count >= 0 {
            waiting = waiting.dropFirst(count)
        } else if errno != EINTR, errno != EAGAIN {
            failure = errno == EPIPE ? 0 : errno
            waiting = []
            // The command finds out as it would have without us: by its next write.
            stop()
        }
    }

    private func stop() {
        if isOpen { close(source) }
        isOpen = false
    }
}
