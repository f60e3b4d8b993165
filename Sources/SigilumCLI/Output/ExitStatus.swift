/// The exit statuses of the program. They are a promise (`docs/exit-codes.md`): none ever changes its meaning.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// What was asked for is done.
    case done = 0
    /// A report found something: drift, a finding, something left to deliver.
    case found = 1
    /// The command line is wrong.
    case usage = 64
    /// The vault or a file is damaged or was tampered with.
    case damaged = 65
    /// Something named does not exist.
    case missing = 66
    /// The gateway or the API is not reachable.
    case unavailable = 69
    /// A defect of this program.
    case defect = 70
    /// Something cannot be written.
    case cannotWrite = 73
    /// Busy; try again.
    case busy = 75
    /// The other side answered something wrong, or refused.
    case refused = 76
    /// The key is wrong, or permissions are not safe.
    case unsafe = 77
    /// The configuration is wrong.
    case configuration = 78
    /// The command that was to be run is there, and cannot be.
    case commandNotExecutable = 126
    /// The command that was to be run is not there.
    case commandNotFound = 127
}
