internal import VaultCore

/// What is remembered of a connection that was delivered: how to notice that it is not as it was left.
struct GatewayReceipt {
    let secretVersion: String?
    let createdAt: String?
    /// The keys that the vault delivered. Others are somebody else's, and stay.
    let keys: Set<String>
    /// The connection's status and path prefix, which people set at the gateway: seen, kept, not changed.
    let status: String
    let pathPrefix: String

    private static let active = "active"

    init(_ receipt: DeliveryReceipt) {
        secretVersion = receipt["secret_version"]
        createdAt = receipt["created_at"]
        // A key is one part of an entry's name, so it has no slash.
        keys = Set((receipt["keys"] ?? "").split(separator: "/").map(String.init))
        status = receipt["status"] ?? Self.active
        pathPrefix = receipt["path_prefix"] ?? ""
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

    /// Somebody switched it off or on.
    func hasOtherStatus(_ remote: RemoteConnection) -> Bool {
        status != Self.status(of: remote)
    }

    /// What to remember of a connection as the gateway has it now.
    static func make(_ remote: RemoteConnection, keys: Set<String>, endpoint: String) -> DeliveryReceipt {
        var receipt = [
            "secret_version": String(remote.secretVersion), "endpoint": endpoint,
            "keys": keys.sorted().joined(separator: "/"),
        ]
        if !remote.createdAt.isEmpty { receipt["created_at"] = remote.createdAt }
        let status = status(of: remote)
        if status != active { receipt["status"] = status }
        if isPath(remote.pathPrefix) { receipt["path_prefix"] = remote.pathPrefix }
        return receipt
    }

    /// One of the two that there are: nothing else of what the gateway says is kept.
    static func status(of remote: RemoteConnection) -> String {
        remote.status == "disabled" ? remote.status : active
    }

    /// Whether a path prefix is worth keeping: it came from outside.
    private static func isPath(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
