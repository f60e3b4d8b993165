internal import CPlatform
internal import Glibc

/// What this process got from whoever started it, and what a command that it starts is to get as it was.
package struct InheritedState: Sendable {
    let mask: mode_t
    let blocked: sigset_t
    let ignored: sigset_t

    /// Asks the system. To be made before the process changes any of it, on its first thread.
    package init() {
        var (blocked, ignored) = (sigset_t(), sigset_t())
        sigilum_inherited_signals(&blocked, &ignored)
        (self.blocked, self.ignored) = (blocked, ignored)
        mask = umask(0o077)
        umask(mask)
    }
}
