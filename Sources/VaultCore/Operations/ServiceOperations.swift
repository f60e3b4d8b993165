internal import Sealing
package import SecureMemory

extension DeliveryID {
    /// The export file of a service's API key.
    package static func apiKeyFile(_ slug: Slug) -> DeliveryID {
        DeliveryID(target: .exportFile, key: "service-api-key-\(slug.text)")
    }

    /// The export file of a connection's own secret.
    package static func connectionFile(_ slug: Slug) -> DeliveryID {
        DeliveryID(target: .exportFile, key: "gateway-connection-secret-\(slug.text)")
    }

    /// The rows of a service in the API's database.
    package static func localAPI(_ slug: Slug) -> DeliveryID { DeliveryID(target: .localAPI, key: slug.text) }

    /// The connection of a service at the gateway.
    package static func gateway(_ slug: Slug) -> DeliveryID { DeliveryID(target: .gateway, key: slug.text) }

    /// A service at the API over HTTP.
    package static func sigilumAPI(_ slug: Slug) -> DeliveryID { DeliveryID(target: .sigilumAPI, key: slug.text) }

    /// Everything that a service itself declares.
    package static func all(of slug: Slug) -> [DeliveryID] {
        [.apiKeyFile(slug), .connectionFile(slug), .localAPI(slug), .sigilumAPI(slug), .gateway(slug)]
    }
}

extension Vault {
    /// Makes a service or brings it up to date: its record, its credentials and where they should be, in one transaction.
    package func save(_ request: ServiceRequest, findings: ServiceFindings) throws -> ServiceOutcome {
        try write { transaction in
            let known = try transaction.service(request.slug)
            if let known, known.namespace != request.namespace { throw ServiceError.otherNamespace(known.namespace) }
            // One that is only kept until it is taken away everywhere is made anew.
            let old = known?.isRemoved == false ? known : nil
            let isManaged = try transaction.isManaged(request.slug)
            if old != nil, isManaged != request.isManaged {
                throw ServiceError.registeredElsewhere(isManaged: isManaged)
            }
            let service = try Self.merge(request, old, findings, transaction)
            var adopted: [EntryName] = []

            let keyName = EntryName.serviceAPIKey(request.slug)
            if try transaction.entry(keyName) == nil {
                if let found = findings.apiKeyFile {
                    try transaction.store(found.bytes, as: keyName, origin: .adopted)
                    adopted.append(keyName)
                } else if !request.isManaged {
                    let key = RandomSecret.make(prefix: "sk_live_", byteCount: 24, in: .hex)
                    let policy = StorePolicy(generator: "sk_live_:hex:24")
                    try transaction.store(key, as: keyName, origin: .generated, policy: policy)
                }
            }
            if try transaction.setting("namespace") == nil {
                try transaction.set("namespace", to: request.namespace.text)
            }
            try transaction.save(service)

            var upstream = Upstream()
            if let connection = service.connection {
                let own = try Self.upstreamName(request.slug, connection.secretKey)
                let further = try request.furtherKey.map { try Self.upstreamName(request.slug, $0) }
                upstream = Upstream(own: own, stored: further ?? own)
                try Self.storeUpstream(request, findings, old?.connection, &upstream, transaction)
                if upstream.wasAdopted { adopted.append(upstream.stored ?? own) }
            }
            var ids = try Self.declare(service, upstream, request, transaction)
            ids += try transaction.share(email: service.email, of: service.namespace, from: service)
            return ServiceOutcome(
                service: service, apiKey: try transaction.entry(keyName),
                upstream: try upstream.stored.flatMap { try transaction.entry($0) },
                deliveries: Array(Set(ids)).sorted(), adopted: adopted,
                generated: upstream.wasGenerated && old?.connection != nil ? upstream.stored : nil)
        }
    }

    /// The upstream secrets of a service that is being saved.
    private struct Upstream {
        /// The connection's own; nil in native mode.
        var own: EntryName?
        /// The one that this is about.
        var stored: EntryName?
        var wasAdopted = false
        var wasGenerated = false
    }

