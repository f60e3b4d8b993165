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
    /// Stores an owner's token, and declares where it should be. `adopting` is a token that lay in the file before the vault
    /// knew of it: it becomes a version of its own first. `email` is the owner's, where it is known: the namespace's services
    /// get it too, and the answer has what is to be told of it. `address` is that of the API that the token is for.
    package func saveOwnerToken(
        _ token: SharedSecret, of namespace: Namespace, origin: VersionOrigin, adopting: SharedSecret? = nil,
        email: String? = nil, address: String? = nil, places: OwnerTokenPlaces
    ) throws -> EntryOutcome {
        try write { transaction in
            let name = EntryName.ownerToken(namespace)
            if let adopting { try transaction.store(adopting.bytes, as: name, origin: .adopted) }
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
                // What stands there stays; where that is stays known, for the day on which the token is removed.
                let known = try transaction.entry(name)?.deliveries ?? []
                for id in known where id.target == .openClaw {
                    if let delivery = try transaction.delivery(id) { try transaction.release(name, from: delivery) }
                }
            }
            let told = try email.map { try transaction.share(email: $0, of: namespace) } ?? []
            let outcome = try transaction.outcome(name, stored)
            return EntryOutcome(
                name: name, version: outcome.version, isNew: outcome.isNew, deliveries: outcome.deliveries + told)
        }
    }

    /// Removes an owner's token, and says what is to be taken away: also what an earlier removal could not take away, or
    /// left where it was. `isNew` is false where no token was stored.
    package func removeOwnerToken(of namespace: Namespace) throws -> EntryOutcome {
        try write { transaction in
            let name = EntryName.ownerToken(namespace)
            let entry = try transaction.entry(name)
            let deliveries = try transaction.inventory().deliveries
            var ids = try entry.map { try transaction.remove($0, everywhere: true) } ?? []
            for known in deliveries where known.isOwnerToken(of: namespace) {
                if known.isReleased {
                    // Where the vault never began to write, nothing of it can stand.
                    guard known.isOwned else {
                        try transaction.remove(known.id)
                        continue
                    }
                    try transaction.withdraw(known.id)
                }
                ids.append(known.id)
            }
            return EntryOutcome(
                name: name, version: entry?.currentVersion ?? 0, isNew: entry != nil,
                deliveries: Set(ids).sorted())
        }
    }
}

extension Delivery {
    /// Whether it holds, or may hold, an owner's token that the vault does not deliver there any more.
    fileprivate func isOwnerToken(of namespace: Namespace) -> Bool {
        if isWithdrawn, entries == [.ownerToken(namespace)] { return true }
        return id.target == .openClaw && entries.isEmpty && settings["namespace"] == namespace.text
    }
}
