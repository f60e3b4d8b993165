internal import VaultFormat

/// Which place holds which thing: `gateway:linear`, `export-file:service-api-key-linear`.
package struct DeliveryID: Hashable, Sendable, Comparable {
    package let target: TargetKind
    /// The name within the target: a file's name or absolute path, or a service's slug.
    package let key: String

    package init(target: TargetKind, key: String) {
        self.target = target
        self.key = key
    }

    package init?(text: String) {
        // By bytes: a key may begin with a mark, which a character would take its colon with.
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let target = TargetKind(rawValue: String(text[..<colon]))
        else { return nil }
        self.init(target: target, key: String(text[text.utf8.index(after: colon)...]))
    }

    package var text: String { target.rawValue + ":" + key }

    /// Files first, then the database, then the gateway, which reads them.
    package static func < (left: DeliveryID, right: DeliveryID) -> Bool {
        let order = TargetKind.allCases
        let (one, other) = (order.firstIndex(of: left.target) ?? 0, order.firstIndex(of: right.target) ?? 0)
        return one == other ? left.key < right.key : one < other
    }
}

/// A delivery as the vault keeps it: what should be where, and what was last put there.
package struct Delivery: Sendable {
    package let id: DeliveryID
    /// The service it belongs to; nil for an export file of a user's own entry.
    package var service: Slug?
    /// The entries it delivers, in the order of their names.
    package var entries: [EntryName]
    /// The commitment of what was last applied; nil where nothing was.
    package var applied: Fingerprint?
    /// Whether the vault once began to make it: what is there is then its own.
    package var isOwned: Bool
    /// Whether something foreign of that name may be taken over.
    package var mayTakeOver: Bool
    /// Whether it should be taken away.
    package var isWithdrawn: Bool
    package var receipt: DeliveryReceipt
    package var settings: DeliverySettings
    /// Until when credentials that were replaced stay valid, in milliseconds since 1970 UTC; nil where none is left.
    package var retiresOldAt: Int64?

    package init(id: DeliveryID, service: Slug?, entries: [EntryName]) {
        self.id = id
        self.service = service
        self.entries = entries.sorted()
        isOwned = false
        mayTakeOver = false
        isWithdrawn = false
        receipt = [:]
        settings = [:]
    }

    /// Of settings: the operation under whose name the other side is to make a credential. Of receipts: the one under
    /// which it did.
    package static let operationKey = "operation"

    /// Of settings: for how many milliseconds the credential that is wanted leaves those before it valid, counted from
    /// when it comes.
    static let graceKey = "grace"

    /// Of settings: which master key the gateway should have, by an id that tells nothing of it; the vault has one for all
    /// connections. Of receipts: which it was delivered under.
    package static let gatewayKey = "master_key"

    /// Counts the time that replaced credentials are granted from now on.
    mutating func startGrace(at time: Int64) {
        guard let grace = settings.removeValue(forKey: Self.graceKey).flatMap(Int64.init) else { return }
        retiresOldAt = time + grace
    }

    /// Of receipts: the keys of the secrets that were delivered, `/` between them; nil where a target has no such keys.
    package static let keysKey = "keys"

    /// Whether what was delivered was left where it is while the vault has nothing to deliver there any more. Kept, so
    /// that what is there is known when it is delivered to again.
    package var isReleased: Bool { entries.isEmpty && !isWithdrawn }

    /// The operation that the current credential should be of; nil where the other side makes none.
    var wantedOperation: String? { settings[Self.operationKey] }

    var fields: FieldMap {
        var fields = FieldMap()
        fields[text: "id"] = id.text
        fields[text: "service"] = service?.text
        fields[text: "entries"] = entries.map(\.text).joined(separator: "\n")
        fields["applied"] = applied?.bytes
        fields[text: "state"] = (isOwned ? "o" : "") + (mayTakeOver ? "t" : "") + (isWithdrawn ? "w" : "")
        for (name, value) in receipt { fields[text: "receipt." + name] = value }
        for (name, value) in settings { fields[text: "setting." + name] = value }
        fields[number: "retire"] = retiresOldAt.map { UInt64(bitPattern: $0) }
        return fields
    }

    init?(_ fields: FieldMap) {
        guard let id = fields[text: "id"].flatMap(DeliveryID.init(text:)), let entries = fields[text: "entries"],
            let state = fields[text: "state"]
        else { return nil }
        self.init(
            id: id, service: fields[text: "service"].flatMap { try? Slug($0) },
            entries: entries.utf8.split(separator: UInt8(ascii: "\n")).compactMap {
                try? EntryName(String(Substring($0)))
            })
        applied = fields["applied"].flatMap { $0.count == 32 ? Fingerprint(bytes: $0) : nil }
        isOwned = state.utf8.contains(UInt8(ascii: "o"))
        mayTakeOver = state.utf8.contains(UInt8(ascii: "t"))
        isWithdrawn = state.utf8.contains(UInt8(ascii: "w"))
        for name in fields.names(behind: "receipt.") { receipt[name] = fields[text: "receipt." + name] }
        for name in fields.names(behind: "setting.") { settings[name] = fields[text: "setting." + name] }
        retiresOldAt = fields[number: "retire"].map { Int64(bitPattern: $0) }
    }
}

extension ServiceRecord {
    var fields: FieldMap {
        var fields = FieldMap()
        fields[text: "slug"] = slug.text
        fields[text: "namespace"] = namespace.text
        fields[text: "id"] = id
        fields[text: "name"] = name
        fields[text: "summary"] = summary
        fields[text: "domain"] = domain
        fields[text: "email"] = email
        fields[number: "created"] = UInt64(bitPattern: createdAt)
        fields[number: "ordinal"] = ordinal
        if let connection {
            fields[text: "url"] = connection.baseURL
            fields[text: "auth-mode"] = connection.authMode.rawValue
            fields[text: "header"] = connection.header
            fields[text: "prefix"] = connection.prefix
            fields[text: "secret-key"] = connection.secretKey
            fields[number: "rotate-days"] = connection.rotationIntervalDays.map(UInt64.init)
        }
        fields[text: "removed"] = isRemoved ? "yes" : nil
        fields[text: "connection-file"] = hasConnectionFile ? nil : "no"
        return fields
    }

    init?(_ fields: FieldMap) {
        guard let slug = fields[text: "slug"].flatMap({ try? Slug($0) }),
            let namespace = fields[text: "namespace"].flatMap({ try? Namespace($0) }), let id = fields[text: "id"],
            let name = fields[text: "name"], let summary = fields[text: "summary"],
            let domain = fields[text: "domain"], let email = fields[text: "email"],
            let created = fields[number: "created"], let ordinal = fields[number: "ordinal"]
        else { return nil }
        var connection: ConnectionRecord?
        if let url = fields[text: "url"] {
            guard let mode = fields[text: "auth-mode"].flatMap(AuthMode.init(rawValue:)),
                let header = fields[text: "header"], let prefix = fields[text: "prefix"],
                let key = fields[text: "secret-key"]
            else { return nil }
            connection = ConnectionRecord(
                baseURL: url, authMode: mode, header: header, prefix: prefix, secretKey: key,
                rotationIntervalDays: fields[number: "rotate-days"].flatMap { UInt32(exactly: $0) })
        }
        self.init(
            slug: slug, namespace: namespace, id: id, name: name, summary: summary, domain: domain, email: email,
            createdAt: Int64(bitPattern: created), ordinal: ordinal, connection: connection)
        isRemoved = fields[text: "removed"] == "yes"
        hasConnectionFile = fields[text: "connection-file"] != "no"
    }
}
