import OwnerToken
import SecureMemory
import Testing

/// RFC 7515, appendix A.1.
private enum PublishedExample {
    static let token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let key: [UInt8] = [
        3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230, 240, 84, 201, 40, 169,
        15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195, 119, 98, 61, 34, 61, 46,
        33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163,
    ]
}

private func refusal(_ token: String, _ secret: borrowing SecretBytes) -> OwnerTokenError? {
    let token = OwnerTokenTests.secret(token)
    return error { () throws(OwnerTokenError) in try OwnerToken.verify(token, secret: secret) }
}

@Suite("Verifying")
struct VerifyingTests {
    @Test("the example of RFC 7515 verifies, and says what it says")
    func published() throws {
        let key = SecretBytes(copying: PublishedExample.key)
        let parsed = try OwnerToken.verify(secret(PublishedExample.token), secret: key)
        #expect(parsed.header.type == "JWT")
        #expect(parsed.claims.issuer == "joe")
        #expect(parsed.claims.expiresAt == 1_300_819_380)
        #expect(parsed.members.value("http://example.com/is_root") == .boolean(true))
        let other = SecretBytes(copying: PublishedExample.key.dropLast())
        #expect(refusal(PublishedExample.token, other) == .badSignature)
    }

    @Test("a token of another library verifies")
    func known() throws {
        #expect(try OwnerToken.verify(secret(knownToken), secret: secret(sampleSecret)).claims == sample)
        #expect(refusal(knownToken, secret(sampleSecret + "!")) == .badSignature)
    }

    @Test("no algorithm but HS256 verifies, whatever the signature is", arguments: ForeignTokens.all)
    func algorithms(algorithm: String, token: String) {
        #expect(refusal(token, secret(sampleSecret)) == .wrongAlgorithm)
    }

    @Test(
        "HS256 is written in capitals, and none is no algorithm",
        arguments: [
            ("hs256", .wrongAlgorithm), ("HS256 ", .wrongAlgorithm), ("none", .unsecured),
        ] as [(String, OwnerTokenError)])
    func spelling(algorithm: String, expected: OwnerTokenError) {
        #expect(refusal(token(header: #"{"alg":"\#(algorithm)"}"#, "{}"), secret(sampleSecret)) == expected)
    }

    @Test("a signature that is cut short, or longer, is refused")
    func width() {
        #expect(refusal(String(knownToken.dropLast(43)), secret(sampleSecret)) == .notThreeParts)
        #expect(refusal(String(knownToken.dropLast(3)), secret(sampleSecret)) == .badSignature)
        #expect(refusal(knownToken + "AA", secret(sampleSecret)) == .badBase64(.signature))
        // One zero byte more.
        #expect(refusal(knownToken + "A", secret(sampleSecret)) == .badSignature)
        #expect(refusal(knownToken + knownToken.suffix(43), secret(sampleSecret)) != nil)
    }

    @Test("a token in which one character is another does not verify", arguments: 1...3 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) throws {
        let original = try OwnerToken.sign(sample, secret: secret(sampleSecret)).withBytes { Array($0) }
        let key = secret(sampleSecret)
        try OwnerToken.verify(SecretBytes(copying: original), secret: key)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0~".utf8)
        var generator = SeededGenerator(state: seed)
        var accepted: [Int] = []
        func tryOther(_ byte: UInt8, at index: Int) {
            guard byte != original[index] else { return }
            var bytes = original
            bytes[index] = byte
            let token = SecretBytes(copying: bytes)
            if error({ () throws(OwnerTokenError) in try OwnerToken.verify(token, secret: key) }) == nil {
                accepted.append(index)
            }
        }
        for index in original.indices {
            tryOther(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)], at: index)
            tryOther(UInt8.random(in: 0...255, using: &generator), at: index)
        }
        // The last characters of the parts have bits that encode nothing.
        let dots = original.indices.filter { original[$0] == UInt8(ascii: ".") }
        for index in dots.map({ $0 - 1 }) + [original.count - 1] {
            for byte in alphabet { tryOther(byte, at: index) }
        }
        #expect(accepted == [])
    }

    @Test("one that has a character too few or too many does not verify")
    func lengths() throws {
        let token = text(try OwnerToken.sign(sample, secret: secret(sampleSecret)))
        for index in token.indices {
            var shorter = token
            shorter.remove(at: index)
            var longer = token
            longer.insert("A", at: index)
            #expect(refusal(shorter, secret(sampleSecret)) != nil)
            #expect(refusal(longer, secret(sampleSecret)) != nil)
        }
    }
}

/// splitmix64: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
