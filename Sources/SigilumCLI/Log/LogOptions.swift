internal import ArgumentParser

/// Which events of the log.
struct LogSelection: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("From when on: 2026-03-01, 2026-03-01T10:00:00Z, 7d or 12h.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only of the entry that has or had this name, under all its names.", valueName: "name"))
    var entry: String?

    @Flag(help: "Go on with what comes, until it is stopped or nobody reads any more.")
    var follow = false
}

/// `--syslog`
struct LogForwardOptions: ParsableArguments, Sendable {
    @Flag(help: "Send what was not sent yet to the system's log, as RFC 5424 messages.")
    var syslog = false

    @Option(
        help: ArgumentHelp(
            "With --syslog: the local socket that it is sent to, if not \(LogForwardOptions.usualSocket).",
            valueName: "path"))
    var syslogSocket: String?

    static let usualSocket = "/dev/log"
}

/// What auditors and other machines need.
struct LogProofOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Let an auditor check the log without the master key.", valueName: "public-key"))
    var auditor: String?

    @Flag(help: "List the auditors.")
    var auditors = false

    @Option(help: ArgumentHelp("Write the whole log, sealed as it is, to this file, 0600.", valueName: "path"))
    var export: String?

    @Option(help: ArgumentHelp("Prove an exported log with an auditor's key; no vault is needed.", valueName: "path"))
    var verify: String?

    @Option(help: ArgumentHelp("With --verify: the file of the auditor's secret key.", valueName: "path"))
    var auditorKey: String?

    @Option(help: ArgumentHelp("With --verify: an older export, which the log must go on from.", valueName: "path"))
    var anchor: String?

    @Option(help: ArgumentHelp("With --verify: what the owner said the log begins with.", valueName: "hex"))
    var fingerprint: String?

    @Flag(help: "With --verify: show the events too.")
    var list = false
}

/// Which options of `vault log` go together: it does one thing at a time.
struct LogRules {
    let selection: LogSelection
    let forward: LogForwardOptions
    let proof: LogProofOptions

    /// - Throws: 64 for options that do not belong together.
    func check() throws(Failure) {
        let actions: [(String, Bool)] = [
            ("--auditor", proof.auditor != nil), ("--auditors", proof.auditors), ("--export", proof.export != nil),
            ("--verify", proof.verify != nil), ("--syslog", forward.syslog),
        ]
        let given = actions.filter(\.1).map(\.0)
        guard given.count < 2 else { throw .usage("Use only one of: \(plain: given.joined(separator: ", "))") }
        let isSelecting = selection.since != nil || selection.entry != nil
        let isReading = given.isEmpty || forward.syslog
        guard !selection.follow || isReading, !isSelecting || isReading || proof.list else {
            throw .usage("--since, --entry and --follow are for showing or sending the log")
        }
        guard selection.entry == nil || !forward.syslog else { throw .usage("Use only one of: --entry, --syslog") }
        guard forward.syslog || forward.syslogSocket == nil else { throw .usage("--syslog-socket needs --syslog") }
        let isOfProof = proof.auditorKey != nil || proof.anchor != nil || proof.fingerprint != nil || proof.list
        guard !isOfProof || proof.verify != nil else {
            throw .usage("--auditor-key, --anchor, --fingerprint and --list need --verify FILE")
        }
    }
}
