internal import ArgumentParser
internal import Glibc

/// Runs the program once: parses, performs, writes, and answers the exit status.
///
/// The parser's own entry point is not used: it writes what the user typed, and prints errors in full.
///
/// - Parameters:
///   - intake: The command line, its secrets already taken out.
///   - context: The world outside. Its program name and its secrets are set from the intake.
/// - Returns: The exit status; see ``ExitStatus``.
package func runSigilum(_ intake: ArgumentIntake, _ context: Context) async -> Int32 {
    await EntryPoint(root: EntryPoint.root(for: intake.program), plainForm: PlainForm.job).run(intake, context)
}

/// Runs to the end of the process, with the exit status that the operation answers.
///
/// Until the operation waits for another it runs here, on the main thread: a command that needs no network starts no other.
package func runToTheEnd(_ operation: @escaping @Sendable () async -> Int32) -> Never {
    Task.immediate { exit(await operation()) }
    while true { pause() }
}

extension ArgumentIntake {
    /// The command line of this process. Call it before anything reads `CommandLine.arguments`, which keeps copies.
    package static func live() -> ArgumentIntake {
        let argv = CommandLine.unsafeArgv
        let name = ProgramName(argumentZero: argv[0].map { String(cString: $0) } ?? "")
        let tree = CommandTree(root: EntryPoint.root(for: name))
        return ArgumentIntake(argv, isOption: { tree.optionNames.contains($0) })
    }
}

/// The way from words to an exit status, for any tree of commands.
struct EntryPoint {
    let root: any ParsableCommand.Type
    /// The commands that are understood without the parser, of a line in plain form.
    var plainForm: (([String], ProgramName) -> Job?)?

    static func root(for program: ProgramName) -> any ParsableCommand.Type {
        switch program {
        case .sigilum: SigilumRoot.self
        case .vault: VaultRoot.self
        }
    }

    func run(_ intake: ArgumentIntake, _ context: Context) async -> Int32 {
        var context = context
        context.program = intake.program
        context.argumentSecrets = intake.secrets
        let parsed: Parsed
        do {
            parsed = try parse(intake)
        } catch {
            let renderer = renderer(context, json: intake.wantsJSON, reveal: false)
            renderer.show(Failure(describing: error), after: [])
            return Failure(describing: error).status.rawValue
        }
        switch parsed {
        case .text(let text) where intake.wantsJSON && text == root.configuration.version:
            let renderer = renderer(context, json: true, reveal: false)
            let number = text.split(separator: " ").last.map(String.init) ?? text
            let report = Report(json: .object([("version", .string(number))]))
            return status(.done, renderer.showFacts(report), renderer)
        case .text(let text):
            let renderer = renderer(context, json: false, reveal: false)
            return status(.done, renderer.showText(text), renderer)
        case .job(let job):
            context.command = job.name
            return await perform(job, context, CommandOptions(intake.arguments))
        }
    }

    // MARK: Parsing

    private enum Parsed {
        case job(Job)
        /// Help, a version, a completion script.
        case text(String)
    }

    private func parse(_ intake: ArgumentIntake) throws -> Parsed {
        guard !intake.isMalformed else {
            throw Failure.usage("An argument is not UTF-8")
        }
        if intake.arguments.filter({ $0 != "--json" }) == ["--version"] { return .text(root.configuration.version) }
        if let job = plainForm?(intake.arguments, intake.program) { return .job(job) }
        let tree = CommandTree(root: root)
        func named(_ command: any SigilumCommand) -> Parsed {
            .job(Job(command, name: tree.words(of: type(of: command))))
        }
        if let command = direct(intake.arguments, tree) { return named(command) }
        do {
            var command = try root.parseAsRoot(intake.arguments)
            if let command = command as? any SigilumCommand { return named(command) }
            // A group without a command, or `help`: running it throws the help that it is.
            try command.run()
            return .text(root.helpMessage())
        } catch  where root.exitCode(for: error) == .success && !isStrayVersion(error, intake) {
            return .text(help(root.fullMessage(for: error), program: intake.program))
        } catch {
            let problem = problem(behind: error, intake.arguments)
            throw UsageError(tree: tree, program: intake.program).failure(problem, arguments: intake.arguments)
        }
    }

