internal import Glibc

extension SigilumAPIClock {
    /// The system's.
    package static let live = SigilumAPIClock(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec)
        },
        // A cancelled wait only makes the next try come sooner.
        sleep: { try? await Task.sleep(for: $0) })
}
