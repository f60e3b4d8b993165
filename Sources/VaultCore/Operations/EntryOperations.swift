internal import Sealing
package import SecureMemory

/// What changing an entry did, and what is to be delivered now.
package struct EntryOutcome: Sendable {
    package let name: EntryName
    package let version: UInt32
    /// False where the value was already the current one.
    package let isNew: Bool
    package let deliveries: [DeliveryID]
}

/// How a random value is made: written in the vault with the entry, so that a rotation makes the same kind again.
package enum GeneratorRule: Sendable, Equatable {
    /// `prefix`, then `bytes` random bytes in hex.
    case hex(prefix: String, bytes: Int)
    /// `prefix`, then `bytes` random bytes in base64url without padding.
    case base64url(prefix: String, bytes: Int)
    /// `words` words of four pronounceable syllables each, joined by `-`.
    case passphrase(words: Int)
    /// This many characters of base64url, six random bits each.
    case characters(Int)

    /// The most that one value may take: 1024 bytes of randomness, or 64 words.
    package static let standard = GeneratorRule.base64url(prefix: "", bytes: 32)

    package init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let count = parts.last.flatMap({ Int($0) }), (1...1024).contains(count) else { return nil }
        switch (parts.count, parts.dropLast().last) {
        case (3, "hex"): self = .hex(prefix: parts[0], bytes: count)
        case (3, "base64url"): self = .base64url(prefix: parts[0], bytes: count)
        case (2, "passphrase") where count <= 64: self = .passphrase(words: count)
        case (2, "characters"): self = .characters(count)
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .hex(let prefix, let bytes): "\(prefix):hex:\(bytes)"
        case .base64url(let prefix, let bytes): "\(prefix):base64url:\(bytes)"
        case .passphrase(let words): "passphrase:\(words)"
        case .characters(let count): "characters:\(count)"
        }
    }

    /// A new value.
    package func make() -> SharedSecret {
        switch self {
        case .hex(let prefix, let bytes):
            SharedSecret(RandomSecret.make(prefix: prefix, byteCount: bytes, in: .hex))
        case .base64url(let prefix, let bytes):
            SharedSecret(RandomSecret.make(prefix: prefix, byteCount: bytes, in: .base64url))
        case .passphrase(let words): SharedSecret(Self.passphrase(words: words))
        case .characters(let count): SharedSecret(Self.characters(count))
        }
    }

    private static func characters(_ count: Int) -> SecretBytes {
        RandomSecret.make(byteCount: (count * 3 + 3) / 4, in: .base64url)
            .withBytes { SecretBytes(copying: $0.prefix(count)) }
    }

    /// Each word is four syllables of one consonant (16) and one vowel (4): 24 bits.
    private static func passphrase(words: Int) -> SecretBytes {
        let consonants = Array("bdfghjklmnprstvz".utf8), vowels = Array("aiou".utf8)
        let random = SecretBytes(randomCount: words * 4)
        return random.withBytes { random in
            SecretBytes(capacity: words * 9) { out in
                var position = 0
                for (index, byte) in random.enumerated() {
                    if index > 0, index % 4 == 0 {
                        out[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    out[position] = consonants[Int(byte & 15)]
                    out[position + 1] = vowels[Int(byte >> 4 & 3)]
                    position += 2
                }
                return position
            }
        }
    }
}

extension Vault {
    /// Stores a value under a name, and says what has to be delivered.
    package func put(
        _ value: SharedSecret, as name: EntryName, origin: VersionOrigin = .given, generator: GeneratorRule? = nil
    ) throws -> EntryOutcome {
        try write { transaction in
            try transaction.refuseIssued(name)
            let outcome = try transaction.store(
                value.bytes, as: name, origin: origin, policy: StorePolicy(generator: generator?.text))
            try transaction.joinConnection(name)
            return try transaction.outcome(name, outcome)
        }
    }

    /// Makes an older value current again, as a new version.
    package func rollback(_ name: EntryName, to version: UInt32?) throws -> EntryOutcome {
        try write { transaction in
            try transaction.refuseIssued(name)
            return try transaction.outcome(name, try transaction.rollback(name, to: version))
        }
    }

    /// Gives a user's own entry another name; says what has to be brought up to date.
    package func move(_ name: EntryName, to newName: EntryName) throws -> EntryOutcome {
        try write { transaction in
            try transaction.move(name, to: newName)
            guard let entry = try transaction.entry(newName) else { throw VaultError.noSuchEntry(newName) }
            return EntryOutcome(
                name: newName, version: entry.currentVersion, isNew: false, deliveries: entry.deliveries)
        }
    }

    /// Removes an entry; its export files go, and with `everywhere` what was delivered. Returns what is to be withdrawn.
    package func remove(_ name: EntryName, everywhere: Bool) throws -> EntryOutcome {
        try write { transaction in
            guard let entry = try transaction.entry(name) else { throw VaultError.noSuchEntry(name) }
            try transaction.refuseOwnSecret(name)
            let withdrawn = try transaction.remove(entry, everywhere: everywhere)
            return EntryOutcome(
                name: name, version: entry.currentVersion, isNew: false, deliveries: withdrawn)
        }
    }

    /// Gives a user's own entry an export file at an absolute path.
    package func declareExport(of name: EntryName, to path: String) throws -> EntryOutcome {
        try write { transaction in
            guard let entry = try transaction.entry(name) else { throw VaultError.noSuchEntry(name) }
            let id = DeliveryID(target: .exportFile, key: path)
            if let other = try transaction.delivery(id), other.entries != [name] {
                throw VaultError.entryExists(other.entries.first ?? name)
            }
            try transaction.declare(id, service: nil, entries: [name])
            return EntryOutcome(name: name, version: entry.currentVersion, isNew: false, deliveries: [id])
        }
    }

    /// Takes the export files of an entry away.
    package func withdrawExports(of name: EntryName) throws -> EntryOutcome {
        try write { transaction in
            guard let entry = try transaction.entry(name) else { throw VaultError.noSuchEntry(name) }
            let ids = entry.deliveries.filter { $0.target == .exportFile }
            for id in ids {
                try transaction.withdraw(id)
                // It stays so when the service is saved again.
                guard let slug = try transaction.delivery(id)?.service, id == .connectionFile(slug),
                    var service = try transaction.service(slug)
                else { continue }
                service.hasConnectionFile = false
                try transaction.save(service)
            }
            return EntryOutcome(name: name, version: entry.currentVersion, isNew: false, deliveries: ids)
        }
    }
}

extension GeneratorRule {
    /// What a rotation makes where the entry says nothing of its own.
    package static func standard(for kind: EntryKind) -> GeneratorRule {
        switch kind {
        case .serviceAPIKey: .hex(prefix: "sk_live_", bytes: 24)
        case .upstreamSecret: .hex(prefix: "gw_", bytes: 24)
        case .ownerToken, .localJWTSecret, .userSecret: .standard
        }
    }
}

extension VaultTransaction {
    func outcome(_ name: EntryName, _ stored: StoreOutcome) throws -> EntryOutcome {
        EntryOutcome(
            name: name, version: stored.version, isNew: stored.isNew, deliveries: try entry(name)?.deliveries ?? [])
    }

    /// A further secret of a connection that is there is delivered with it.
    func joinConnection(_ name: EntryName) throws {
        guard name.kind == .upstreamSecret else { return }
        let parts = name.text.split(separator: "/")
        guard let slug = try? Slug(String(parts[1])),
            let known = try delivery(.gateway(slug)), !known.isWithdrawn, !known.entries.contains(name)
        else { return }
        try declare(.gateway(slug), service: slug, entries: known.entries + [name])
    }

    func refuseIssued(_ name: EntryName) throws {
        guard try isIssued(name) else { return }
        throw ServiceError.keyIsIssued(try Slug(String(name.text.split(separator: "/")[1])))
    }

    /// A connection cannot be without the secret that it uses while others of its secrets are delivered.
    func refuseOwnSecret(_ name: EntryName) throws {
        let parts = name.text.split(separator: "/")
        guard name.kind == .upstreamSecret, let slug = try? Slug(String(parts[1])),
            let connection = try service(slug)?.connection,
            try name == EntryName.upstreamSecret(slug, key: connection.secretKey),
            let known = try delivery(.gateway(slug)), !known.isWithdrawn
        else { return }
        let others = try known.entries.filter { try $0 != name && entry($0) != nil }
        guard others.isEmpty else { throw ServiceError.secretInUse(name, others: others) }
    }

    /// Removes an entry, and says what has to be taken away or delivered again. Without `everywhere` nothing but files
    /// is touched: what was delivered is released, and known as the vault's should it be delivered again.
    func remove(_ entry: Entry, everywhere: Bool) throws -> [DeliveryID] {
        var changed: [DeliveryID] = []
        for id in entry.deliveries {
            guard let delivery = try delivery(id) else { continue }
            let isOnly = delivery.entries == [entry.name]
            if isOnly, id.target == .exportFile || everywhere {
                try withdraw(id)
                changed.append(id)
            } else if everywhere || id.target == .exportFile {
                try declare(id, service: delivery.service, entries: delivery.entries.filter { $0 != entry.name })
                changed.append(id)
            } else {
                try release(entry.name, from: delivery)
            }
        }
        try remove(entry.name)
        return changed
    }

    /// Takes an entry out of a delivery, and leaves what was delivered of it where it is: what was up to date stays so.
    func release(_ name: EntryName, from known: Delivery) throws {
        let wasApplied = try plan(known.id)?.isPending == false
        var delivery = known
        delivery.entries.removeAll { $0 == name }
        if let keys = delivery.receipt[Delivery.keysKey] {
            let key = name.text.split(separator: "/").last
            delivery.receipt[Delivery.keysKey] = keys.split(separator: "/").filter { $0 != key }.joined(separator: "/")
        }
        try saveQuietly(delivery)
        if wasApplied, let commitment = try plan(known.id)?.commitment {
            delivery.applied = commitment
            try saveQuietly(delivery)
        }
        try note(known.id, with: name, isPresent: false)
        try record(.deliveryDeclared, facts: ["target": known.id.text, "state": "released"])
    }

    /// Keeps another interval, without a new version.
    func setRotationInterval(_ name: EntryName, days: UInt32) throws {
        guard let entry = try entry(name) else { throw VaultError.noSuchEntry(name) }
        try keep(StorePolicy(rotationIntervalDays: days), of: entry)
    }
}

extension VaultSnapshot {
    /// Whether the API makes the values of this entry.
    package func isIssued(_ name: EntryName) throws -> Bool {
        guard name.kind == .serviceAPIKey, let slug = try? Slug(String(name.text.split(separator: "/")[1])) else {
            return false
        }
        return try isManaged(slug)
    }
}
