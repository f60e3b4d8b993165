/// What the local API's database already knows, asked before anything is stored.
package protocol ServiceDirectory: Sendable {
    /// The service of that slug and namespace; nil where the database, the user or the service is not there yet.
    /// Throws ``DeliveryFailure/emailTaken`` where `email` belongs to another namespace's user.
    func registeredService(
        slug: Slug, namespace: Namespace, email: String
    ) throws(DeliveryFailure) -> RegisteredService?

    /// Makes the user of a namespace, or gives the one that is there this e-mail, and answers the user's id. Throws
    /// ``DeliveryFailure/emailTaken`` where the e-mail belongs to another namespace's user.
    func ensureOwner(namespace: Namespace, email: String) throws(DeliveryFailure) -> String

    /// Whether ``ensureOwner(namespace:email:)`` would work, as far as can be seen without writing; throws as it would.
    func checkOwner(namespace: Namespace, email: String) throws(DeliveryFailure)

    /// The user of a namespace; nil where there is none, or no database.
    func owner(namespace: Namespace) throws(DeliveryFailure) -> RegisteredOwner?

    /// All services of a namespace in the order they were made; empty where there is no database.
    func registeredServices(namespace: Namespace) throws(DeliveryFailure) -> [RegisteredService]
}

/// The user that owns a namespace.
package struct RegisteredOwner: Sendable, Equatable {
    package let id: String
    package let email: String

    package init(id: String, email: String) {
        self.id = id
        self.email = email
    }
}

/// A service as a database or an API lists it.
package struct RegisteredService: Sendable, Equatable {
    package let id: String
    package let slug: String
    package let name: String
    /// When it was made, as the other side writes it; nil where it does not say.
    package let createdAt: String?
    /// nil where the other side does not say.
    package let domain: String?, summary: String?

    package init(
        id: String, slug: String, name: String, createdAt: String? = nil, domain: String? = nil, summary: String? = nil
    ) {
        self.id = id
        self.slug = slug
        self.name = name
        self.createdAt = createdAt
        self.domain = domain
        self.summary = summary
    }
}

/// What the gateway already has, asked before a connection is adopted.
package protocol ConnectionDirectory: Sendable {
    /// The connection of that id with its name, or nil where the gateway has none.
    func connection(_ slug: Slug) async throws(DeliveryFailure) -> (name: String, record: ConnectionRecord)?
}

/// What the API has over HTTP.
package protocol AccountDirectory: Sendable {
    /// All services of the owner, in the order they were made.
    func services() async throws(DeliveryFailure) -> [RegisteredService]
}

/// A configuration file that is edited in place.
package protocol ConfigurationEditor: Sendable {
    /// Works out the edit of the file at `path`, an absolute path, and throws as ``DeliveryTarget/apply(_:)`` would;
    /// writes nothing.
    func check(path: String, settings: DeliverySettings) throws(DeliveryFailure)

    /// Whether a token stands in the file at `path`, an absolute path, and the file names no other namespace than this:
    /// whoever put it there.
    func holdsToken(path: String, namespace: String) throws(DeliveryFailure) -> Bool
}
