internal import ArgumentParser
internal import VaultCore

/// `sigilum service key …`
struct ServiceKeyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The API key of a service.",
        discussion: """
            Example:
              sigilum service key rotate --service-slug linear --grace-seconds 3600
            """, subcommands: [ServiceKeyRotate.self])
}

/// `sigilum service key rotate`
struct ServiceKeyRotate: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "A new API key, everywhere it is used; the old one is revoked.",
        discussion: """
            With --grace-seconds the old key stays valid that long; the next `sigilum vault sync` after it revokes the key.

            Example:
              sigilum service key rotate --service-slug linear --grace-seconds 3600
            """)

    @OptionGroup var service: SlugOption
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long the old key stays valid; 0 where it is not said.", valueName: "seconds"))
    var graceSeconds: String?
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    /// The most that an old key may live on, in seconds: 90 days.
    private static let longest: Int64 = 90 * 86_400

    func perform(_ context: Context) async throws -> Report {
        let slug = try service.slug()
        let grace = try graceSeconds.map(Self.seconds) ?? 0
        let session = try Session.open(context, vault, for: .reading)
        let reconciler = try session.reconciler(delivery)
        let outcome = try session.vault.rotateAPIKey(slug, graceMilliseconds: grace * 1000)
        let outcomes = try await reconciler.reconcile(outcome.deliveries)
        // The API may just have made it, and the old one may just have been revoked.
        let (entry, plans) = try session.vault.read { snapshot in
            (try snapshot.entry(.serviceAPIKey(slug)), try snapshot.plans().filter { $0.delivery.service == slug })
        }
        var fields = [
            Field(
                "api_key",
                try entry.map {
                    try session.value(of: $0, reveal: reveal.revealSecrets, purpose: "service key rotate")
                } ?? .plain("(pending)"))
        ]
        if let entry { fields.append(Field("version", .integer(Int64(entry.currentVersion)))) }
        fields.append(Field("key_file", session.shown(file: DeliveryID.apiKeyFile(slug).key)))
        if let end = plans.compactMap(\.delivery.retiresOldAt).max(), end > context.now() {
            fields.append(Field("old_key", .plain("valid until \(Timestamp.text(end))")))
            session.surroundings.say(.info("The next \(command: ["vault", "sync"]) after that revokes the old key"))
        } else {
            fields.append(Field("old_key", .plain(outcomes.contains(where: \.isPending) ? "(pending)" : "revoked")))
        }
        return try Conclusion(
            done: "API key rotated for service: \(slug.text)", saved: "API key not rotated everywhere: \(slug.text)",
            fields: fields, outcomes: outcomes, namespace: outcome.service.namespace
        ).report()
    }

    private static func seconds(_ text: String) throws(Failure) -> Int64 {
        guard let seconds = Int64(text), (0...longest).contains(seconds) else {
            throw .usage("--grace-seconds is 0 to \(longest)", hints: ["nothing was changed"])
        }
        return seconds
    }
}
