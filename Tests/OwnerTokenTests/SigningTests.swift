import OwnerToken
import SecureMemory
import Testing

private func payload(_ claims: OwnerClaims) throws -> String {
    let token = text(try OwnerToken.sign(claims, secret: secret(sampleSecret)))
    let parts = token.split(separator: ".")
    try #require(parts.count == 3)
    #expect(parts[0] == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9")
    // Read back with the encoder that these tests have of their own.
    let members = try OwnerToken.parse(secret(token)).members
    let json = ClaimValue.object(members).jsonText
    #expect(base64URL(json.utf8) == parts[1])
    return json
}

private let nothing = OwnerClaims(
    subject: nil, email: nil, namespace: nil, issuer: nil, audience: [], issuedAt: nil, expiresAt: nil)

@Suite("Signing")
struct SigningTests {
    @Test("the header and the claims stand in a fixed order, and the same claims give the same token")
    func order() throws {
        #expect(
            try payload(sample)
                == #"{"sub":"user_local_johndee","email":"johndee@local.sigilum","namespace":"johndee","#
                + #""iss":"sigilum-api","aud":"sigilum-dashboard","iat":1700000000,"exp":1900000000}"#)
        let first = text(try OwnerToken.sign(sample, secret: secret(sampleSecret)))
        #expect(text(try OwnerToken.sign(sample, secret: secret(sampleSecret))) == first)
        #expect(text(try OwnerToken.sign(sample, secret: secret(sampleSecret + "!"))) != first)
    }

    @Test("claims that are not there are left out, and several audiences are an array")
    func some() throws {
        #expect(try payload(nothing) == "{}")
        var claims = nothing
        claims.audience = ["a", "b"]
        claims.issuedAt = 0
        claims.notBefore = 1
        claims.expiresAt = 253_402_300_799
        #expect(try payload(claims) == #"{"aud":["a","b"],"iat":0,"nbf":1,"exp":253402300799}"#)
    }

    @Test("text is escaped as JSON has it, and comes out as it was")
    func escaping() throws {
        var claims = nothing
        claims.subject = "\"\\\0\u{1F}\n/größe\u{7F}\u{2028}😀\u{FEFF}"
        claims.audience = ["\"", "\\"]
        #expect(
            try payload(claims)
                == #"{"sub":"\"\\\u0000\u001f\u000a/größe"# + "\u{7F}\u{2028}😀\u{FEFF}" + #"","aud":["\"","\\"]}"#)
        let token = try OwnerToken.sign(claims, secret: secret("s"))
        #expect(try OwnerToken.parse(token).claims == claims)
    }

    @Test("a secret without bytes signs and verifies nothing; one of one byte does")
    func emptySecret() throws {
        #expect(
            error { () throws(OwnerTokenError) in _ = try OwnerToken.sign(sample, secret: secret("")) } == .emptySecret)
        #expect(
            error { () throws(OwnerTokenError) in try OwnerToken.verify(secret(knownToken), secret: secret("")) }
                == .emptySecret)
        let token = try OwnerToken.sign(sample, secret: secret("s"))
        #expect(try OwnerToken.verify(token, secret: secret("s")).claims == sample)
    }

    @Test("a token is at most 16 KiB")
    func length() throws {
        var claims = nothing
        // 36 + 1 + payload + 1 + 43 characters; the payload's JSON has 10 bytes more than the text.
        let fitting = (16 * 1024 - 81) * 3 / 4 - 10
        claims.subject = String(repeating: "x", count: fitting)
        let token = try OwnerToken.sign(claims, secret: secret("s"))
        #expect(text(token).utf8.count <= 16 * 1024)
        #expect(try OwnerToken.verify(token, secret: secret("s")).claims == claims)
        for count in [fitting + 3, 16 * 1024, 1 << 20] {
            claims.subject = String(repeating: "x", count: count)
            #expect(
                error { () throws(OwnerTokenError) in _ = try OwnerToken.sign(claims, secret: secret("s")) } == .tooLong
            )
        }
        claims.subject = String(repeating: "\0", count: 4000)
        #expect(
            error { () throws(OwnerTokenError) in _ = try OwnerToken.sign(claims, secret: secret("s")) } == .tooLong)
    }

    @Test("a time that no reader takes is not written", arguments: [-1, 253_402_300_800, Int64.min, Int64.max])
    func times(_ time: Int64) {
        for (path, name) in [
            (\OwnerClaims.issuedAt, OwnerTokenError.ClaimName.issuedAt), (\.notBefore, .notBefore),
            (\.expiresAt, .expiresAt),
        ] as [(WritableKeyPath<OwnerClaims, Int64?>, OwnerTokenError.ClaimName)] {
            var claims = sample
            claims[keyPath: path] = time
            #expect(
                error { () throws(OwnerTokenError) in _ = try OwnerToken.sign(claims, secret: secret("s")) }
                    == .badTime(name))
        }
    }
}
