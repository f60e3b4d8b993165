internal import CPlatform
internal import Glibc

/// Signals that come to this process, one after the other, instead of what they would do to it. One at a time.
package final class SignalRelay {
    /// Where they can be read.
    let descriptor: Int32
    private let end: Int32

    package init() throws(CommandError) {
        var ends: [Int32] = [-1, -1]
        guard sigilum_pipe(&ends) == 0 else { throw .system(errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        (descriptor, end) = (ends[0], ends[1])
        sigilum_relay_begin(end)
    }

    deinit {
        sigilum_relay_end()
        close(descriptor)
        close(end)
    }

    /// The next one; nil where none waits.
    func next() -> sigilum_signal? {
        var event = sigilum_signal()
        // Written at once, so read at once.
        let count = read(descriptor, &event, MemoryLayout<sigilum_signal>.size)
        return count == MemoryLayout<sigilum_signal>.size ? event : nil
    }
}
