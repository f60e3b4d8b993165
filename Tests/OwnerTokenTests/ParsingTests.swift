import OwnerToken
import SecureMemory
import Testing

private let good = #"{"sub":"u"}"#

@Suite("Parsing")
struct ParsingTests {
    @Test("a token of another library is read, whatever it was signed with", arguments: ForeignTokens.all)
    func foreign(algorithm: String, token: String) throws {
        let parsed = try OwnerToken.parse(secret(token))
        #expect(parsed.header.algorithm == algorithm)
        #expect(parsed.header.type == "JWT")
        #expect(parsed.header.keyID == "k1")
        #expect(parsed.claims.subject == "u")
        #expect(parsed.claims.namespace == "johndee")
        #expect(parsed.claims.expiresAt == nil)
    }

    @Test("all that a token says is there in its own order, with numbers as they were written")
    func members() throws {
        let payload =
            #" { "sub":"u", "exp":1.9e9, "roles":["a",{"b":null}], "n":-0.50E+2,"t":true,"f":false,"e":"\u001b[31m" } "#
        let parsed = try OwnerToken.parse(secret(token(payload)))
        #expect(parsed.members.map(\.name) == ["sub", "exp", "roles", "n", "t", "f", "e"])
        #expect(
            parsed.members.map(\.value.jsonText) == [
                #""u""#, "1.9e9", #"["a",{"b":null}]"#, "-0.50E+2", "true", "false", #""\u001b[31m""#,
            ])
        #expect(parsed.members.value("e") == .string("\u{1B}[31m"))
        #expect(parsed.members.value("E") == nil)
        #expect(parsed.claims.expiresAt == 1_900_000_000)
        #expect(parsed.header.keyID == nil)
    }

    @Test("an audience is a text or an array of texts")
    func audience() throws {
        #expect(try OwnerToken.parse(secret(token(#"{"aud":"a"}"#))).claims.audience == ["a"])
        #expect(try OwnerToken.parse(secret(token(#"{"aud":["a","b"]}"#))).claims.audience == ["a", "b"])
        #expect(try OwnerToken.parse(secret(token(#"{"aud":[]}"#))).claims.audience == [])
        #expect(try OwnerToken.parse(secret(token("{}"))).claims.audience == [])
    }

    @Test(
        "a time is a number of seconds; its fraction is cut off",
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0e5", 0), ("1", 1), ("1.999", 1), ("0.9", 0), ("1e3", 1000), ("1E+3", 1000),
            ("1500e-3", 1), ("1.5e3", 1500), ("1.2345678e3", 1234), ("9e-1", 0), ("1e-999999999999999999999", 0),
            ("1699999999.99999999999999999999999999", 1_699_999_999), ("253402300799", 253_402_300_799),
            ("253402300799.5", 253_402_300_799), ("0.0001e4", 1), ("0.00019e4", 1), ("0e999", 0),
        ] as [(String, Int64)])
    func times(number: String, seconds: Int64) throws {
        let claims = try OwnerToken.parse(secret(token(#"{"exp":\#(number),"nbf":\#(number)}"#))).claims
        #expect(claims.expiresAt == seconds)
        #expect(claims.notBefore == seconds)
    }

    @Test(
        "a time before 1970 or after 9999, or that is no number, is refused",
        arguments: [
            "1e999", "1e12", "253402300800", "1700000000000", "-1", "-0.5", "-1e-9", "1e99999999999999999999", "\"1\"",
            "null", "true", "[1]", "{}", "9223372036854775808", "99999999999999999999999999999999",
        ])
    func badTimes(number: String) {
        #expect(refusal(token(#"{"exp":\#(number)}"#)) == .badTime(.expiresAt))
        #expect(refusal(token(#"{"nbf":\#(number)}"#)) == .badTime(.notBefore))
        #expect(refusal(token(#"{"iat":\#(number)}"#)) == .badTime(.issuedAt))
    }

    @Test(
        "a text that has not three parts is refused",
        arguments: [
            "", ".", "..", "...", "a", "a.b", "a.b.", ".a.b", "a..b", "a.b.c.d", "a.b.c.", ".a.b.c", "a.b..c",
            "a.b.c.d.e",
        ])
    func parts(text: String) {
        #expect(refusal(text) == .notThreeParts)
    }

    @Test("each part is canonical base64url, and no more than 16 KiB are looked at")
    func encoding() {
        let (header, payload) = (base64URL(#"{"alg":"HS256"}"#.utf8), base64URL(#"{"a":"b"}"#.utf8))
        #expect(refusal("\(header).\(payload).c2ln") == nil)
        #expect(refusal("\(header)=.\(payload).c2ln") == .badBase64(.header))
        #expect(refusal("\(header).\(payload)==.c2ln") == .badBase64(.payload))
        #expect(refusal("\(header).\(payload).c2k=") == .badBase64(.signature))
        #expect(refusal("\(header).\(payload).c2l") == .badBase64(.signature))
        #expect(refusal("\(header).\(payload).c2k+") == .badBase64(.signature))
        #expect(refusal("\(header).\(payload).c") == .badBase64(.signature))
        #expect(refusal(" \(header).\(payload).c2ln") == .badBase64(.header))
        #expect(refusal("\(header).\(payload).c2ln\n") == .badBase64(.signature))
        #expect(refusal("\(header).\(payload.dropLast())8.c2ln") == .notJSON(.payload, offset: 8))
        #expect(refusal("\(header).\(base64URL(#"{"a":"bc"}"#.utf8).dropLast())R.c2ln") == .badBase64(.payload))
        #expect(refusal(String(repeating: "a", count: 16_385)) == .tooLong)
        #expect(refusal(String(repeating: "a", count: 16_384)) == .notThreeParts)
        let long =
            "\(header).\(payload)." + String(repeating: "A", count: 16_384 - header.utf8.count - payload.utf8.count - 2)
        #expect(refusal(long) == nil)
        #expect(refusal(long + "A") == .tooLong)
    }

    @Test(
        "a header that names no algorithm, or none, or what is not understood, is refused",
        arguments: [
            ("{}", .missingAlgorithm), (#"{"alg":null}"#, .missingAlgorithm), (#"{"alg":1}"#, .missingAlgorithm),
            (#"{"alg":""}"#, .missingAlgorithm), (#"{"ALG":"HS256"}"#, .missingAlgorithm),
            (#"{"alg":["HS256"]}"#, .missingAlgorithm),
            (#"{"alg":"none"}"#, .unsecured), (#"{"alg":"None"}"#, .unsecured), (#"{"alg":"nOnE"}"#, .unsecured),
            (#"{"alg":"NONE"}"#, .unsecured), (#"{"alg":"\u006eone"}"#, .unsecured),
            (#"{"alg":"HS256","crit":[]}"#, .unsupportedHeader(.crit)),
            (#"{"alg":"HS256","crit":["exp"],"exp":1}"#, .unsupportedHeader(.crit)),
            (#"{"alg":"HS256","crit":null}"#, .unsupportedHeader(.crit)),
            (#"{"alg":"HS256","zip":"DEF"}"#, .unsupportedHeader(.zip)),
            (#"{"alg":"HS256","b64":false}"#, .unsupportedHeader(.b64)),
            (#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, .unsupportedHeader(.enc)),
            (#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#, .unsupportedHeader(.zip)),
            (#"{"alg":"HS256","alg":"HS256"}"#, .duplicateMember(.header)),
            (#"{"alg":"none","\u0061lg":"HS256"}"#, .duplicateMember(.header)),
            (#"{"alg":"HS256","jwk":{"k":1,"k":2}}"#, .duplicateMember(.header)),
            (#"{"alg":"HS256","typ":1}"#, .badHeader), (#"{"alg":"HS256","kid":null}"#, .badHeader),
            (#"["alg","HS256"]"#, .notJSON(.header, offset: 0)), (#""HS256""#, .notJSON(.header, offset: 0)),
            (#"{"alg":"HS256"}{}"#, .notJSON(.header, offset: 15)),
        ] as [(String, OwnerTokenError)])
    func headers(header: String, expected: OwnerTokenError) {
        #expect(refusal(token(header: header, good)) == expected)
    }

    @Test("members of a header that change nothing are passed over")
    func otherMembers() throws {
        let header = #"{"jku":"https://example.org/","alg":"HS256","typ":"at+jwt","x":[1,{"a":2}],"kid":""}"#
        let parsed = try OwnerToken.parse(secret(token(header: header, good)))
        #expect(parsed.header.type == "at+jwt")
        #expect(parsed.header.keyID == "")
    }

    @Test(
        "a claim of another type than it has is refused",
        arguments: [
            (#"{"sub":1}"#, .badClaim(.subject)), (#"{"sub":null}"#, .badClaim(.subject)),
            (#"{"email":["e"]}"#, .badClaim(.email)), (#"{"namespace":["johndee"]}"#, .badClaim(.namespace)),
            (#"{"namespace":null}"#, .badClaim(.namespace)), (#"{"iss":{}}"#, .badClaim(.issuer)),
            (#"{"aud":1}"#, .badClaim(.audience)), (#"{"aud":["a",1]}"#, .badClaim(.audience)),
            (#"{"aud":null}"#, .badClaim(.audience)), (#"{"aud":[["a"]]}"#, .badClaim(.audience)),
            (#"{"sub":"a","sub":"a"}"#, .duplicateMember(.payload)),
            (#"{"namespace":"johndee","\u006eamespace":"x"}"#, .duplicateMember(.payload)),
            (#"{"a":[{"b":1,"b":1}]}"#, .duplicateMember(.payload)),
        ] as [(String, OwnerTokenError)])
    func claims(payload: String, expected: OwnerTokenError) {
        #expect(refusal(token(payload)) == expected)
    }
}
