extension VaultSnapshot {
    /// The e-mail of a namespace's user; nil where none was ever told.
    package func email(of namespace: Namespace) throws -> String? {
        try setting(Self.emailSetting(namespace))
    }

    fileprivate static func emailSetting(_ namespace: Namespace) -> String { "email/" + namespace.text }
}

extension VaultTransaction {
    /// The user of a namespace has one e-mail: gives it to all of its services where it is another than before, and answers
    /// where it is to be told. `service` is the one that it came with, and has it.
    func share(email: String, of namespace: Namespace, from service: ServiceRecord? = nil) throws -> [DeliveryID] {
        guard try self.email(of: namespace) != email else { return [] }
        try set(Self.emailSetting(namespace), to: email)
        // To look for others is to read the whole vault.
        guard try nextOrdinal() > (service == nil ? 1 : 2) else { return [] }
        var ids: [DeliveryID] = []
        for var other in try inventory().services
        where other.namespace == namespace && other.email != email && !other.isRemoved {
            other.email = email
            try save(other)
            let id = DeliveryID.localAPI(other.slug)
            if try delivery(id)?.isWithdrawn == false { ids.append(id) }
        }
        return ids
    }
}
