/// A registered service, as the vault keeps it: what the API's database and the gateway are told.
package struct ServiceRecord: Sendable, Equatable {
    package let slug: Slug
    package let namespace: Namespace
    /// `svc_` and 12 characters of lower-case base32, or the id that the API's database already had.
    /// Empty until the API has answered with one.
    package var id: String
    package var name: String
    package var summary: String
    package var domain: String
    package var email: String
    /// Milliseconds since 1970 UTC.
    package let createdAt: Int64
    /// The order in which services were made: 1, 2, …
    package let ordinal: UInt64
    /// The connection of a service in gateway mode; nil in native mode.
    package var connection: ConnectionRecord?
    /// Whether the connection's own secret gets an export file: the user's choice, kept in native mode too.
    package var hasConnectionFile = true
    /// Whether it is only kept until everything that was delivered of it is taken away.
    package var isRemoved = false

    package init(
        slug: Slug, namespace: Namespace, id: String, name: String, summary: String, domain: String, email: String,
        createdAt: Int64, ordinal: UInt64, connection: ConnectionRecord?
    ) {
        self.slug = slug
        self.namespace = namespace
        self.id = id
        self.name = name
        self.summary = summary
        self.domain = domain
        self.email = email
        self.createdAt = createdAt
        self.ordinal = ordinal
        self.connection = connection
    }

    package var mode: ServiceMode { connection == nil ? .native : .gateway }

    /// The domain of a service where the user says nothing.
    static let localDomain = "localhost"

    /// Those of `name`, `domain` and `description` that are what they are where the user says nothing.
    package var unsaid: Set<String> {
        var unsaid: Set<String> = []
        if name == slug.text || name.isEmpty { unsaid.insert("name") }
        if domain == Self.localDomain { unsaid.insert("domain") }
        if summary == mode.summary || summary.isEmpty { unsaid.insert("description") }
        return unsaid
    }
}

/// How a service is called: by its own key, or through the gateway, which adds the upstream secret.
package enum ServiceMode: String, Sendable, CaseIterable {
    case native
    case gateway

    /// What is said of a service where the user says nothing.
    var summary: String { self == .native ? "Native service" : "Service behind the local gateway" }
}

/// How the gateway puts the secret into an upstream call.
package enum AuthMode: String, Sendable, CaseIterable {
    case bearer
    case headerKey = "header_key"
    case queryParameter = "query_param"
}

/// A connection of the gateway as it should be. Its id is the service's slug.
package struct ConnectionRecord: Sendable, Equatable {
    /// Absolute http or https, without user info, query, fragment and trailing slash.
    package var baseURL: String
    package var authMode: AuthMode
    /// A header name, or the name of a query parameter.
    package var header: String
    /// What precedes the secret, `"Bearer "` say; may be empty.
    package var prefix: String
    /// Which key of the connection's secrets the gateway uses.
    package var secretKey: String
    /// Days between rotations; nil when none is asked for.
    package var rotationIntervalDays: UInt32?

    package init(
        baseURL: String, authMode: AuthMode, header: String, prefix: String, secretKey: String,
        rotationIntervalDays: UInt32?
    ) {
        self.baseURL = baseURL
        self.authMode = authMode
        self.header = header
        self.prefix = prefix
        self.secretKey = secretKey
        self.rotationIntervalDays = rotationIntervalDays
    }
}
