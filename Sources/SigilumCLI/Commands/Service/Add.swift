internal import ArgumentParser
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// `sigilum service add`
struct ServiceAdd: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Registers a service, or brings a registered one up to date.",
        discussion: """
            Makes the service's API key and, in gateway mode, the gateway's connection with the upstream secret. Run again,
            an option that is left out keeps what is stored.

            Example:
              sigilum service add --service-slug my-native-service
              LINEAR_TOKEN=… sigilum service add --service-slug linear --mode gateway \\
                --upstream-base-url https://api.linear.app \\
                --upstream-secret-env LINEAR_TOKEN
            """)

    @OptionGroup var service: SlugOption
    @Option(help: ArgumentHelp("A name for people; the slug where none is given.", valueName: "text"))
    var serviceName: String?
    @Option(help: ArgumentHelp("A sentence about it.", valueName: "text"))
    var description: String?
    @Option(help: ArgumentHelp("Where it runs; localhost where none is given.", valueName: "domain"))
    var domain: String?
    @Option(help: ArgumentHelp("Whose it is.", valueName: "namespace"))
    var namespace: String?
    @Option(help: ArgumentHelp("The owner's e-mail.", valueName: "address"))
    var email: String?
    @Option(help: ArgumentHelp("native or gateway.", valueName: "mode"))
    var mode: String?
    @OptionGroup(title: "Gateway mode") var connection: ConnectionOptions
    @OptionGroup var secret: UpstreamSecretOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        let surroundings = Surroundings(context)
        let isManaged = try DeploymentMode.forServices(surroundings) == .managed
        let slug = try service.slug()
        // Everything that can be wrong with the words is found before anything is made or stored. The secret comes first:
        // what it is read from must not be inherited by a command that the master key comes from.
        let upstreamSecret = try secret.read(context, surroundings)
        let existing = try Session.openIfThere(context, vault)
        var request = ServiceRequest(
            slug: slug,
            namespace: try Session.namespace(context, surroundings, option: namespace, session: existing))
        request.name = try serviceName.map(ServiceRules.name)
        request.summary = try description.map(ServiceRules.summary)
        request.domain = try domain.map(ServiceRules.domain)
        request.email = try email.map { try ServiceRules.email($0) }
        request.mode = try mode.map(parseMode)
        request.isManaged = isManaged
        if isManaged, !delivery.network.offline {
            guard try Session.hasOwnerToken(request.namespace, existing, surroundings) else {
                throw DeliveryFailure.ownerTokenRequired.failure
            }
        }
        let kept = try existing?.vault.read { try $0.service(slug) }
        if let kept, kept.namespace != request.namespace { throw ServiceError.otherNamespace(kept.namespace) }
        // One that is only kept until it is taken away everywhere is made anew.
        let known = kept?.isRemoved == false ? kept : nil
        try connection.fill(&request, known: known, say: surroundings.say)
        request.secret = upstreamSecret
        guard request.secret == nil || (request.mode ?? known?.mode) == .gateway else {
            throw Failure.usage("An upstream secret needs --mode gateway", hints: ["nothing was stored"])
        }
        _ = try Session.gateway(context, surroundings, delivery.gateway)
        let location = try HomeResolution.locate(
            option: vault.sigilumHome, config: try ConfigFile.load(surroundings), surroundings: surroundings)
        let registered =
            isManaged
            ? nil
            : try Session.localAPI(
                context, surroundings, option: delivery.apiDb, home: existing?.home.folder.path ?? location.path,
                owner: nil
            ).registeredService(
                slug: slug, namespace: request.namespace,
                email: try request.email ?? known?.email ?? existing?.vault.read { try $0.email(of: request.namespace) }
                    ?? ServiceRules.defaultEmail(request.namespace))

        let session = try existing ?? Session.open(context, vault, for: .storing)
        let reconciler = try session.reconciler(delivery)
        if isManaged { request.apiURL = try address(of: slug, session) }
        let findings = try session.findings(slug, secretKey: request.secretKey, registered: registered)
        let outcome = try session.vault.save(request, findings: findings)
        session.sayAdopted(outcome)
        if let name = outcome.generated {
            surroundings.say(
                .info(
                    "Made up a new secret, since the vault has none under that key: \(name.text) is what the connection uses"
                ))
        }
        let delivered = try await reconciler.reconcile(outcome.deliveries, takingOver: request.secret != nil)
        if isManaged, known == nil { try session.sayTakenUp(slug) }
        return try Conclusion(
            done: "Service registered: \(slug.text)", saved: "Service saved, not delivered: \(slug.text)",
            fields: try fields(outcome, session), outcomes: delivered,
            namespace: request.namespace
        ).report()
    }

    /// Where the service is registered from now on; nil where it stays. Only an option moves it.
    private func address(of slug: Slug, _ session: Session) throws -> String? {
        let known = try session.vault.read { try $0.delivery(.sigilumAPI(slug))?.settings["api_url"] }
        return known == nil || delivery.api.apiUrl != nil ? try session.managedAddress(delivery.api) : nil
    }

    private func parseMode(_ text: String) throws(Failure) -> ServiceMode {
        guard let mode = ServiceMode(rawValue: text) else { throw .usage("--mode is native or gateway") }
        return mode
    }

    private func fields(_ outcome: ServiceOutcome, _ session: Session) throws -> [Field] {
        let slug = outcome.service.slug
        // The API's database may have had an id of its own, which is the service's then.
        let record = try session.vault.read { try $0.service(slug) } ?? outcome.service
        let isShown = reveal.revealSecrets
        // The API may just have made it.
        let apiKey = try session.vault.read { try $0.entry(.serviceAPIKey(slug)) }
        let shown = { try session.value(of: $0, reveal: isShown, purpose: "service add") }
        var fields = [
            Field("mode", .plain(record.mode.rawValue)),
            Field("service_id", record.id.isEmpty ? .plain("(pending)") : .untrusted(record.id)),
            Field("api_key", try apiKey.map(shown) ?? .plain("(pending)")),
        ]
        if let connection = record.connection, let upstream = outcome.upstream {
            fields += [
                Field("upstream_url", .untrusted(connection.baseURL)),
                Field("auth_mode", .plain(connection.authMode.rawValue)), Field("connection_id", .plain(slug.text)),
                Field("secret_key", .untrusted(connection.secretKey)),
            ]
            if isShown {
                let value = try session.value(of: upstream, reveal: true, purpose: "service add")
                fields.append(Field("secret_value", value))
            }
        }
        fields.append(Field("key_file", session.shown(file: DeliveryID.apiKeyFile(slug).key)))
        // Asked again: the file may just have been taken away.
        if try session.vault.read({ try $0.delivery(.connectionFile(slug)) }) != nil {
            fields.append(Field("connection_file", session.shown(file: DeliveryID.connectionFile(slug).key)))
        }
        return fields
    }
}
