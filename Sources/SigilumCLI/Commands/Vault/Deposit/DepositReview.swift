internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// What lies in the spool, as the vault sees it.
struct DepositReview {
    private let session: Session
    private let spool: DepositSpool?

    init(_ session: Session, spool: String?) throws {
        self.session = session
        self.spool = try DepositSpool.find(spool, session.home, session.surroundings)
    }

    /// A file, and what the vault makes of it.
    private struct Item {
        let file: DepositSpool.File
        let deposit: Deposit?
        /// nil: it can be accepted.
        let refusal: DepositError?

        var state: String { refusal?.state ?? (deposit == nil ? "unreadable" : "ready") }
    }

    /// Puts the public key into the home, where another or none is there; answers it.
    func keepKey() throws -> DepositKey {
        let key = try session.vault.depositKey()
        let (folder, name) = (session.home.folder, DepositSpool.keyFile)
        let content = SecretBytes(copying: (key.text + "\n").utf8)
        if let there = try folder.readSecret(name, limit: 4096), there.equals(content) { return key }
        try folder.replace(name, with: content, owner: session.home.owner)
        return key
    }

    // MARK: List

    func list() throws -> Report {
        let content = try spool?.content() ?? DepositSpool.Content()
        let items = try content.files.map(item)
        var report = Report(.ok("Deposits: \(items.count)"))
        report.json = .object([("deposits", .array(items.map(document)))])
        report.lines =
            items.isEmpty
            ? [.text(indent: 2, "(none)")]
            : [.row(["DEPOSIT", "STATE", "ENTRY", "KIND", "BASE", "EXPIRES", "FROM", "VALUE"].map { .plain($0) })]
                + items.map(row)
        if content.isMore {
            report.remarks.append(
                .warn("There is more in the spool than is looked at: \(DepositSpool.countLimit) deposits at most"))
        }
        if content.others > 0 {
            report.remarks.append(
                .info(
                    "Passed over there, since the name does not end in \(plain: DepositSpool.ending): \(content.others)"
                ))
        }
        try warnOfKey()
        return report
    }

    private func item(_ file: DepositSpool.File) throws -> Item {
        guard let bytes = file.bytes else { return Item(file: file, deposit: nil, refusal: nil) }
        do {
            let deposit = try session.vault.deposit(bytes)
            return Item(file: file, deposit: deposit, refusal: try session.vault.refusal(of: deposit))
        } catch let error as DepositError {
            return Item(file: file, deposit: nil, refusal: error)
        }
    }

    /// What is accepted by: the digest of the file. Of one that is not read the file's own name.
    private func handle(_ item: Item) -> Value { item.file.handle.map { .plain($0) } ?? .untrusted(item.file.name) }

    private func row(_ item: Item) -> Line {
        guard let deposit = item.deposit else {
            return .row([handle(item), .plain(item.state)] + Array(repeating: .plain("-"), count: 6))
        }
        return .row([
            handle(item), .plain(item.state), .untrusted(deposit.name.text), .plain(deposit.name.kind.rawValue),
            deposit.base.map { .integer(Int64($0)) } ?? .plain("new"), .plain(Timestamp.text(deposit.endsAt)),
            .plain("anonymous"), .hidden(prefix: deposit.maskedPrefix),
        ])
    }

