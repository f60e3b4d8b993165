internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault rotate`
struct VaultRotate: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Stores a new version, generated or given, and delivers it where it is used.",
        discussion: """
            A value that was generated is generated again in the same way. One that was given needs --from-env or --from-file,
            or a command that prints it (--rotate-with), which is run without a shell and kept for the next time. With --due or
            --max-age-days every entry that is due: 1 where some can only be given.

            Example:
              sigilum vault rotate service-api-key/my-native-service
              sigilum vault rotate upstream-secret/linear/access_token --rotate-with 'new-linear-token --ttl 90d'
              sigilum vault rotate --due
            """)

    @Argument(help: "The entry's name; none with --due or --max-age-days.") var name: String?
    @Flag(help: "Rotate every entry whose rotation is due.") var due = false
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Rotate every entry whose value is older.", valueName: "number"))
    var maxAgeDays: UInt32?
    @Flag(help: "With --due or --max-age-days: change nothing; 1 where something is due.") var dryRun = false
    @Option(
        help: ArgumentHelp(
            "The command that prints the new value, kept for the next time; none takes it away.", valueName: "command"))
    var rotateWith: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("From now on the rotation is due after that many days.", valueName: "number"))
    var rotationIntervalDays: UInt32?
    @OptionGroup var trial: TrialOptions
    @OptionGroup var source: EntryValueOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let isMany = due || maxAgeDays != nil
        guard let name else {
            guard isMany else { throw Failure.usage("Name an entry, or give --due or --max-age-days") }
            guard !source.isNamed, rotateWith == nil, rotationIntervalDays == nil, trial.call == nil else {
                throw Failure.usage("Of all options only --dry-run goes with --due and --max-age-days")
            }
            let session = try Session.open(context, vault, for: .reading)
            return try await RotationBatch(
                session: session, options: delivery, isDryRun: dryRun,
                allowsVariableReference: source.allowVariableReference
            ).perform(isDue: due, maxAgeDays: maxAgeDays)
        }
        guard !isMany, !dryRun else {
            throw Failure.usage("--due, --max-age-days and --dry-run go without a name")
        }
        return try await SingleRotation(command: self, context: context, name: try EntryName(name)).perform()
    }
}
