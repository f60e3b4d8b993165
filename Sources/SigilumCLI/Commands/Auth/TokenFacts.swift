internal import OwnerToken
internal import SecureMemory
internal import VaultCore

/// What is kept of an owner token beside it, so that a report need not open it: issuer, subject, expiry.
enum TokenFacts {
    /// Seconds since 1970, in decimal.
    static let expires = "expires"
    private static let issuer = "issuer", subject = "subject", namespace = "namespace", issued = "issued"
    /// Longer claims are not kept.
    private static let limit = 200

    /// The facts of a value stored under a name; none of what is stored as no owner token.
    ///
    /// - Throws: Why a value is no token of the name's namespace. One that has ended is one: it is history.
    static func describe(_ name: EntryName, _ value: borrowing SecretBytes) throws(OwnerTokenError) -> EntryFacts {
        guard name.kind == .ownerToken else { return [:] }
        let token = try OwnerToken.parse(value)
        try token.check(owner: name.text.split(separator: "/").last.map(String.init))
        let claims = token.claims
        let texts = [issuer: claims.issuer, subject: claims.subject, namespace: claims.namespace]
        var facts = texts.compactMapValues { $0.flatMap { $0.utf8.count <= limit ? $0 : nil } }
        facts[expires] = claims.expiresAt.map { String($0) }
        facts[issued] = claims.issuedAt.map { String($0) }
        return facts
    }

    /// When a token ends, in milliseconds since 1970; nil where it does not say, or is none.
    static func end(_ entry: Entry) -> Int64? { entry.facts[expires].flatMap { Int64($0) }.map { $0 * 1000 } }

    /// The facts as reports show them.
    static func fields(_ entry: Entry, now: Int64) -> [Field] {
        var fields: [Field] = []
        for name in [issuer, subject, namespace] {
            if let text = entry.facts[name] { fields.append(Field(name, .untrusted(text))) }
        }
        if let end = end(entry) {
            fields.append(Field("expires", .plain(Timestamp.text(end) + (end <= now ? " (expired)" : ""))))
        }
        return fields
    }
}
