internal import VaultFormat

/// Public facts of a value, by name: short, and no secrets.
package typealias EntryFacts = [String: String]

/// What is known of a secret without opening it.
package struct Entry: Sendable {
    package let name: EntryName
    package let kind: EntryKind
    /// 16 random bytes, for good.
    package let id: [UInt8]
    package let firstVersion: UInt32
    package let currentVersion: UInt32
    /// Milliseconds since 1970 UTC: of the first version, and of the current one.
    package let createdAt: Int64
    package let updatedAt: Int64
    /// The public prefix that issuers print on such values (`sk_`); empty where there is none.
    package let maskedPrefix: String
    package let fingerprint: Fingerprint
    /// How to make a new value (`hex:32`); nil where values are given.
    package let generator: String?
    /// Days between rotations; nil where none is asked for.
    package let rotationIntervalDays: UInt32?
    /// The command whose output is the next value, as one text that is split into words without a shell; nil where there is
    /// none.
    package let rotateWith: String?
    /// Where the entry is delivered.
    package let deliveries: [DeliveryID]
    /// What its current value says of itself that is no secret: a token's issuer, subject, expiry. See
    /// ``VaultEnvironment/describe``.
    package let facts: EntryFacts

    /// When the next rotation is due, in milliseconds since 1970 UTC.
    package var rotationDueAt: Int64? {
        rotationIntervalDays.map { updatedAt + Int64($0) * 86_400_000 }
    }
}

extension [Entry] {
    /// By their names. Places are sorted, and not entries, which are large.
    package var byName: [Entry] {
        indices.sorted { self[$0].name < self[$1].name }.map { self[$0] }
    }
}

/// One version of a secret, as the history shows it.
package struct EntryVersion: Sendable, Equatable {
    package let version: UInt32
    /// Milliseconds since 1970 UTC.
    package let createdAt: Int64
    package let origin: VersionOrigin
}

/// Where a value came from. The raw value is in the format and never changes.
package enum VersionOrigin: UInt8, Sendable {
    case given = 0
    case generated = 1
    case rolledBack = 2
    case adopted = 3
    case issued = 4

    package var text: String {
        switch self {
        case .given: "given"
        case .generated: "generated"
        case .rolledBack: "rolled back"
        case .adopted: "adopted"
        case .issued: "issued"
        }
    }
}

/// The mutable facts of an entry, as its sealed overview holds them.
struct Overview {
    var name: EntryName
    var createdAt: Int64
    var updatedAt: Int64
    var maskedPrefix: String
    var fingerprint: Fingerprint
    var generator: String?
    var rotationIntervalDays: UInt32?
    var rotateWith: String?
    var deliveries: [DeliveryID]
    var facts: EntryFacts

    /// Between deliveries: a path may have any other character.
    private static let separator = "\0"

    var fields: FieldMap {
        var fields = FieldMap()
        fields[text: "name"] = name.text
        fields[number: "created"] = UInt64(bitPattern: createdAt)
        fields[number: "updated"] = UInt64(bitPattern: updatedAt)
        fields[text: "prefix"] = maskedPrefix
        fields["fingerprint"] = fingerprint.bytes
        fields[text: "generator"] = generator
        fields[number: "rotate-days"] = rotationIntervalDays.map(UInt64.init)
        fields[text: "rotate-with"] = rotateWith
        fields[text: "deliveries"] = deliveries.map(\.text).joined(separator: Self.separator)
        for (name, value) in facts { fields[text: "fact." + name] = value }
        return fields
    }

    init(
        name: EntryName, createdAt: Int64, updatedAt: Int64, maskedPrefix: String, fingerprint: Fingerprint,
        generator: String?, rotationIntervalDays: UInt32?, rotateWith: String?, deliveries: [DeliveryID],
        facts: EntryFacts
    ) {
        self.name = name
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.maskedPrefix = maskedPrefix
        self.fingerprint = fingerprint
        self.generator = generator
        self.rotationIntervalDays = rotationIntervalDays
        self.rotateWith = rotateWith
        self.deliveries = deliveries
        self.facts = facts
    }

    init?(_ fields: FieldMap) {
        guard let name = fields[text: "name"].flatMap({ try? EntryName($0) }), let created = fields[number: "created"],
            let updated = fields[number: "updated"], let prefix = fields[text: "prefix"],
            let print = fields["fingerprint"], print.count == 32, let deliveries = fields[text: "deliveries"]
        else { return nil }
        self.init(
            name: name, createdAt: Int64(bitPattern: created), updatedAt: Int64(bitPattern: updated),
            maskedPrefix: prefix, fingerprint: Fingerprint(bytes: print), generator: fields[text: "generator"],
            rotationIntervalDays: fields[number: "rotate-days"].flatMap { UInt32(exactly: $0) },
            rotateWith: fields[text: "rotate-with"],
            deliveries: deliveries.isEmpty
                ? [] : deliveries.utf8.split(separator: 0).compactMap { DeliveryID(text: String(Substring($0))) },
            facts: [:])
        for name in fields.names(behind: "fact.") { facts[name] = fields[text: "fact." + name] }
    }
}
