/// The header of a token (RFC 7515, section 4).
package struct TokenHeader: Sendable, Equatable {
    /// `alg`: a name, never `none`. Text of anybody's.
    package let algorithm: String
    /// `typ`. Text of anybody's.
    package let type: String?
    /// `kid`: which of its keys the server signed with. Text of anybody's.
    package let keyID: String?

    init(_ members: [Claim]) throws(OwnerTokenError) {
        for name in [OwnerTokenError.HeaderMember.crit, .zip, .enc, .b64] where members.value(name.rawValue) != nil {
            throw .unsupportedHeader(name)
        }
        guard case .string(let algorithm) = members.value("alg"), !algorithm.isEmpty else { throw .missingAlgorithm }
        guard algorithm.lowercased() != "none" else { throw .unsecured }
        func text(_ name: String) throws(OwnerTokenError) -> String? {
            switch members.value(name) {
            case nil: return nil
            case .string(let text): return text
            default: throw .badHeader
            }
        }
        self.algorithm = algorithm
        type = try text("typ")
        keyID = try text("kid")
    }
}

/// What a token says. That somebody said it is known of a verified one alone.
package struct ParsedOwnerToken: Sendable, Equatable {
    package let header: TokenHeader
    package let claims: OwnerClaims
    /// The whole payload in its own order, for showing.
    package let members: [Claim]

    /// How far the clocks of who made the token and of this machine may be apart, in seconds: a token may begin, and
    /// may have been made, that much later than now. Nothing is added to its end, since the server adds nothing.
    package static let leeway: Int64 = 60

    /// Whether the token may be used now, and by a namespace.
    ///
    /// A token without `exp` never ends, and one without `namespace` is anybody's: a server may leave out either.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - namespace: The one that wants to use it; nil: any.
    /// - Throws: `otherNamespace`, `expired`, `notYetValid`; the first of these that holds.
    package func check(now: Int64, namespace: String?) throws(OwnerTokenError) {
        try check(owner: namespace)
        // At that very second it has ended (RFC 7519, 4.1.4).
        if let end = claims.expiresAt, now >= end { throw .expired(at: end) }
        // Times are below 10^12, so that nothing overflows on their side.
        for start in [claims.notBefore, claims.issuedAt] {
            if let start, now < start - Self.leeway { throw .notYetValid(at: start) }
        }
    }

    /// Whether the token may be a namespace's, whenever it begins and ends.
    ///
    /// - Throws: `otherNamespace`.
    package func check(owner namespace: String?) throws(OwnerTokenError) {
        if let namespace, let claimed = claims.namespace, !claimed.utf8.elementsEqual(namespace.utf8) {
            throw .otherNamespace(claimed)
        }
    }
}
