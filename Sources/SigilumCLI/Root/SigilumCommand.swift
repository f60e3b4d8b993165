internal import ArgumentParser

/// A command of the program: options, one call, a report. It never writes.
protocol SigilumCommand: ParsableCommand, Sendable {
    /// `@OptionGroup var output: OutputOptions`
    var output: OutputOptions { get }
    /// Whether secrets may be shown. False unless the command has ``RevealOptions``.
    var revealsSecrets: Bool { get }
    /// Whether a document is printed instead of text: with `--json`.
    var printsJSON: Bool { get }

    /// Does what the command is for.
    ///
    /// - Throws: ``Failure``, or an error that is ``FailureConvertible``; any other is reported as a defect, by its type.
    func perform(_ context: Context) async throws -> Report
}

extension SigilumCommand {
    var revealsSecrets: Bool { false }
    var printsJSON: Bool { output.json }
}

/// Options of every command.
struct OutputOptions: ParsableArguments, Sendable {
    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    @Flag(help: "Never ask on the terminal.")
    var noInput = false

    var choice: OutputChoice { OutputChoice(json: json, noInput: noInput) }
}

/// What ``OutputOptions`` say.
struct OutputChoice: Sendable, Equatable {
    var json = false
    var noInput = false
}

/// `--reveal-secrets`, for the commands where it makes sense.
struct RevealOptions: ParsableArguments, Sendable {
    @Flag(
        name: [.customLong("reveal-secrets"), .customLong("reveal")],
        help: "Print secrets themselves instead of their public prefix and stars.")
    var revealSecrets = false
}

/// Which vault, and its key: for every command that opens one.
struct VaultOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The folder of the vault.", valueName: "path"))
    var sigilumHome: String?

    @Option(help: ArgumentHelp("The master key. Other users can read it in the process list.", valueName: "key"))
    var gatewayMasterKey: ArgumentSecret?

    var choice: VaultChoice { VaultChoice(home: sigilumHome, masterKey: gatewayMasterKey) }
}

/// What ``VaultOptions`` say.
struct VaultChoice: Sendable, Equatable {
    var home: String?
    var masterKey: ArgumentSecret?
}

/// `--offline`, for the commands that deliver.
struct OfflineOptions: ParsableArguments, Sendable {
    @Flag(help: "Try no network; what is to be delivered stays pending.")
    var offline = false
}
