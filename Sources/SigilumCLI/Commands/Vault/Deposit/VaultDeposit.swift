internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault deposit`
struct VaultDeposit: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "deposit", abstract: "Hands in a value that the vault's owner can take, without any key.",
        discussion: """
            Neither a vault nor its master key is needed here, only the vault's public deposit key. Nobody but the vault can \
            open what is written. It becomes a version of the entry when the owner accepts it.

            Example:
              sigilum vault deposit ci/token --for deposit-… --from-env TOKEN --out one
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The vault's public deposit key, as `vault deposits key` shows it.", valueName: "key"))
    var key: String?
    @Option(
        help: ArgumentHelp(
            "The entry's current version, which this is to follow; without it, a new entry.", valueName: "version"))
    var baseVersion: UInt32?
    @Option(help: ArgumentHelp("How long it can be accepted: 12h, 7d, at most 90d.", valueName: "time"))
    var expires = "7d"
    @Option(help: ArgumentHelp("A folder of deposits to put it in, if not that of the home.", valueName: "path"))
    var spool: String?
    @Option(help: ArgumentHelp("A new file to write it to.", valueName: "path")) var out: String?
    @OptionGroup var source: EntryValueOptions
    @Option(help: ArgumentHelp("The folder of the vault.", valueName: "path")) var sigilumHome: String?
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard spool == nil || out == nil else { throw Failure.usage("Use only one of: --spool, --out") }
        guard baseVersion != 0 else { throw Failure.usage("--base-version is 1 or more; leave it out for a new entry") }
        let name = try EntryName.new(name)
        let lifetime = try DepositLifetime.parse(expires)
        let place = try DepositPlace(context, home: sigilumHome, spool: spool, out: out)
        let key = try place.key(self.key)
        let value = try source.read(for: name, context)
        let now = context.now()
        let deposit = try Deposit.seal(
            value.bytes, as: name, base: baseVersion, for: key, now: now, lifetime: lifetime)
        let path = try place.write(deposit)
        var report = Report(
            .ok("Deposited: \(name.text)"),
            fields: [
                Field("deposit", .plain(Deposit.handle(deposit))), Field("file", context.shown(path: path)),
                Field("vault_id", .plain(Hexadecimal.text(key.vaultID))),
                Field("base_version", baseVersion.map { .integer(Int64($0)) } ?? .plain("new")),
                Field("expires_at", .plain(Timestamp.text(now + lifetime))),
            ])
        if out != nil {
            report.remarks.append(
                .info(
                    "in the spool of the vault, its folder deposits, its name has to end in \(plain: DepositSpool.ending)"
                ))
        }
        report.remarks += [
            .info(
                "who has the vault takes it in:  \(command: ["vault", "deposits", "accept", Deposit.handle(deposit)])")
        ]
        return report
    }
}
