internal import CPlatform
internal import Glibc
package import Supervision

/// What the process does to itself before it reads anything: the first thing in `main`.
package enum ProcessHardening {
    /// No backtrace, no core file, no debugger of the same user, files for the owner alone, no death by a closed pipe,
    /// and three descriptors that are surely there. Returns what was there before, for a command that is run.
    package static func apply() -> InheritedState {
        let inherited = InheritedState()
        defaultCrashSignals()
        forbidDumps()
        umask(0o077)
        // A reader that is gone must not end the program in the middle of a change: write(2) says EPIPE instead.
        signal(SIGPIPE, SIG_IGN)
        fillStandardDescriptors()
        return inherited
    }

    /// Swift prints a backtrace with 16 bytes at each register when it crashes: secrets, on standard error.
    private static func defaultCrashSignals() {
        for number in [SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGQUIT] {
            signal(number, SIG_DFL)
        }
    }

    private static func forbidDumps() {
        // Where the system refuses either, the other still holds; `doctor` reports both.
        _ = sigilum_forbid_dumps()
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }

    /// A program started without descriptor 1 would open its vault as standard output, and print into it.
    private static func fillStandardDescriptors() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // open(2) answers the lowest free number, which is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
