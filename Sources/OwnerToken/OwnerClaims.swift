/// What an owner token says, as far as this program knows the words. Times are whole seconds since 1970, UTC.
///
/// A token that a server made may leave any of it out.
package struct OwnerClaims: Sendable, Equatable {
    /// `sub`: the user's id.
    package var subject: String?
    package var email: String?
    package var namespace: String?
    /// `iss`
    package var issuer: String?
    /// `aud`: one text or several; empty where the token has none.
    package var audience: [String]
    /// `iat`
    package var issuedAt: Int64?
    /// `nbf`
    package var notBefore: Int64?
    /// `exp`; nil: it never ends.
    package var expiresAt: Int64?

    package init(
        subject: String?, email: String?, namespace: String?, issuer: String?, audience: [String], issuedAt: Int64?,
        notBefore: Int64? = nil, expiresAt: Int64?
    ) {
        self.subject = subject
        self.email = email
        self.namespace = namespace
        self.issuer = issuer
        self.audience = audience
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
    }

    /// The last second that a time may be: 9999-12-31T23:59:59Z. More is milliseconds, or a mistake.
    static let lastTime: Int64 = 253_402_300_799

    /// The claims among the members of a payload.
    init(_ members: [Claim]) throws(OwnerTokenError) {
        func value(_ name: OwnerTokenError.ClaimName) -> ClaimValue? { members.value(name.rawValue) }
        func text(_ name: OwnerTokenError.ClaimName) throws(OwnerTokenError) -> String? {
            switch value(name) {
            case nil: return nil
            case .string(let text): return text
            default: throw .badClaim(name)
            }
        }
        func time(_ name: OwnerTokenError.ClaimName) throws(OwnerTokenError) -> Int64? {
            guard let value = value(name) else { return nil }
            guard case .number(let text) = value, let seconds = NumericDate.seconds(text) else { throw .badTime(name) }
            return seconds
        }
        subject = try text(.subject)
        email = try text(.email)
        namespace = try text(.namespace)
        issuer = try text(.issuer)
        audience = try Self.audience(value(.audience))
        issuedAt = try time(.issuedAt)
        notBefore = try time(.notBefore)
        expiresAt = try time(.expiresAt)
    }

    private static func audience(_ value: ClaimValue?) throws(OwnerTokenError) -> [String] {
        switch value {
        case nil: return []
        case .string(let one): return [one]
        case .array(let several):
            var texts: [String] = []
            for element in several {
                guard case .string(let text) = element else { throw .badClaim(.audience) }
                texts.append(text)
            }
            return texts
        default: throw .badClaim(.audience)
        }
    }
}
