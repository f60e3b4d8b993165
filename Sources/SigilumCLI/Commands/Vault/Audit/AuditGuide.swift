internal import SafeFiles
internal import VaultCore

/// What users read of the findings of one report: a sentence, and what to type next. Every format says the same.
struct AuditGuide: Sendable {
    let report: AuditReport
    /// How the program was called, and what its hints need of the command line.
    let program: ProgramName
    let options: CommandOptions
    /// Whose gateway is to be started for a service, by its slug.
    private let namespaces: [String: Namespace]
    private let credentials: [EntryName: AuditedCredential]

    init(
        _ report: AuditReport, program: ProgramName, options: CommandOptions, namespaces: [String: Namespace] = [:]
    ) {
        self.namespaces = namespaces
        self.report = report
        self.program = program
        self.options = options
        credentials = Dictionary(report.credentials.map { ($0.name, $0) }) { first, _ in first }
    }

    /// A message as a document or a page has it; it has its own escapes.
    func text(_ message: Message) -> String { message.text(as: program, with: options) }

    /// What was found, in one line: the rule's title with the place and the details of this finding.
    func message(_ finding: AuditFinding) -> Message {
        var message: Message = "\(plain: finding.rule.title)"
        if let place = finding.place { message = "\(message): \(place.path)\(Self.where(place))" }
        if !finding.details.isEmpty { message = "\(message) (\(finding.details.joined(separator: ", ")))" }
        guard let failure = finding.failure else { return message }
        let cause = failure.failure(hints: [], target: finding.delivery?.target, service: nil).message
        return "\(message): \(cause)"
    }

    private static func `where`(_ place: AuditPlace) -> Message {
        let encoded: Message =
            switch place.encoding {
            case nil, .plain: ""
            case .base64: ", in base64"
            case .urlEncoded: ", URL-encoded"
            }
        return place.line.map { ", line \($0)\(encoded)" } ?? encoded
    }

    /// What to type next, the first command first; each line can be typed as it stands, but for words in capitals.
    func next(_ finding: AuditFinding) -> [Message] {
        switch finding.rule {
        case .plainCopy, .knownSample, .commonWord, .shortValue, .lowEntropy, .sharedValue, .reusedValue, .tooOld,
            .rotationOverdue, .tokenExpired, .tokenExpiresSoon:
            renewal(finding.entry)
        case .exportFileMissing, .exportFileDiffers: export(finding)
        case .exportFileUnsafe: mend(finding)
        case .connectionForeign: [takeOver(finding)]
        case .apiServiceMissing, .apiKeyInactive:
            [slug(finding).map(Self.newKey) ?? Self.sync]
        case .localServiceMissing, .localKeyInactive, .localServiceDiffers, .openClawTokenMissing,
            .openClawTokenDiffers, .openClawFileUnsafe, .openClawSettingsDiffer, .connectionMissing,
            .connectionRedirected, .connectionSecretDiffers, .connectionDiffers, .apiOldKeyActive, .apiServiceDiffers,
            .deliveryPending, .withdrawalPending:
            [Self.sync]
        case .checkFailed, .notChecked: look(finding)
        case .rolledBack: finding.entry.map { [Self.about($0, "history")] } ?? []
        case .orphanFile: orphan(finding)
        case .scanIncomplete: finding.place.map { ["ls -ld \(Self.quoted($0.path))"] } ?? []
        }
    }

    private static let sync: Message = "\(command: ["vault", "sync"])"

    /// A path as one word of a shell.
    private static func quoted(_ path: String) -> Message { "\(ProgramName.quote(path))" }

    // MARK: By rule

    private func renewal(_ name: EntryName?) -> [Message] {
        guard let name else { return [] }
        let credential = credentials[name]
        let owner = String(name.text.split(separator: "/").last ?? "")
        var login = ["auth", "login", "--namespace", owner, "--print-token", "false"]
        if credential?.deployments.contains(where: { $0.id.target == .openClaw }) != true {
            login += ["--write-openclaw", "false"]
        }
        switch credential?.renewal {
        case .made, nil: return [Self.about(name, "rotate")]
        case .given: return [Self.about(name, "rotate", ["--from-file", "FILE"])]
        case .signed: return ["\(command: login + ["--mode", "oss-local"])"]
        case .signedElsewhere: return ["\(command: login + ["--mode", "managed", "--owner-token-stdin"]) < FILE"]
        }
    }

