internal import SecureMemory
internal import VaultCore

/// What lies in a folder of plain files, with what the gateway lists: values come from the files, and how a connection
/// uses them from the gateway, which gives none out.
struct WorkspaceAdoption {
    let values: ImportedValues
    let adoptions: [ImportReport.Adoption]

    /// - Parameters:
    ///   - workspace: The folder.
    ///   - given: The folder as the user named it.
    ///   - secretKey: The key of a connection's secret where nobody else says; nil: that of a bearer connection.
    ///   - services: Those that the vault has.
    ///   - listed: What the gateway has; nil where it was not asked.
    ///   - say: Takes warnings.
    /// - Throws: Why a file cannot be read.
    init(
        _ workspace: PlainWorkspace, given: String, secretKey: String?, services: [Slug: ServiceRecord],
        listed: [ListedConnection]?, say: (Remark) -> Void
    ) throws(Failure) {
        let keys = Dictionary((listed ?? []).map { ($0.id, $0.secretKey) }) { first, _ in first }
        var guessed: [String] = []
        values = try workspace.values { slug in
            if let secretKey { return secretKey }
            if let stored = services[slug]?.connection?.secretKey { return stored }
            if let key = keys[slug.text], (try? ConnectionRules.secretKey(key)) != nil { return key }
            guessed.append(slug.text)
            return AuthMode.bearer.defaultSecretKey
        }
        if !guessed.isEmpty {
            say(
                .warn(
                    """
                    Nobody says under which key these connections have their secret, so it is \
                    \(plain: AuthMode.bearer.defaultSecretKey): \(guessed.joined(separator: ", ")); \
                    name another one with --upstream-secret-key
                    """))
        }
        let isKnown = { (id: String) in (try? Slug(id)).flatMap { services[$0] } != nil }
        let foreign = (listed ?? []).filter { !isKnown($0.id) }
        let ofGateway = foreign.map { connection -> ImportReport.Adoption in
            guard let slug = try? Slug(connection.id) else {
                return ImportReport.Adoption(service: connection.id, words: nil)
            }
            let file =
                workspace.connections.contains(slug)
                ? "\(given.hasSuffix("/") ? String(given.dropLast()) : given)/gateway-connection-secret-\(slug.text)"
                : "-"
            return ImportReport.Adoption(
                service: slug.text,
                words: ["service", "secret", "set", "--service-slug", slug.text, "--upstream-secret-file", file])
        }
        let listedIDs = Set((listed ?? []).map(\.id))
        let ofFolder = workspace.services.union(workspace.connections)
            .filter { services[$0] == nil && !listedIDs.contains($0.text) }
            .sorted { $0.text < $1.text }
            .map { slug -> ImportReport.Adoption in
                var words = ["service", "add", "--service-slug", slug.text]
                if workspace.connections.contains(slug) {
                    words += ["--mode", "gateway", "--upstream-base-url", "URL"]
                }
                return ImportReport.Adoption(service: slug.text, words: words)
            }
        adoptions = ofGateway + ofFolder
    }
}
