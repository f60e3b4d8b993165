internal import ArgumentParser
internal import VaultCore

/// `sigilum vault deposits …`
struct VaultDepositsGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deposits", abstract: "What others handed in for this vault: see it, take it in, or do not.",
        discussion: """
            Example:
              sigilum vault deposits list
            """,
        subcommands: [
            VaultDepositsKey.self, VaultDepositsList.self, VaultDepositsAccept.self, VaultDepositsReject.self,
        ])
}

/// Where deposits are looked for.
struct DepositSpoolOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The folder of deposits, if not that of the home.", valueName: "path"))
    var spool: String?
}

/// `sigilum vault deposits key`
struct VaultDepositsKey: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Shows the public key that values are deposited for.",
        discussion: """
            It is also put into the home, so that `vault deposit` needs no --for there. A new data key has another.

            Example:
              sigilum vault deposits key
            """)

    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let review = try DepositReview(session, spool: nil)
        let key = try review.keepKey()
        var report = Report(
            .ok("Deposit key of the vault"),
            fields: [
                Field("vault_id", .plain(Hexadecimal.text(key.vaultID))), Field("deposit_key", .plain(key.text)),
                Field("key_file", session.shown(file: DepositSpool.keyFile)),
            ])
        let words = ["vault", "deposit", "NAME", "--for", key.text, "--out", "FILE"]
        report.remarks = [.info("what hands a value in, on any machine:  \(command: words)")]
        return report
    }
}

/// `sigilum vault deposits list`
struct VaultDepositsList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists what was handed in, and what of it can be accepted.",
        discussion: """
            Who handed it in is not known: whoever has the public key can.

            Example:
              sigilum vault deposits list
            """)

    @OptionGroup var spool: DepositSpoolOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        return try DepositReview(session, spool: spool.spool).list()
    }
}

/// `sigilum vault deposits accept`
struct VaultDepositsAccept: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Makes a deposit the entry's newest version, and delivers it where it is used.",
        discussion: """
            Example:
              sigilum vault deposits accept 1f0e5b0c1d7e9a3f4c62b8d0e1f2a3b4
            """)

    @Argument(help: ArgumentHelp("Which one, as `list` shows it.", valueName: "deposit")) var deposit: String
    @OptionGroup var spool: DepositSpoolOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let review = try DepositReview(session, spool: spool.spool)
        return try await review.accept(deposit, delivery)
    }
}

/// `sigilum vault deposits reject`
struct VaultDepositsReject: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Takes a deposit away, for good: a copy of it is refused too.",
        discussion: """
            What is no deposit of this vault is taken away by the name of its file.

            Example:
              sigilum vault deposits reject 1f0e5b0c1d7e9a3f4c62b8d0e1f2a3b4
            """)

    @Argument(help: ArgumentHelp("Which one, as `list` shows it.", valueName: "deposit")) var deposit: String
    @OptionGroup var spool: DepositSpoolOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        return try DepositReview(session, spool: spool.spool).reject(deposit)
    }
}
