internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum service secret …`
struct ServiceSecretGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "The secret that the gateway adds to calls of a service.",
        discussion: """
            Example:
              LINEAR_TOKEN=… sigilum service secret set --service-slug linear \\
                --upstream-secret-env LINEAR_TOKEN
            """,
        subcommands: [ServiceSecretSet.self])
}

/// `sigilum service secret set`
struct ServiceSecretSet: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Stores a new upstream secret and delivers it to the gateway.",
        discussion: """
            Example:
              LINEAR_TOKEN=… sigilum service secret set --service-slug linear \\
                --upstream-secret-env LINEAR_TOKEN
            """)

    @OptionGroup var service: SlugOption
    @Option(help: ArgumentHelp("The secret's key; the connection's own where none is given.", valueName: "key"))
    var upstreamSecretKey: String?
    @Option(help: ArgumentHelp("Whose a connection becomes that only the gateway knows.", valueName: "namespace"))
    var namespace: String?
    @OptionGroup var secret: UpstreamSecretOptions
    @OptionGroup var trial: TrialOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        let surroundings = Surroundings(context)
        let slug = try service.slug()
        let key = try upstreamSecretKey.map(ConnectionRules.secretKey)
        guard let value = try secret.read(context, surroundings) else {
            throw Failure.usage(
                "A secret is required: one of --upstream-secret-env, --upstream-secret-file, --upstream-secret")
        }
        let call = try trial.read()
        let existing = try Session.openIfThere(context, vault)
        let session: Session
        let outcome: ServiceOutcome
        if let existing, let known = try existing.vault.read({ try $0.service(slug)?.connection }) {
            session = existing
            if let call {
                let name = try EntryName.upstreamSecret(slug, key: key ?? known.secretKey)
                try await SecretTrialRun(session: session, options: delivery).perform(value, as: name, call)
            }
            let findings = try session.findings(slug, secretKey: key, registered: nil)
            outcome = try session.vault.setUpstreamSecret(slug, key: key, value: value, findings: findings)
        } else {
            guard call == nil else {
                throw Failure.usage(
                    "--try is for connections that the vault knows", hints: ["go on without --try; nothing was changed"]
                )
            }
            let request = try await adoption(slug, key, value, context, surroundings, existing)
            session = try existing ?? Session.open(context, vault, for: .storing)
            let findings = try session.findings(slug, secretKey: key, registered: nil)
            outcome = try session.vault.save(request, findings: findings)
            surroundings.say(.info("Taken over from the gateway: connection \(slug.text)"))
        }
        session.sayAdopted(outcome)
        let reconciler = try session.reconciler(delivery)
        let delivered = try await reconciler.reconcile(outcome.deliveries, takingOver: true)
        return try Conclusion(
            done: "Secret updated for service: \(slug.text)", saved: "Secret saved, not delivered: \(slug.text)",
            fields: try fields(outcome, session), outcomes: delivered,
            namespace: outcome.service.namespace
        ).report()
    }

    /// A connection that only the gateway knows, as a service of this vault.
    private func adoption(
        _ slug: Slug, _ key: String?, _ value: SharedSecret, _ context: Context, _ surroundings: Surroundings,
        _ existing: Session?
    ) async throws -> ServiceRequest {
        // What the vault knows is not adopted.
        guard try existing?.vault.read({ try $0.service(slug)?.isRemoved }) != false else {
            throw ServiceError.noConnection(slug)
        }
        guard !delivery.network.offline,
            let found = try await Session.gateway(context, surroundings, delivery.gateway).connection(slug)
        else { throw ServiceError.noConnection(slug) }
        var request = ServiceRequest(
            slug: slug,
            namespace: try Session.namespace(context, surroundings, option: namespace, session: existing))
        let record = found.record
        request.name = found.name
        request.mode = .gateway
        // Our own spelling of the address would be another one to the gateway.
        _ = try taken("base URL") { () throws(Failure) in
            try ConnectionRules.baseURL(record.baseURL, say: surroundings.say)
        }
        request.baseURL = record.baseURL
        request.authMode = record.authMode
        request.header = try taken("header") { () throws(Failure) in
            try ConnectionRules.header(record.header, for: record.authMode)
        }
        request.prefix = try taken("prefix") { () throws(Failure) in try ConnectionRules.authPrefix(record.prefix) }
        let own = record.secretKey.isEmpty ? key ?? record.authMode.defaultSecretKey : record.secretKey
        request.secretKey = try taken("secret key") { () throws(Failure) in try ConnectionRules.secretKey(own) }
        if let key, key != own { request.furtherKey = key }
        request.rotationIntervalDays = record.rotationIntervalDays
        request.secret = value
        return request
    }

    /// What came from the gateway keeps the rules of what comes from a user. Nothing of it is quoted: it can hold a
    /// password.
    private func taken(_ what: Message, _ body: () throws(Failure) -> String) throws(Failure) -> String {
        do throws(Failure) {
            return try body()
        } catch {
            throw Failure(
                .refused, code: "unusable-connection",
                "The gateway's connection cannot be taken over: its \(what) is not one that can be used",
                hints: ["nothing was stored; mend it at the gateway, or make it anew with service add"])
        }
    }

    private func fields(_ outcome: ServiceOutcome, _ session: Session) throws -> [Field] {
        let slug = outcome.service.slug
        guard let upstream = outcome.upstream else { return [] }
        var fields = [
            Field("connection_id", .plain(slug.text)),
            Field("secret_key", .untrusted(String(upstream.name.text.split(separator: "/").last ?? ""))),
        ]
        if reveal.revealSecrets {
            let value = try session.value(of: upstream, reveal: true, purpose: "service secret set")
            fields.append(Field("secret_value", value))
        }
        if upstream.deliveries.contains(.connectionFile(slug)) {
            fields.append(Field("connection_file", session.shown(file: DeliveryID.connectionFile(slug).key)))
        }
        return fields
    }
}
