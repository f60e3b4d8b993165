internal import SecureMemory
package import Supervision

/// What a command gets besides its options: everything of the world outside, as values. `main` fills it with the live
/// ones, a test with its own.
package struct Context: Sendable {
    /// Milliseconds since 1970 UTC.
    package var now: @Sendable () -> Int64
    package var terminal: Terminal
    package var environment: ProcessEnvironment
    /// The absolute path of the working directory; `""` where it was removed meanwhile.
    package var workingDirectory: String
    package var program: ProgramName
    /// The command in words, `sigilum vault get`: what the log says was run.
    package var command = "sigilum"
    /// Options of this run that a command in a hint needs too.
    package var options = CommandOptions.none
    /// The secrets that stood on the command line.
    package var argumentSecrets: ArgumentSecrets
    /// What is to be said on standard error whatever becomes of the command.
    package let remarks = RemarkCollector()
    /// What is said after the command, where an owner token ends.
    package let tokens = TokenWatch()
    /// Standard output.
    package var results: OutputChannel
    /// Standard error.
    package var notes: OutputChannel
    /// What stands behind the commands; see ``Openers``.
    package var openers: Openers
    /// Writes facts at once, for a command that goes on (a followed log). False when nobody reads any more.
    package var publish: @Sendable (Report) -> Bool = { _ in false }
    /// Writes the remarks so far to standard error, for a command that does not come back.
    package var announce: @Sendable () -> Void = {}
    /// What this process got from whoever started it; nil where there is no process of its own.
    package var inherited: InheritedState?

    package init(
        now: @escaping @Sendable () -> Int64, terminal: Terminal, environment: ProcessEnvironment,
        workingDirectory: String, program: ProgramName, argumentSecrets: ArgumentSecrets, results: OutputChannel,
        notes: OutputChannel, openers: Openers
    ) {
        self.now = now
        self.terminal = terminal
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.program = program
        self.argumentSecrets = argumentSecrets
        self.results = results
        self.notes = notes
        self.openers = openers
    }

    /// The value of an option that is a secret; nil where the option was not given.
    func secret(_ argument: ArgumentSecret?) -> SharedSecret? {
        argument.flatMap(argumentSecrets.secret)
    }

    /// A path as it is shown: relative to the working directory where it lies below it.
    package func shown(path: String) -> Value {
        let folder = workingDirectory.hasSuffix("/") ? workingDirectory : workingDirectory + "/"
        guard folder != "/", path.hasPrefix(folder), path.utf8.count > folder.utf8.count else {
            return .untrusted(path)
        }
        return .untrusted(String(path.dropFirst(folder.count)))
    }
}
