internal import Sealing
package import SecureMemory

/// Owner tokens: JSON Web Tokens (RFC 7519) in compact form, `header.payload.signature` (RFC 7515).
///
/// Made here they are HS256, signed with the API's `JWT_SECRET`. A token that a server made can be read here whatever it
/// was signed with; only the server can verify it. The rules are those of RFC 8725: the algorithm is what the caller
/// verifies with and not what the header says, one text has one reading, and what is not understood is refused.
package enum OwnerToken {
    /// How long a token may be, in bytes.
    package static let lengthLimit = 16 * 1024

    /// The issuer that the API requires of a token.
    package static let issuer = "sigilum-api"
    /// The audience that the API requires of a token.
    package static let audience = "sigilum-dashboard"

    private static let dot = UInt8(ascii: ".")

    /// A new HS256 token: `{"alg":"HS256","typ":"JWT"}`, and of the claims those that are there, in the order `sub`,
    /// `email`, `namespace`, `iss`, `aud`, `iat`, `nbf`, `exp`.
    ///
    /// - Throws: `emptySecret`; `tooLong`; `badTime` for a time that ``parse(_:)`` would not take.
    package static func sign(
        _ claims: OwnerClaims, secret: borrowing SecretBytes
    ) throws(OwnerTokenError) -> SecretBytes {
        guard secret.count > 0 else { throw .emptySecret }
        let header = PayloadWriter.header()
        let payload = try PayloadWriter.payload(claims)
        let signed = Base64URL.encodedCount(header.count) + 1 + Base64URL.encodedCount(payload.count)
        let total = signed + 1 + Base64URL.encodedCount(HMACSHA256.width)
        guard total <= lengthLimit else { throw .tooLong }
        // One more byte: the codec ends its text with a NUL.
        return SecretBytes(capacity: total + 1) { token in
            var end = 0
            func append(_ bytes: borrowing SecretBytes) {
                bytes.withBytes {
                    end += Base64URL.encode($0, into: UnsafeMutableRawBufferPointer(rebasing: token[end...]))
                }
            }
            append(header)
            token[end] = dot
            end += 1
            append(payload)
            let code = HMACSHA256.code(of: UnsafeRawBufferPointer(rebasing: token[..<end]), key: secret)
            token[end] = dot
            end += 1
            append(code)
            return end
        }
    }

    /// Reads a token without verifying it.
    ///
    /// Any algorithm but `none` may be named. Exactly three parts, canonical base64url, header and payload one JSON
    /// object each in which no name stands twice; nothing in the header that must be understood and is not. White space
    /// around the token is not part of it, and is refused: take it off before.
    ///
    /// - Throws: Why it is no token. Nothing is said of whether it may be used: ``ParsedOwnerToken/check(now:namespace:)``.
    package static func parse(_ token: borrowing SecretBytes) throws(OwnerTokenError) -> ParsedOwnerToken {
        try token.withBytes { (bytes) throws(OwnerTokenError) in
            let parts = try Parts(bytes)
            let header = try TokenHeader(object(parts.header, .header))
            let members = try object(parts.payload, .payload)
            // Not used here, and yet no token if it is not base64url.
            guard Base64URL.decode(parts.signature) != nil else { throw .badBase64(.signature) }
            return ParsedOwnerToken(header: header, claims: try OwnerClaims(members), members: members)
        }
    }

    /// Reads a token and verifies that it was signed with HS256 and this secret, in time that does not depend on where
    /// the signature differs.
    ///
    /// - Returns: What it says. Whether it has ended is not looked at: ``ParsedOwnerToken/check(now:namespace:)``.
    /// - Throws: What ``parse(_:)`` throws; `emptySecret`; `wrongAlgorithm`; `badSignature`.
    @discardableResult
    package static func verify(
        _ token: borrowing SecretBytes, secret: borrowing SecretBytes
    ) throws(OwnerTokenError) -> ParsedOwnerToken {
        guard secret.count > 0 else { throw .emptySecret }
        let parsed = try parse(token)
        guard parsed.header.algorithm.utf8.elementsEqual("HS256".utf8) else { throw .wrongAlgorithm }
        let isGenuine = try token.withBytes { (bytes) throws(OwnerTokenError) in
            let parts = try Parts(bytes)
            guard let signature = Base64URL.decode(parts.signature) else { throw .badBase64(.signature) }
            return signature.equals(HMACSHA256.code(of: parts.signed, key: secret))
        }
        guard isGenuine else { throw .badSignature }
        return parsed
    }

    /// The object that one part of a token encodes.
    private static func object(
        _ part: UnsafeRawBufferPointer, _ name: OwnerTokenError.Part
    ) throws(OwnerTokenError) -> [Claim] {
        guard let decoded = Base64URL.decode(part) else { throw .badBase64(name) }
        do throws(JSONReader.Problem) {
            return try decoded.withBytes { (bytes) throws(JSONReader.Problem) in try JSONReader.object(bytes) }
        } catch {
            switch error {
            case .syntax(let offset): throw .notJSON(name, offset: offset)
            case .duplicate: throw .duplicateMember(name)
            }
        }
    }

    /// Where the parts of a token lie. Valid as long as the token is open.
    private struct Parts {
        let header: UnsafeRawBufferPointer
        let payload: UnsafeRawBufferPointer
        let signature: UnsafeRawBufferPointer
        /// Header, dot and payload.
        let signed: UnsafeRawBufferPointer

        init(_ token: UnsafeRawBufferPointer) throws(OwnerTokenError) {
            guard token.count <= lengthLimit else { throw .tooLong }
            guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot), first < last,
                !token[(first + 1)..<last].contains(dot), first > 0, last > first + 1, last + 1 < token.count
            else { throw .notThreeParts }
            header = UnsafeRawBufferPointer(rebasing: token[..<first])
            payload = UnsafeRawBufferPointer(rebasing: token[(first + 1)..<last])
            signature = UnsafeRawBufferPointer(rebasing: token[(last + 1)...])
            signed = UnsafeRawBufferPointer(rebasing: token[..<last])
        }
    }
}