    private func export(_ finding: AuditFinding) -> [Message] {
        guard let name = finding.entry, credentials[name] != nil else { return [Self.sync] }
        return [Self.about(name, "export")]
    }

    /// A command about an entry. A name that begins with `-` would be taken for an option.
    private static func about(_ name: EntryName, _ command: String, _ options: [String] = []) -> Message {
        let words = name.text.hasPrefix("-") ? options + ["--", name.text] : [name.text] + options
        return "\(command: ["vault", command] + words)"
    }

    /// What is no regular file is never written through: it has to go away first.
    private func mend(_ finding: AuditFinding) -> [Message] {
        guard finding.details.contains("kind"), let path = finding.place?.path else { return export(finding) }
        return [Self.aside(path)] + export(finding)
    }

    private static func aside(_ path: String) -> Message { "mv \(quoted(path)) \(quoted(path + ".aside"))" }

    private func takeOver(_ finding: AuditFinding) -> Message {
        guard let slug = slug(finding) else { return Self.sync }
        let words = ["service", "secret", "set", "--service-slug", slug, "--upstream-secret-file", "FILE"]
        return "\(command: words)"
    }

    private func look(_ finding: AuditFinding) -> [Message] {
        let target = finding.delivery?.target
        switch finding.failure {
        case nil: return ["\(command: ["vault", "audit"])"]
        case .unreachable(let endpoint) where target == .sigilumAPI: return ["curl \(Self.quoted(endpoint))"]
        case .unreachable:
            let namespace = (slug(finding).flatMap { namespaces[$0] }).map { ["--namespace", $0.text] } ?? []
            return ["\(command: ["gateway", "start"] + namespace)", "\(command: ["vault", "audit"])"]
        case .unsafePath(let path, let reason) where Self.inTheWay.contains(reason):
            return [Self.aside(path), Self.sync]
        case .httpLibraryMissing: return ["sudo apt-get install -y libcurl4"]
        case .adminTokenRequired: return ["export GATEWAY_ADMIN_TOKEN=TOKEN"]
        case .ownerTokenRequired, .ownerTokenExpired, .ownerTokenRefused:
            return ["\(command: ["auth", "login", "--mode", "managed", "--owner-token-stdin"]) < FILE"]
        case .credentialRevoked: return slug(finding).map { [Self.newKey($0)] } ?? [Self.sync]
        default: return ["\(command: ["vault", "diff"])"]
        }
    }

    /// What no delivery writes through, and no delivery mends.
    private static let inTheWay = [UnsafePath.notRegularFile.rawValue, UnsafePath.hardLinked.rawValue]

    private static func newKey(_ slug: String) -> Message {
        "\(command: ["service", "key", "rotate", "--service-slug", slug])"
    }

    /// It can go, or be adopted where it is a service's own.
    private func orphan(_ finding: AuditFinding) -> [Message] {
        guard let path = finding.place?.path else { return [] }
        guard !finding.details.contains(AuditFiles.folder) else { return ["rm -r \(Self.quoted(path))"] }
        let remove: Message = "rm \(Self.quoted(path))"
        let name = String(path.split(separator: "/").last ?? "")
        guard name.hasPrefix(AuditFiles.keyPrefix),
            let slug = try? Slug(String(name.dropFirst(AuditFiles.keyPrefix.count)))
        else { return [remove] }
        return [remove, "or adopt it:  \(command: ["service", "add", "--service-slug", slug.text])"]
    }

    /// The service that a delivery is of, where its key is the service's slug.
    private func slug(_ finding: AuditFinding) -> String? {
        finding.delivery.flatMap { try? Slug($0.key) }?.text
    }
}