    /// The command that the words name and that takes all the others. To parse by the root is to declare every command of
    /// the program first, which is half of what a `get` takes. nil where anything is wrong or help is asked for: what
    /// is said then is the root's to say.
    private func direct(_ arguments: [String], _ tree: CommandTree) -> (any SigilumCommand)? {
        let node = tree.command(meantBy: arguments)
        guard let type = node.type as? any SigilumCommand.Type, node.type.configuration.subcommands.isEmpty else {
            return nil
        }
        return try? type.parse(Array(arguments.dropFirst(node.names.count)))
    }

    /// Every command knows `--json`: where the parser complains of it, the words before it named no command, and that is
    /// what is wrong.
    private func problem(behind error: any Error, _ arguments: [String]) -> any Error {
        guard root.message(for: error).hasPrefix("Unknown option '--json'") else { return error }
        do {
            _ = try root.parseAsRoot(arguments.filter { $0 != "--json" })
            return error
        } catch let other where root.exitCode(for: other) != .success {
            return other
        } catch {
            return error
        }
    }

    /// Whether the parser took `--version` for a question about the program although it belongs to a command whose other
    /// words are wrong: a script would take the answer for what it asked the command for.
    private func isStrayVersion(_ error: any Error, _ intake: ArgumentIntake) -> Bool {
        intake.arguments.first != "--version" && root.fullMessage(for: error) == root.configuration.version
    }

    /// Help says the program's name as the user called it. The declarations say `sigilum`.
    private func help(_ text: String, program: ProgramName) -> String {
        guard program == .vault, !text.hasPrefix("#") else { return text }
        return text.replacing("USAGE: vault", with: "USAGE: ./vault")
            .replacing("See 'vault ", with: "See './vault ")
            .replacing("sigilum vault ", with: "./vault ")
            .replacing("sigilum service ", with: "./vault service ")
            .replacing("sigilum gateway ", with: "./vault gateway ")
            .replacing("sigilum auth ", with: "./vault auth ")
            .replacing("sigilum login ", with: "./vault login ")
            .replacing("sigilum doctor ", with: "./vault doctor ")
    }

    // MARK: Performing

    private func perform(
        _ job: Job, _ context: Context, _ options: CommandOptions
    ) async -> Int32 {
        let renderer = renderer(context, json: job.printsJSON, reveal: job.revealsSecrets, options)
        var context = context
        context.options = options
        if job.noInput { context.terminal = context.terminal.silent }
        let remarks = context.remarks
        for warning in context.argumentSecrets.warnings { remarks.add(warning) }
        context.publish = { report in
            renderer.show(remarks.drain() + report.remarks)
            return renderer.showFacts(report) == .written
        }
        let (tokens, now) = (context.tokens, context.now)
        context.announce = { renderer.show(remarks.drain() + tokens.conclude(now: now())) }
        do {
            var report = try await job.perform(context)
            if let status = report.commandStatus { return status }
            var rows = WriteOutcome.written
            if let stream = report.rows { (report, rows) = try renderer.showRows(of: stream) }
            renderer.show(remarks.drain() + report.remarks + context.tokens.conclude(now: context.now()))
            return status(report.exit, rows == .written ? renderer.showFacts(report) : rows, renderer)
        } catch {
            let failure = Failure(describing: error)
            if let report = failure.report {
                // What could not be written to standard output cannot make the failure worse.
                _ = renderer.showFacts(report)
            }
            let said = remarks.drain() + (failure.report?.remarks ?? [])
            renderer.show(failure, after: said + context.tokens.conclude(now: context.now()))
            return failure.status.rawValue
        }
    }

    /// A pipe that nobody reads any more is no failure: the work is done. A full disk behind standard output is one.
    private func status(_ status: ExitStatus, _ outcome: WriteOutcome, _ renderer: Renderer) -> Int32 {
        guard case .failed(let code) = outcome else { return status.rawValue }
        let failure = Failure(
            .cannotWrite, code: "cannot-write", "Cannot write standard output: \(String(cString: strerror(code)))")
        renderer.show(failure, after: [])
        return failure.status.rawValue
    }

    private func renderer(
        _ context: Context, json: Bool, reveal: Bool, _ options: CommandOptions = .none
    ) -> Renderer {
        Renderer(
            results: context.results, notes: context.notes, program: context.program, json: json, reveal: reveal,
            options: options)
    }
}
