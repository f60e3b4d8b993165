package import SecureMemory

/// What a user wants a service to be. Nil keeps what is stored, or takes the default where nothing is.
package struct ServiceRequest: Sendable {
    package let slug: Slug
    package let namespace: Namespace
    package var name: String?
    package var summary: String?
    package var domain: String?
    package var email: String?
    package var mode: ServiceMode?
    package var baseURL: String?
    package var authMode: AuthMode?
    package var header: String?
    package var prefix: String?
    package var secretKey: String?
    /// The key under which ``secret`` is stored where it is not the connection's own.
    package var furtherKey: String?
    package var rotationIntervalDays: UInt32?
    /// Whether the service is registered at the API over HTTP, which makes its key, instead of in the local database.
    package var isManaged = false
    /// Which API that is; nil keeps what is stored.
    package var apiURL: String?
    /// The upstream secret where the user gave one.
    package var secret: SharedSecret?
    /// Whether the connection's secret gets an export file; nil keeps what is stored, at first true.
    package var exportsSecret: Bool?

    package init(slug: Slug, namespace: Namespace) {
        self.slug = slug
        self.namespace = namespace
    }
}

/// What was there before the vault knew of the service: looked up first, so that nothing of it is lost.
package struct ServiceFindings: Sendable {
    /// The service as the API's database already has it.
    package var registered: RegisteredService?
    /// What lies in the export file of the API key.
    package var apiKeyFile: SharedSecret?
    /// What lies in the export file of the connection's secret.
    package var connectionFile: SharedSecret?

    package init() {}
}

/// What saving a service did.
package struct ServiceOutcome: Sendable {
    package let service: ServiceRecord
    /// nil where the API has not made one yet.
    package let apiKey: Entry?
    /// The secret of the connection; nil in native mode.
    package let upstream: Entry?
    /// What is to be delivered now.
    package let deliveries: [DeliveryID]
    /// Names of entries that were taken over from export files.
    package let adopted: [EntryName]
    /// A secret that was made up although the connection was there already.
    package var generated: EntryName?
}

/// Why a service cannot be saved.
package enum ServiceError: Error, Sendable, Equatable {
    /// The slug belongs to another namespace of this vault.
    case otherNamespace(Namespace)
    /// Gateway mode needs an upstream base URL.
    case baseURLRequired
    /// The vault has no service of that slug, or one without a connection.
    case noConnection(Slug)
    /// The vault has no service of that slug.
    case noSuchService(Slug)
    /// The service's key was removed everywhere: it is registered nowhere any more.
    case registeredNowhere(Slug)
    /// The service is registered at the API over HTTP (`isManaged`), or in the local database, and not where it was looked
    /// for.
    case registeredElsewhere(isManaged: Bool)
    /// The API makes the keys of this service: none can be given.
    case keyIsIssued(Slug)
    /// The connection uses this secret, and others of its secrets are delivered with it.
    case secretInUse(EntryName, others: [EntryName])
    /// The name of the secret within the connection cannot be part of an entry's name.
    case malformedSecretKey
}

extension AuthMode {
    /// The header or query parameter that is used where none is given.
    package func defaultHeader(for slug: Slug) -> String {
        switch self {
        case .bearer: "Authorization"
        case .headerKey: "X-\(slug.text)-Key"
        case .queryParameter: "api_key"
        }
    }

    /// What precedes the secret where nothing is given.
    package var defaultPrefix: String { self == .bearer ? "Bearer " : "" }

    /// The key of the secret within the connection where none is given.
    package var defaultSecretKey: String {
        switch self {
        case .bearer: "access_token"
        case .headerKey: "upstream_key"
        case .queryParameter: "api_key"
        }
    }
}
