internal import VaultCore

/// What is remembered of a connection that was delivered: how to notice that it is not as it was left.
struct GatewayReceipt {
    /// Where it was delivered; nil where it never was.
    let endpoint: String?
    /// Where the vault began to make it and did not hear what became of it.
    let intendedEndpoint: String?
    let secretVersion: String?
    let createdAt: String?
    /// The keys that the vault delivered. Others are somebody else's, and stay.
    let keys: Set<String>
    /// The connection's status and path prefix as they were when it was delivered: people set them at the gateway.
    let status: String
    let pathPrefix: String
    /// Which master key the gateway should have had then, by an id.
    let masterKey: String?

    private static let active = "active"

    static let intendedKey = "intended_endpoint"

    init(_ receipt: DeliveryReceipt) {
        endpoint = receipt["endpoint"]
        intendedEndpoint = receipt[Self.intendedKey]
        secretVersion = receipt["secret_version"]
        createdAt = receipt["created_at"]
        // A key is one part of an entry's name, so it has no slash.
        keys = Set((receipt[Delivery.keysKey] ?? "").split(separator: "/").map(String.init))
        status = receipt["status"] ?? Self.active
        pathPrefix = receipt["path_prefix"] ?? ""
        masterKey = receipt[Delivery.gatewayKey]
    }

    /// Whether it was delivered before the gateway was to get the master key that it should have now.
    func isUnderAnotherKey(than wanted: WantedConnection) -> Bool {
        endpoint != nil && wanted.masterKey != nil && wanted.masterKey != masterKey
    }

    /// Whether the secrets may not be those that were delivered.
    func hasDrifted(_ remote: RemoteConnection) -> Bool {
        hasOtherVersion(remote) || wasMadeAnew(remote)
    }

    /// Somebody rotated.
    func hasOtherVersion(_ remote: RemoteConnection) -> Bool {
        secretVersion.map { $0 != String(remote.secretVersion) } ?? false
    }

    /// Somebody deleted and created it: the version began again and can be the same by chance.
    func wasMadeAnew(_ remote: RemoteConnection) -> Bool {
        createdAt.map { $0 != remote.createdAt } ?? false
    }

    /// Whether what is there is what the vault made, or may have made.
    ///
    /// The same connection has the time of its creation at the same place. An intent whose call had no definite answer
    /// counts too: then what appeared there is taken for the vault's own, as far as anybody can tell.
    func isForeign(_ remote: RemoteConnection, at endpoint: String, intendedAt intended: String) -> Bool {
        if isIntended(at: intended) { return false }
        guard isSamePlace(endpoint) else { return true }
        return (createdAt ?? "") != remote.createdAt
    }

    func isIntended(at endpoint: String) -> Bool {
        intendedEndpoint.map { Self.place($0) == Self.place(endpoint) } ?? false
    }

    /// Whether it was delivered there. The tool works on the data of a gateway whose address it does not know: there
    /// the time of creation alone decides.
    func isSamePlace(_ other: String) -> Bool {
        guard let endpoint else { return false }
        if Self.isTool(endpoint) != Self.isTool(other) { return createdAt != nil }
        return Self.place(endpoint) == Self.place(other)
    }

    private static func isTool(_ endpoint: String) -> Bool { endpoint.hasPrefix(GatewayCommandLine.name) }

    /// The names of this machine are one place.
    private static func place(_ endpoint: String) -> String {
        for name in ["localhost", "[::1]"] where endpoint.lowercased().hasPrefix("http://\(name)") {
            let rest = endpoint.dropFirst("http://\(name)".count)
            if rest.isEmpty || rest.hasPrefix(":") || rest.hasPrefix("/") { return "http://127.0.0.1\(rest)" }
        }
        return endpoint
    }

    /// What to remember of a connection as the gateway has it now.
    static func make(_ remote: RemoteConnection, _ wanted: WantedConnection, endpoint: String) -> DeliveryReceipt {
        var receipt = [
            "secret_version": String(remote.secretVersion), "endpoint": endpoint,
            Delivery.keysKey: wanted.keys.sorted().joined(separator: "/"),
        ]
        if !remote.createdAt.isEmpty { receipt["created_at"] = remote.createdAt }
        // What this way could not put back is still to be put back.
        if wanted.status != active { receipt["status"] = wanted.status }
        if !wanted.pathPrefix.isEmpty { receipt["path_prefix"] = wanted.pathPrefix }
        receipt[Delivery.gatewayKey] = wanted.masterKey
        return receipt
    }

    /// One of the two that there are: nothing else of what the gateway says is kept.
    static func status(of remote: RemoteConnection) -> String {
        remote.status == "disabled" ? remote.status : active
    }

    /// Its path prefix, where it is one that can be kept.
    static func pathPrefix(of remote: RemoteConnection) -> String {
        isPath(remote.pathPrefix) ? remote.pathPrefix : ""
    }

    /// Whether a path prefix is worth keeping: it came from outside.
    private static func isPath(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
