internal import VaultCore

/// A connection as it should be, in the gateway's words.
struct WantedConnection: Sendable {
    let id: Slug
    let name: String
    let baseURL: String
    let authMode: String
    let header: String
    let prefix: String
    let secretKey: String
    /// 0: none.
    let rotationIntervalDays: Int
    /// The keys of all secrets.
    let keys: Set<String>
    /// Which master key the gateway should have, by an id; nil where it never changed.
    var masterKey: String?
    /// What people set at the gateway: as it was when the connection was delivered, or taken over. Empty: no opinion.
    var pathPrefix = ""
    var status = ""

    init(service: ServiceRecord, connection: ConnectionRecord, keys: Set<String>) {
        id = service.slug
        name = service.name.isEmpty ? service.slug.text : service.name
        baseURL = connection.baseURL
        // The gateway takes an empty prefix of a bearer connection for "Bearer ". Under header_key it is really empty,
        // and the upstream gets the same header.
        let isBare = connection.authMode == .bearer && connection.prefix.isEmpty
        authMode = (isBare ? .headerKey : connection.authMode).rawValue
        header = connection.header
        prefix = connection.prefix
        secretKey = connection.secretKey
        rotationIntervalDays = Int(connection.rotationIntervalDays ?? 0)
        self.keys = keys
    }

    /// A connection on which a secret is tried: like a service's, under an id of its own, and with that one secret.
    init(trial id: Slug, like service: ServiceRecord, connection: ConnectionRecord) {
        let like = WantedConnection(service: service, connection: connection, keys: [connection.secretKey])
        self.id = id
        name = id.text
        baseURL = like.baseURL
        authMode = like.authMode
        header = like.header
        prefix = like.prefix
        secretKey = like.secretKey
        rotationIntervalDays = 0
        keys = like.keys
    }

    /// The same with the status and the path prefix that are remembered; those of `remote` where it is taken over.
    func keeping(_ receipt: GatewayReceipt, _ remote: RemoteConnection, isForeign: Bool) -> WantedConnection {
        var wanted = self
        let isKnown = !isForeign && receipt.endpoint != nil
        wanted.status = isKnown ? receipt.status : GatewayReceipt.status(of: remote)
        wanted.pathPrefix = isKnown ? receipt.pathPrefix : GatewayReceipt.pathPrefix(of: remote)
        return wanted
    }

    /// The fields of `remote` that are not as they should be and that the vault decides, in a fixed order.
    func differences(_ remote: RemoteConnection) -> [String] {
        var names: [String] = []
        if remote.name != name { names.append("name") }
        if remote.baseURL != baseURL { names.append("base_url") }
        if remote.authMode != authMode { names.append("auth_mode") }
        if !hasHeader(of: remote) { names.append("auth_header_name") }
        if remote.prefix != prefix { names.append("auth_prefix") }
        if remote.secretKey != secretKey { names.append("auth_secret_key") }
        if remote.rotationIntervalDays != rotationIntervalDays { names.append("rotation_interval_days") }
        if !status.isEmpty {
            if GatewayReceipt.status(of: remote) != status { names.append("status") }
            if GatewayReceipt.pathPrefix(of: remote) != pathPrefix { names.append("path_prefix") }
        }
        return names
    }

    /// Header names are the same in any case, names of query parameters are not.
    private func hasHeader(of remote: RemoteConnection) -> Bool {
        guard authMode != AuthMode.queryParameter.rawValue else { return remote.header == header }
        return remote.header.lowercased() == header.lowercased()
    }

    /// Whether changing `remote` in place cannot lead here: the gateway ignores a new base URL, an empty prefix (of
    /// the secret or of the path) and an interval of 0, and never removes a key.
    func needsRemaking(_ remote: RemoteConnection, receipt: GatewayReceipt) -> Bool {
        guard remote.baseURL == baseURL else { return true }
        if rotationIntervalDays == 0, remote.rotationIntervalDays > 0 { return true }
        if !status.isEmpty, pathPrefix.isEmpty, !GatewayReceipt.pathPrefix(of: remote).isEmpty { return true }
        if !receipt.keys.intersection(remote.credentialKeys).isSubset(of: keys) { return true }
        // A changed mode empties the prefix by itself; "bearer", which would not, is never wanted with an empty one.
        return prefix.isEmpty && !remote.prefix.isEmpty && remote.authMode == authMode
    }
}
