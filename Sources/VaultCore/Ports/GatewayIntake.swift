package import SecureMemory

/// A connection that a gateway has, as it lists it: no value is among what it tells.
package struct ListedConnection: Sendable, Equatable {
    /// Where the vault made it, the slug of its service; else whatever somebody called it.
    package let id: String
    /// The key of the secret that it uses; empty where the gateway does not say.
    package let secretKey: String

    package init(id: String, secretKey: String) {
        self.id = id
        self.secretKey = secretKey
    }
}

/// A call by which a new secret is tried.
package struct TrialCall: Sendable, Equatable {
    /// An HTTP method in capital letters.
    package let method: String
    /// From `/` on, with a query where one is wanted.
    package let path: String

    package init(method: String, path: String) {
        self.method = method
        self.path = path
    }
}

/// How a trial went. Nothing of what the upstream said is in here: it can hold the secret.
package enum TrialOutcome: Sendable, Equatable {
    /// The upstream took the call: an HTTP status from 200 to 399.
    case passed(status: Int)
    /// The upstream answered with another status.
    case failed(status: Int)
    /// The upstream did not answer.
    case noAnswer
    /// The gateway lets only signed callers try a connection.
    case signedCallersOnly
}

/// Where a secret can be tried on a connection of its own, which nobody else uses.
package protocol SecretTrials: DeliveryTarget {
    /// Makes a connection with this secret and the settings of the service's, and has the gateway make one call with it.
    /// The connection stays, for the caller to take away by ``DeliveryTarget/withdraw(_:)`` of its id.
    ///
    /// - Parameters:
    ///   - id: Of the connection to be made, which must not be there.
    ///   - service: Whose connection it is like; with a connection.
    ///   - value: The secret.
    ///   - call: What is called.
    /// - Returns: How it went.
    /// - Throws: Why it could not be tried.
    func attempt(
        _ id: Slug, like service: ServiceRecord, value: SharedSecret, call: TrialCall
    ) async throws(DeliveryFailure) -> TrialOutcome
}
