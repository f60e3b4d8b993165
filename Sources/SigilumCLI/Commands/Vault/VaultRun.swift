internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault run`
struct VaultRun: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a command that gets secrets in its environment, or as files in memory.",
        discussion: """
            The command's exit status is that of this one; 126 and 127 where it cannot be run or is not there.

            Example:
              sigilum vault run --env GITHUB_TOKEN=ci/github -- gh release list
            """)

    @Option(help: ArgumentHelp("The variable NAME has the entry's value.", valueName: "NAME=ENTRY"))
    var env: [String] = []
    @Option(
        help: ArgumentHelp(
            "A file of NAME=value lines; a value sigilum://ENTRY is the value of that entry.", valueName: "path"))
    var envFile: String?
    @Option(
        help: ArgumentHelp(
            "Every entry below it has a variable: ci/deploy-key below ci/ is DEPLOY_KEY.", valueName: "prefix"))
    var prefix: [String] = []
    @Option(
        help: ArgumentHelp(
            "The variable NAME has the path of a file in memory with the entry's value.", valueName: "NAME=ENTRY"))
    var file: [String] = []
    @Flag(help: "Mask these secrets in what the command writes.") var maskOutput = false
    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.") var command: [String] = []
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        var plan = try RunPlan(variables: env, files: file, prefixes: prefix)
        if let envFile { plan.add(try EnvironmentFile.read(envFile, Surroundings(context))) }
        let launch = try CommandLaunch(command, plan, isMasking: maskOutput, context)
        let secrets = try plan.needsVault ? release(&plan, context) : [:]
        context.announce()
        var report = Report()
        report.commandStatus = try launch.run(plan, secrets)
        return report
    }

    /// The values, once the log says that they leave the vault, which is closed again when this returns.
    private func release(_ plan: inout RunPlan, _ context: Context) throws -> RunSecrets {
        let session = try Session.open(context, vault, for: .reading)
        var chosen = plan
        let values = try session.vault.reveal(purpose: "vault run") { snapshot in
            try chosen.resolvePrefixes(snapshot)
            return chosen.entries
        }
        plan = chosen
        return values
    }
}

/// The value of each entry that a command gets.
typealias RunSecrets = [EntryName: SharedSecret]
