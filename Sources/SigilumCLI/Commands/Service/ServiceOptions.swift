internal import ArgumentParser
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Where an upstream secret comes from.
struct UpstreamSecretOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The secret. Other users can read it in the process list.", valueName: "value"))
    var upstreamSecret: ArgumentSecret?

    @Option(help: ArgumentHelp("The environment variable that has the secret.", valueName: "name"))
    var upstreamSecretEnv: String?

    @Option(help: ArgumentHelp("The file that has the secret; - is standard input.", valueName: "path"))
    var upstreamSecretFile: String?

    @Flag(help: "Let a value of the form {{NAME}} through, which the gateway takes for one of its variables.")
    var allowVariableReference = false

    /// The secret, read and found fit for an HTTP header; nil where none was given.
    func read(_ context: Context, _ surroundings: Surroundings) throws -> SharedSecret? {
        let source = try SecretSource.upstream(
            value: context.secret(upstreamSecret), variable: upstreamSecretEnv, file: upstreamSecretFile)
        guard let secret = try source?.read(surroundings, context.terminal) else { return nil }
        try HTTPValueRule.check(secret.bytes, allowsVariableReference: allowVariableReference)
        return secret
    }
}

/// The service that a command is about.
struct SlugOption: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The service: 3 to 64 of a-z, 0-9 and -.", valueName: "slug"))
    var serviceSlug: String

    func slug() throws(Failure) -> Slug { try ServiceRules.slug(serviceSlug) }
}

extension Session {
    /// What was there of a service before the vault knew of it.
    func findings(_ slug: Slug, secretKey: String?, registered: RegisteredService?) throws -> ServiceFindings {
        var findings = ServiceFindings()
        findings.registered = registered.map { service in
            RegisteredService(
                id: service.id, slug: service.slug, name: Self.plain(service.name) ?? service.slug,
                domain: Self.plain(service.domain), summary: Self.plain(service.summary))
        }
        let known = try vault.read { snapshot in
            (
                key: try snapshot.entry(.serviceAPIKey(slug)) != nil,
                file: try snapshot.delivery(.connectionFile(slug)) != nil
            )
        }
        if !known.key { findings.apiKeyFile = try adoptable(DeliveryID.apiKeyFile(slug).key) }
        if !known.file { findings.connectionFile = try adoptable(DeliveryID.connectionFile(slug).key) }
        return findings
    }

    /// A text of the database's that a service can have; nil for any other, which the vault does not take up.
    private static func plain(_ text: String?) -> String? {
        text.flatMap { !$0.isEmpty && $0.utf8.count <= 500 && !$0.utf8.contains { $0 < 0x20 || $0 == 0x7f } ? $0 : nil }
    }

    private func adoptable(_ name: String) throws -> SharedSecret? {
        guard let found = try context.openers.adoptableFile(home.folder.path, name) else { return nil }
        do throws(HTTPValueError) {
            try HTTPValueRule.check(found.bytes, allowsVariableReference: true)
        } catch {
            throw Failure(
                .damaged, code: "unusable-file", "The file cannot be taken over: \(home.path(of: name))",
                hints: [
                    "it is empty, or no value for an HTTP header", "nothing was stored; move it away and try again",
                ])
        }
        return found
    }

    /// Says what was taken over from files.
    func sayAdopted(_ outcome: ServiceOutcome) {
        for name in outcome.adopted {
            surroundings.say(.info("Taken over from its file, as a version of: \(name.text)"))
        }
    }

    /// A secret's value for output: opened, with the release recorded, only where it will be shown.
    func value(of entry: Entry, reveal: Bool, purpose: String) throws -> Value {
        guard reveal else { return .hidden(prefix: entry.maskedPrefix) }
        return .secret(try vault.reveal(entry.name, purpose: purpose), prefix: entry.maskedPrefix)
    }
}
