import Foundation
import OwnerToken
import SecureMemory
import Testing
import VaultTestSupport

/// Signs and verifies with joserfc, a library of Python's: one line in, one line out.
private enum OtherLibrary {
    private static let script = """
        import json, sys
        try:
            from joserfc import jwt
            from joserfc.jwk import OctKey
        except ImportError:
            sys.exit(3)
        for line in sys.stdin:
            word, secret, rest = line.rstrip("\\n").split(" ", 2)
            key = OctKey.import_key(bytes.fromhex(secret))
            if word == "sign":
                print(jwt.encode({"alg": "HS256", "typ": "JWT"}, json.loads(rest), key))
            else:
                try:
                    token = jwt.decode(rest, key, algorithms=["HS256"])
                    print(json.dumps([token.header, token.claims], ensure_ascii=False))
                except Exception as error:
                    print(type(error).__name__)
        """

    /// The answers to some lines; nil where there is no Python, or no joserfc.
    static func answers(to lines: [String]) async throws -> [String]? {
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "HOME" || $0.key == "PYTHONPATH" }
        let input = lines.map { $0 + "\n" }.joined()
        let result = try await ProgramRunner(path: "/usr/bin/env").run(
            .init(
                ["PYTHONIOENCODING=utf-8", "python3", "-c", script], variables: inherited, input: Array(input.utf8)))
        // 127: env found no python3.
        if result.status == 3 || result.status == 127 { return nil }
        #expect(result.status == 0, "\(result.errorText)")
        return result.outputText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

private let secrets = [
    sampleSecret, "0123456789abcdef0123456789abcdef", String(repeating: "größe ", count: 40),
    "\u{1}\u{2}\n\u{7F} 33 bytes, 33 bytes, 33 bytes",
]

private func hex(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private let claims = OwnerClaims(
    subject: "größe \"q\" \\ \n\t\u{0}\u{1F}\u{7F} \u{2028} 😀", email: "johndee@local.sigilum", namespace: "johndee",
    issuer: OwnerToken.issuer, audience: ["a", "b"], issuedAt: 1_700_000_000, notBefore: 1_700_000_001,
    expiresAt: 4_102_444_800)

@Suite("Another library")
struct OtherLibraryTests {
    @Test("reads what is signed here, and what it signs is read here")
    func bothWays() async throws {
        // Whether or not it is installed: a token that it signed once.
        #expect(try OwnerToken.verify(secret(knownToken), secret: secret(sampleSecret)).claims == sample)

        let made = try secrets.map { text(try OwnerToken.sign(claims, secret: secret($0))) }
        let json = ClaimValue.object(try OwnerToken.parse(secret(made[0])).members).jsonText
        let lines =
            zip(secrets, made).map { "verify \(hex($0)) \($1)" }
            + secrets.map { "verify \(hex($0 + "!")) \(made[0])" }
            + secrets.map { "sign \(hex($0)) \(json)" }
        guard let answers = try await OtherLibrary.answers(to: lines) else { return }
        try #require(answers.count == 3 * secrets.count)

        for answer in answers.prefix(secrets.count) {
            let values = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[String: Any]])
            try #require(values.count == 2)
            #expect(values[0] as? [String: String] == ["alg": "HS256", "typ": "JWT"])
            #expect(Set(values[1].keys) == ["sub", "email", "namespace", "iss", "aud", "iat", "nbf", "exp"])
            #expect(values[1]["sub"] as? String == claims.subject)
            #expect(values[1]["email"] as? String == claims.email)
            #expect(values[1]["namespace"] as? String == claims.namespace)
            #expect(values[1]["iss"] as? String == claims.issuer)
            #expect(values[1]["aud"] as? [String] == claims.audience)
            #expect(values[1]["iat"] as? Int64 == claims.issuedAt)
            #expect(values[1]["nbf"] as? Int64 == claims.notBefore)
            #expect(values[1]["exp"] as? Int64 == claims.expiresAt)
        }
        for answer in answers.dropFirst(secrets.count).prefix(secrets.count) { #expect(answer == "BadSignatureError") }
        for (key, token) in zip(secrets, answers.suffix(secrets.count)) {
            #expect(try OwnerToken.verify(secret(token), secret: secret(key)).claims == claims)
            #expect(
                error { () throws(OwnerTokenError) in
                    try OwnerToken.verify(OwnerTokenTests.secret(token), secret: OwnerTokenTests.secret(key + "!"))
                } == .badSignature)
        }
    }
}