    /// Stores a new upstream secret of a service that has a connection.
    package func setUpstreamSecret(
        _ slug: Slug, key: String?, value: SharedSecret, findings: ServiceFindings
    ) throws -> ServiceOutcome {
        try write { transaction in
            let keyName = EntryName.serviceAPIKey(slug)
            guard let service = try transaction.service(slug), !service.isRemoved,
                let connection = service.connection
            else {
                throw ServiceError.noConnection(slug)
            }
            let name = try Self.upstreamName(slug, key ?? connection.secretKey)
            var request = ServiceRequest(slug: slug, namespace: service.namespace)
            request.secret = value
            request.isManaged = try transaction.isManaged(slug)
            var upstream = Upstream(own: try Self.upstreamName(slug, connection.secretKey), stored: name)
            try Self.storeUpstream(request, findings, connection, &upstream, transaction)
            let ids = try Self.declare(service, upstream, request, transaction)
            return ServiceOutcome(
                service: service, apiKey: try transaction.entry(keyName), upstream: try transaction.entry(name),
                deliveries: ids, adopted: upstream.wasAdopted ? [name] : [])
        }
    }

    // MARK: Parts

    private static func upstreamName(_ slug: Slug, _ key: String) throws(ServiceError) -> EntryName {
        guard !key.contains("/"), let name = try? EntryName.upstreamSecret(slug, key: key) else {
            throw .malformedSecretKey
        }
        return name
    }

    /// The service as it should be: what is asked for, else what is stored, else the default.
    private static func merge(
        _ request: ServiceRequest, _ old: ServiceRecord?, _ findings: ServiceFindings, _ transaction: VaultTransaction
    ) throws -> ServiceRecord {
        let slug = request.slug
        let mode = request.mode ?? old?.mode ?? .native
        var connection: ConnectionRecord?
        if mode == .gateway {
            let stored = old?.connection
            guard let baseURL = request.baseURL ?? stored?.baseURL else { throw ServiceError.baseURLRequired }
            let authMode = request.authMode ?? stored?.authMode ?? .bearer
            // Header and prefix belong to an auth mode: another mode starts from its own defaults. The key names a secret,
            // which is in use: it stays.
            let kept = stored?.authMode == authMode ? stored : nil
            connection = ConnectionRecord(
                baseURL: baseURL, authMode: authMode,
                header: request.header ?? kept?.header ?? authMode.defaultHeader(for: slug),
                prefix: request.prefix ?? kept?.prefix ?? authMode.defaultPrefix,
                secretKey: request.secretKey ?? stored?.secretKey ?? authMode.defaultSecretKey,
                rotationIntervalDays: request.rotationIntervalDays ?? stored?.rotationIntervalDays)
        }
        // The sentence of a mode goes with it; one that the user gave stays.
        let summary = findings.registered?.summary ?? mode.summary
        let stored = old.flatMap { $0.summary == $0.mode.summary ? nil : $0.summary }
        let ordinal: UInt64
        if let old {
            ordinal = old.ordinal
        } else {
            let next = try transaction.nextOrdinal()
            try transaction.set(VaultSnapshot.nextOrdinalSetting, to: String(next + 1))
            ordinal = next
        }
        // The API gives the id of a service that is registered there.
        let newID = request.isManaged ? "" : Self.newServiceID()
        let email = try request.email ?? transaction.email(of: request.namespace) ?? old?.email
        var service = ServiceRecord(
            slug: slug, namespace: request.namespace, id: old?.id ?? findings.registered?.id ?? newID,
            name: request.name ?? old?.name ?? findings.registered?.name ?? slug.text,
            summary: request.summary ?? stored ?? summary,
            domain: request.domain ?? old?.domain ?? findings.registered?.domain ?? ServiceRecord.localDomain,
            email: email ?? "\(request.namespace.text)@local.sigilum",
            createdAt: old?.createdAt ?? transaction.time, ordinal: ordinal, connection: connection)
        service.hasConnectionFile = request.exportsSecret ?? old?.hasConnectionFile ?? true
        return service
    }

