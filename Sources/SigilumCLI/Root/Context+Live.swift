internal import Glibc
package import Supervision

extension Context {
    /// The world of this process. ``ProcessEnvironment/live`` is used here for the first time, after the intake.
    package static func live(
        _ intake: ArgumentIntake, openers: Openers, inherited: InheritedState
    ) -> Context {
        let environment = ProcessEnvironment.live
        var context = Context(
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
            },
            terminal: .live(program: intake.program), environment: environment,
            workingDirectory: currentFolder(), program: intake.program, argumentSecrets: intake.secrets,
            results: .descriptor(1, environment: environment), notes: .descriptor(2, environment: environment),
            openers: openers)
        context.inherited = inherited
        return context
    }

    /// The working directory; `""` where it was removed meanwhile.
    private static func currentFolder() -> String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}
