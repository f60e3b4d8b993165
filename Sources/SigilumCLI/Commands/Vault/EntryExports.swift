internal import SafeFiles
internal import VaultCore

/// The export files of entries: compared, written, given and taken away. Reaches for no other target.
struct EntryExports {
    let session: Session

    private var reconciler: Reconciler { session.reconciler(targets: [session.exportFiles()]) }

    /// The export files of these entries, or of all.
    ///
    /// - Throws: 66 for an entry that is not there, or has none.
    func ids(of names: [EntryName]?) throws -> Set<DeliveryID> {
        try session.vault.read { snapshot in
            guard let names else {
                return Set(try snapshot.inventory().deliveries.map(\.id).filter { $0.target == .exportFile })
            }
            var ids: Set<DeliveryID> = []
            for name in names {
                guard let entry = try snapshot.entry(name) else { throw VaultError.noSuchEntry(name) }
                let files = entry.deliveries.filter { $0.target == .exportFile }
                guard !files.isEmpty else {
                    throw Failure(
                        .missing, code: "no-export-file", "The entry has no export file: \(name.text)",
                        hints: Self.hints(name))
                }
                ids.formUnion(files)
            }
            return ids
        }
    }

    /// How an entry comes to a file.
    private static func hints(_ name: EntryName) -> [Message] {
        let slug = name.text.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        switch name.kind {
        case .userSecret: return ["give it one:  \(command: ["vault", "export", name.text, "--to", "FILE"])"]
        case .serviceAPIKey: return ["give it one:  \(command: ["service", "add", "--service-slug", slug])"]
        case .upstreamSecret:
            return [
                "only the secret that the connection uses has one",
                "give it one:  \(command: ["service", "add", "--service-slug", slug, "--export"])",
            ]
        case .ownerToken: return ["give it one:  \(command: ["auth", "login", "--namespace", slug])"]
        case .localJWTSecret: return ["it gets none: it is used from the vault"]
        }
    }

    func compare(_ ids: Set<DeliveryID>) async throws -> Report {
        let compared = try await reconciler.compare(ids)
        return try TargetStates(comparisons: compared).report(
            same: "Export files are as they should be: \(compared.count)"
        ) {
            "Export files differ: \($0) of \(compared.count)"
        }
    }

    func write(_ ids: Set<DeliveryID>) async throws -> Report {
        try report(
            try await reconciler.reconcile(ids), done: "Export files: \(ids.count)",
            saved: "Not all export files are written")
    }

    /// Gives a user's own entry a file. One that is there and was not its own stays as it is.
    func give(_ name: EntryName, _ given: String) async throws -> Report {
        guard name.kind == .userSecret else {
            throw Failure.usage(
                "Only an entry of your own gets a file by --to: \(name.text)",
                hints: ["the export files of services and owners have fixed names in the home"])
        }
        let file = try SecretFile(given, session.surroundings)
        try file.refuse(inside: session.home)
        // By where it really is: two ways to one file are one file.
        let files = try session.vault.read { try $0.inventory() }.deliveries.filter { $0.id.target == .exportFile }
        let same = files.filter { SecretFile.resolved(path(of: $0.id)) == file.realPath }
        guard same.allSatisfy({ $0.entries == [name] }) else {
            throw Failure.usage("The file is another entry's export file: \(file.path)")
        }
        let known = same.first
        guard known != nil || !file.exists else {
            throw Failure(
                .cannotWrite, code: "file-exists", "There is a file already: \(file.path)",
                hints: ["nothing was changed; move it away, or give another path"])
        }
        let outcome = try session.vault.declareExport(of: name, to: known?.id.key ?? file.path)
        return try report(
            try await reconciler.reconcile(outcome.deliveries), done: "Exported: \(name.text)",
            saved: "Declared, not written: \(name.text)")
    }

    /// Absolute.
    private func path(of id: DeliveryID) -> String {
        id.key.hasPrefix("/") ? id.key : session.home.folder.path + "/" + id.key
    }

    func takeAway(_ names: [EntryName]) async throws -> Report {
        let ids = try ids(of: names)
        for name in names { _ = try session.vault.withdrawExports(of: name) }
        return try report(
            try await reconciler.reconcile(ids), done: "Export files taken away: \(ids.count)",
            saved: "Not all export files are taken away")
    }

    private func report(_ outcomes: [DeliveryOutcome], done: Message, saved: Message) throws -> Report {
        let documents = outcomes.map { outcome in
            JSON.object([("file", session.shown(file: outcome.id.key).json), ("state", .string(outcome.state))])
        }
        return try Conclusion(
            done: done, saved: saved, fields: [],
            lines: outcomes.map { .row([session.shown(file: $0.id.key), .plain($0.state)]) },
            json: .object([("files", .array(documents))]), outcomes: outcomes
        ).report()
    }
}
