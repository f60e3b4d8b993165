/// Why a text is not an owner token, or not one to use. Carries no bytes of the token; the one exception is the
/// namespace that it claims, which is text of anybody's.
package enum OwnerTokenError: Error, Sendable, Equatable {
    /// One of the three parts of a token.
    package enum Part: String, Sendable {
        case header
        case payload
        case signature
    }

    /// A member of the header that changes what the token means, and that is not understood here.
    package enum HeaderMember: String, Sendable {
        /// A list of extensions that must be understood (RFC 7515, 4.1.11).
        case crit
        /// A compressed payload (RFC 7516, 4.1.3).
        case zip
        /// An encrypted token (RFC 7516, 4.1.2).
        case enc
        /// A payload that is not base64url (RFC 7797).
        case b64
    }

    /// A claim whose type is fixed.
    package enum ClaimName: String, Sendable, CaseIterable {
        case subject = "sub"
        case email
        case namespace
        case issuer = "iss"
        case audience = "aud"
        case issuedAt = "iat"
        case notBefore = "nbf"
        case expiresAt = "exp"
    }

    /// More than ``OwnerToken/lengthLimit`` bytes.
    case tooLong
    /// Not `header.payload.signature`, or one of the three is empty.
    case notThreeParts
    /// Not canonical base64url without padding.
    case badBase64(Part)
    /// Not one JSON object (RFC 8259) in UTF-8, or nested too deep. The offset counts bytes of the decoded part from 0.
    case notJSON(Part, offset: Int)
    /// A name stands twice in an object, so that two readers may read two things.
    case duplicateMember(Part)
    /// `alg` is not in the header, or is no text.
    case missingAlgorithm
    /// `alg` is `none`, in whatever case: nobody signed it.
    case unsecured
    /// The header has one of the members that change what the token means.
    case unsupportedHeader(HeaderMember)
    /// `typ` or `kid` is in the header and is no text.
    case badHeader
    /// A claim is not of the type that RFC 7519 or the API gives it.
    case badClaim(ClaimName)
    /// A time is not a number, or not one of the years 1970 to 9999 in seconds.
    case badTime(ClaimName)
    /// The secret to sign or verify with has no bytes.
    case emptySecret
    /// To be verified here, a token must say HS256.
    case wrongAlgorithm
    /// The signature is not of these bytes by this secret.
    case badSignature
    /// It ended then: seconds since 1970.
    case expired(at: Int64)
    /// It begins then, or says that it was made then: seconds since 1970.
    case notYetValid(at: Int64)
    /// It is this namespace's, not the one asked for.
    case otherNamespace(String)
}
