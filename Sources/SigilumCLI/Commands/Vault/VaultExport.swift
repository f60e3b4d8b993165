internal import ArgumentParser
internal import VaultCore

/// `sigilum vault export`
struct VaultExport: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes missing or differing export files again; gives entries files, or takes them away.",
        discussion: """
            Example:
              sigilum vault export --all --check
              sigilum vault export ci/deploy-key --to /run/user/1000/deploy-key
            """)

    @Argument(help: "Names of entries.") var names: [String] = []
    @Flag(help: "Every export file of the vault.") var all = false
    @Flag(help: "Only compare; 1 where a file differs.") var check = false
    @Option(help: ArgumentHelp("Give an entry of your own this export file.", valueName: "path")) var to: String?
    @Flag(help: "Take the entries' export files away.") var none = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let names = try names.map { try EntryName($0) }
        guard [check, to != nil, none].count(where: { $0 }) <= 1 else {
            throw Failure.usage("Use only one of: --check, --to, --none")
        }
        guard names.isEmpty == all else {
            throw Failure.usage(all ? "Give names or --all, not both" : "Which entries? Give names, or --all")
        }
        guard to == nil || names.count == 1 else { throw Failure.usage("--to takes exactly one entry") }
        guard to == nil || !GatewayKeyEntry.all.contains(names.first?.text ?? "") else {
            throw Failure.usage(
                "A master key of the gateway gets no export file",
                hints: ["gateway start hands it over; nothing was written"])
        }
        guard !(none && all) else { throw Failure.usage("--none takes names, not --all") }
        let session = try Session.open(context, vault, for: .reading)
        let exports = EntryExports(session: session)
        if let to, let name = names.first { return try await exports.give(name, to) }
        if none { return try await exports.takeAway(names) }
        let ids = try exports.ids(of: all ? nil : names)
        return check ? try await exports.compare(ids) : try await exports.write(ids)
    }
}