    /// `svc_` and 12 characters of lower-case base32 (RFC 4648): 60 random bits.
    private static func newServiceID() -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        return "svc_" + String(RandomBytes.make(12).map { alphabet[Int($0 & 31)] })
    }

    /// Stores the connection's secret: given, else what the vault has, else the file's, else a new one. An older value
    /// of a file becomes a version of its own before a given one replaces it.
    private static func storeUpstream(
        _ request: ServiceRequest, _ findings: ServiceFindings, _ old: ConnectionRecord?, _ upstream: inout Upstream,
        _ transaction: VaultTransaction
    ) throws {
        guard let name = upstream.stored else { return }
        let policy = StorePolicy(rotationIntervalDays: request.rotationIntervalDays)
        if try name == upstream.own && transaction.entry(name) == nil, let found = findings.connectionFile {
            try transaction.store(found.bytes, as: name, origin: .adopted, policy: policy)
            upstream.wasAdopted = true
        }
        if let given = request.secret {
            try transaction.store(given.bytes, as: name, origin: .given, policy: policy)
        } else if let entry = try transaction.entry(name) {
            if let days = request.rotationIntervalDays, entry.rotationIntervalDays != days {
                try transaction.setRotationInterval(name, days: days)
            }
        } else if try !isKeptElsewhere(name, old, transaction) {
            let generated = RandomSecret.make(prefix: "gw_", byteCount: 24, in: .hex)
            let policy = StorePolicy(generator: "gw_:hex:24", rotationIntervalDays: request.rotationIntervalDays)
            try transaction.store(generated, as: name, origin: .generated, policy: policy)
            upstream.wasGenerated = true
        }
    }

    /// Whether the gateway has the value, and the vault never had it: of a connection that was taken over with another
    /// of its secrets. One that is made up must not take its place.
    private static func isKeptElsewhere(
        _ name: EntryName, _ old: ConnectionRecord?, _ transaction: VaultTransaction
    ) throws -> Bool {
        guard let old, name.text.hasSuffix("/" + old.secretKey),
            let slug = try? Slug(name.text.split(separator: "/")[1].description),
            let known = try transaction.delivery(.gateway(slug)), !known.isWithdrawn
        else { return false }
        return try known.entries.contains { try $0 != name && transaction.entry($0) != nil }
    }

    /// Declares where a service's credentials should be, where that is not declared yet.
    private static func declare(
        _ service: ServiceRecord, _ upstream: Upstream, _ request: ServiceRequest, _ transaction: VaultTransaction
    ) throws -> [DeliveryID] {
        let slug = service.slug
        let keyName = EntryName.serviceAPIKey(slug)
        var ids = [DeliveryID.apiKeyFile(slug), request.isManaged ? .sigilumAPI(slug) : .localAPI(slug)]
        for id in ids { try transaction.declare(id, service: slug, entries: [keyName]) }
        if let address = request.apiURL { try transaction.keep("api_url", address, of: .sigilumAPI(slug)) }
        if request.isManaged, try transaction.entry(keyName) == nil {
            try transaction.wantCredential(.sigilumAPI(slug))
        }
        let fileID = DeliveryID.connectionFile(slug), gatewayID = DeliveryID.gateway(slug)
        if let own = upstream.own {
            let known = try transaction.delivery(gatewayID)
            let names = try [own, upstream.stored].compactMap { $0 }.filter { try transaction.entry($0) != nil }
            let entries = Set((known?.entries ?? []) + names)
            try transaction.declare(
                gatewayID, service: slug, entries: Array(entries), mayTakeOver: request.secret != nil)
            let isExported = try transaction.delivery(fileID) != nil
            if service.hasConnectionFile {
                if try transaction.entry(own) != nil {
                    try transaction.declare(fileID, service: slug, entries: [own])
                    ids.append(fileID)
                }
            } else if isExported {
                try transaction.withdraw(fileID)
                ids.append(fileID)
            }
            ids.append(gatewayID)
        } else {
            for id in [fileID, gatewayID] where try transaction.delivery(id) != nil {
                try transaction.withdraw(id)
                ids.append(id)
            }
        }
        return ids.sorted()
    }
}

extension VaultSnapshot {
    static let nextOrdinalSetting = "next-ordinal"

    /// The number of the next service that is made: 1 where none ever was.
    func nextOrdinal() throws -> UInt64 { try setting(Self.nextOrdinalSetting).flatMap { UInt64($0) } ?? 1 }
}
