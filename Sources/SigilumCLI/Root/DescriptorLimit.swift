internal import Glibc

/// How many files the process may have open. Below the least, what runs tasks and network calls would end it by a signal
/// in the middle of a command, since it cannot be without descriptors of its own.
package enum DescriptorLimit {
    /// What every command can do with.
    package static let least: UInt = 64

    /// Ends the process with 78 where the limit (`ulimit -n`) is lower: before anything was read or changed.
    package static func require() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        guard isKnown, limit.rlim_cur < least else { return }
        let text = "[ERROR] Too few files may be open: \(limit.rlim_cur)\n  run:  ulimit -n 256\n"
        _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
        _exit(ExitStatus.configuration.rawValue)
    }
}
