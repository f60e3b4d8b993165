internal import ArgumentParser
internal import VaultCore

/// `sigilum service remove`
struct ServiceRemove: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes a service with its credentials and their files.",
        discussion: """
            What the API and the gateway have of it stays there, unless --everywhere is said.

            Example:
              sigilum service remove --service-slug linear --confirm linear --everywhere
            """)

    @OptionGroup var service: SlugOption
    @Option(help: ArgumentHelp("The service's slug once more.", valueName: "slug")) var confirm: String?
    @Flag(help: "Take it away from the API and the gateway as well.") var everywhere = false
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let slug = try service.slug()
        guard let confirm, confirm == slug.text else {
            throw Failure.usage(
                confirm == nil ? "Removing needs --confirm SLUG" : "--confirm is not the service's slug",
                hints: ["nothing was removed; SLUG is the service's slug once more"])
        }
        let session = try Session.open(context, vault, for: .reading)
        let reconciler = try session.reconciler(delivery)
        let (record, before) = try session.vault.read { snapshot in
            (
                try snapshot.service(slug),
                try DeliveryID.all(of: slug).filter { try snapshot.delivery($0)?.isOwned == true }
            )
        }
        let receipt = try session.vault.read { try $0.delivery(.sigilumAPI(slug))?.receipt } ?? [:]
        let wasThere = receipt["service_id"] != nil && receipt["created"] == nil
        let changed = try session.vault.remove(slug, everywhere: everywhere)
        let isWiped = try session.vault.wipeRemoved()
        if everywhere, wasThere {
            session.surroundings.say(
                .info(
                    "The service itself stays at the API, where it was before; its keys that are the vault's are revoked"
                ))
        }
        let left = before.filter { !changed.contains($0) }.map(\.text).joined(separator: ", ")
        if !left.isEmpty { session.surroundings.say(.info("Still delivered: \(left)")) }
        if !isWiped {
            session.surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        let outcomes = try await reconciler.reconcile(changed)
        var conclusion = Conclusion(
            done: "Service removed: \(slug.text)", saved: "Service removed, not everywhere: \(slug.text)",
            fields: [
                Field("slug", .plain(slug.text)), Field("wiped", .boolean(isWiped)),
                Field("taken_away", .untrusted(Self.names(outcomes.filter { !$0.isPending }))),
            ],
            json: .object([
                ("slug", .string(slug.text)), ("wiped", .boolean(isWiped)),
                ("targets", .array(outcomes.map(\.document))),
            ]), outcomes: outcomes, namespace: record?.namespace)
        conclusion.isRemoval = true
        return try conclusion.report()
    }

    private static func names(_ outcomes: [DeliveryOutcome]) -> String {
        outcomes.isEmpty ? "-" : outcomes.map(\.id.text).joined(separator: ", ")
    }
}
