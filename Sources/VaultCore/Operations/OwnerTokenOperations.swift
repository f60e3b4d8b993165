package import SecureMemory

/// Where an owner token should be.
package struct OwnerTokenPlaces: Sendable {
    /// The absolute path of the token's file.
    package let file: String
    /// The absolute path of OpenClaw's configuration, and what is to stand in it; nil: that file is left alone.
    package let configuration: (path: String, settings: DeliverySettings)?

    package init(file: String, configuration: (path: String, settings: DeliverySettings)?) {
        self.file = file
        self.configuration = configuration
    }
}

extension DeliveryID {
    /// OpenClaw's configuration at an absolute path.
    package static func openClaw(_ path: String) -> DeliveryID { DeliveryID(target: .openClaw, key: path) }
}

extension Vault {
    /// Stores an owner's token, and declares where it should be. `email` is the owner's, where it is known: the namespace's
    /// services get it too, and the answer has what is to be told of it. `address` is that of the API that the token is for.
    package func saveOwnerToken(
        _ token: SharedSecret, of namespace: Namespace, origin: VersionOrigin, email: String? = nil,
        address: String? = nil, places: OwnerTokenPlaces
    ) throws -> EntryOutcome {
        try write { transaction in
            let name = EntryName.ownerToken(namespace)
            let stored = try transaction.store(token.bytes, as: name, origin: origin)
            if try transaction.setting("namespace") == nil { try transaction.set("namespace", to: namespace.text) }
            if let address { try transaction.keep(tokenAddress: address, of: namespace) }
            let file = DeliveryID(target: .exportFile, key: places.file)
            if let other = try transaction.delivery(file), other.entries != [name], !other.isWithdrawn {
                throw VaultError.entryExists(other.entries.first ?? name)
            }
            try transaction.declare(file, service: nil, entries: [name])
            if let (path, settings) = places.configuration {
                try transaction.declare(.openClaw(path), service: nil, entries: [name])
                if var delivery = try transaction.delivery(.openClaw(path)), delivery.settings != settings {
                    delivery.settings = settings
                    try transaction.saveQuietly(delivery)
                }
            } else {
                let known = try transaction.entry(name)?.deliveries ?? []
                for id in known where id.target == .openClaw { try transaction.remove(id) }
            }
            let told = try email.map { try transaction.share(email: $0, of: namespace) } ?? []
            let outcome = try transaction.outcome(name, stored)
            return EntryOutcome(
                name: name, version: outcome.version, isNew: outcome.isNew, deliveries: outcome.deliveries + told)
        }
    }
}