    private func document(_ item: Item) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("deposit", item.file.handle.map { .string($0) } ?? .null), ("state", .string(item.state)),
            ("file", .string(item.file.name)),
        ]
        if let deposit = item.deposit {
            members += [
                ("name", .string(deposit.name.text)), ("kind", .string(deposit.name.kind.rawValue)),
                ("base_version", deposit.base.map { .integer(Int64($0)) } ?? .null),
                ("made_at", .string(Timestamp.text(deposit.madeAt))),
                ("expires_at", .string(Timestamp.text(deposit.endsAt))), ("from", .string("anonymous")),
                ("value", .hidden(prefix: deposit.maskedPrefix)),
            ]
        }
        return .object(members)
    }

    /// The public key in the home is not the vault's: whoever wrote it there can open what is deposited with it.
    private func warnOfKey() throws {
        let key = try session.vault.depositKey()
        guard let there = try session.home.folder.readSecret(DepositSpool.keyFile, limit: 4096) else { return }
        let text = there.withBytes { String(decoding: $0, as: UTF8.self) }.filter { !$0.isWhitespace }
        guard text != key.text else { return }
        session.surroundings.say(
            .warn(
                """
                The deposit key in the home is not this vault's: what is deposited with it, another may read. It is from \
                before a new data key, or somebody changed it. Put it right:  \(command: ["vault", "deposits", "key"])
                """))
    }

    // MARK: Accept and reject

    func accept(_ handle: String, _ options: DeliveryOptions) async throws -> Report {
        do {
            return try await taken(handle, options)
        } catch let error as DepositError {
            throw error.failure(of: handle)
        }
    }

    private func taken(_ handle: String, _ options: DeliveryOptions) async throws -> Report {
        let (spool, bytes) = try find(handle)
        let deposit = try session.vault.deposit(bytes)
        // Nobody knows who sent it, and the gateway's key would be lost with what is sealed under it.
        guard !GatewayKeyEntry.all.contains(deposit.name.text) else {
            throw Failure(
                .refused, code: "deposit-gateway-key", "A master key of the gateway is not taken from a deposit",
                hints: [
                    "nothing was stored", "take it away:  \(command: ["vault", "deposits", "reject", handle])",
                ])
        }
        try deposit.check { value throws in try EntryValueOptions.check(value, for: deposit.name) }
        let reconciler = try session.reconciler(for: deposit.name, options)
        let (outcome, isNew): (EntryOutcome, Bool) =
            switch try session.vault.accept(deposit) {
            case .stored(let outcome): (outcome, true)
            case .toBeFinished(let outcome): (outcome, false)
            }
        let change = EntryChange(
            session: session, done: isNew ? "Accepted: \(deposit.name.text)" : "Accepted before: \(deposit.name.text)",
            saved: "Accepted, not delivered: \(deposit.name.text)", outcome: outcome,
            fields: [Field("deposit", .plain(handle))])
        // The file has done its part whatever becomes of the delivery, which is the vault's from now on.
        let result = await Result.of { try await change.concluded(options, through: reconciler) }
        try spool.remove(bytes)
        try session.vault.finish(deposit)
        return try result.get()
    }

    func reject(_ handle: String) throws -> Report {
        if let spool, try spool.removeUnreadable(handle) {
            return Report(.ok("Taken away: \(handle)"), fields: [Field("file", .untrusted(handle))])
        }
        let (spool, bytes) = try find(handle)
        var name: String?
        do {
            let deposit = try session.vault.deposit(bytes)
            try session.vault.reject(deposit)
            name = deposit.name.text
        } catch is DepositError {
            // Of no use to this vault in any case: there is nothing to remember.
        }
        try spool.remove(bytes)
        return Report(
            .ok("Rejected: \(name ?? handle)"),
            fields: [Field("deposit", .plain(handle)), Field("name", name.map { .untrusted($0) } ?? .plain("-"))])
    }

    private func find(_ handle: String) throws -> (spool: DepositSpool, bytes: [UInt8]) {
        if let spool, let bytes = try spool.deposit(handle.lowercased()) { return (spool, bytes) }
        throw Failure(
            .missing, code: "no-such-deposit", "There is no such deposit in the spool",
            hints: ["see what there is:  \(command: ["vault", "deposits", "list"])"])
    }
}

extension Result where Failure == any Error {
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}

extension DepositError {
    /// One word or two for people and programs.
    fileprivate var state: String {
        switch self {
        case .damaged: "damaged"
        case .otherVault: "other-vault"
        case .olderKey: "older-key"
        case .expired: "expired"
        case .acceptedBefore: "accepted-before"
        case .rejectedBefore: "rejected-before"
        case .stale: "stale"
        case .noEntry: "no-entry"
        case .unusableKey: "unusable-key"
        }
    }
}

extension DepositError: FailureConvertible {
    package var failure: Failure { failure(of: "DEPOSIT") }

    /// - Parameter handle: What the deposit is rejected by.
    /// - Returns: What the command says.
    fileprivate func failure(of handle: String) -> Failure {
        let nothing: Message = "nothing was stored"
        func refused(_ message: Message, _ hint: Message) -> Failure {
            Failure(.refused, code: "deposit-\(state)", message, hints: [nothing, hint])
        }
        let away: Message = "take it away:  \(command: ["vault", "deposits", "reject", handle])"
        let again: Message = "let it be deposited again, and \(away)"
        return switch self {
        case .damaged:
            Failure(
                .damaged, code: "deposit-damaged", "The deposit is none, or not as it was written",
                hints: [nothing, again])
        case .otherVault: refused("The deposit is for another vault", "take it there, or \(away)")
        case .olderKey: refused("The deposit was sealed for a key that this vault had before", again)
        case .expired: refused("The deposit has expired", again)
        case .acceptedBefore: refused("The deposit was accepted before: it counts once", away)
        case .rejectedBefore: refused("The deposit was rejected before", away)
        case .stale(let base?, let current):
            refused("The deposit was to follow version \(base), and version \(current) is current", again)
        case .stale(nil, let current):
            refused("The deposit was to be a new entry, and there is one already, at version \(current)", again)
        case .noEntry: refused("The deposit was to follow a version of an entry that is not there", again)
        case .unusableKey: .usage("Nothing can be sealed for this deposit key", hints: ["nothing was deposited"])
        }
    }
}
