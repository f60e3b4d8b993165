/// Why a command did not start. None of its words are in here.
package enum CommandError: Error, Sendable, Equatable {
    /// There is no such program.
    case notFound
    /// There is one, and the system does not start it: `errno`.
    case notExecutable(errno: Int32)
    /// Something around the command failed, a pipe for one: `errno`.
    case system(errno: Int32)
}
