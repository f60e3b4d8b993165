import OwnerToken
import SecureMemory
import Testing

private func refusal(_ payload: String, now: Int64, namespace: String? = "johndee") throws -> OwnerTokenError? {
    let parsed = try OwnerToken.parse(secret(token(payload)))
    return error { () throws(OwnerTokenError) in try parsed.check(now: now, namespace: namespace) }
}

@Suite("Whether a token may be used")
struct CheckTests {
    @Test("it has ended from the second on that it names")
    func end() throws {
        #expect(try refusal(#"{"exp":1000}"#, now: 999) == nil)
        #expect(try refusal(#"{"exp":1000}"#, now: 1000) == .expired(at: 1000))
        #expect(try refusal(#"{"exp":1000.9}"#, now: 1000) == .expired(at: 1000))
        #expect(try refusal(#"{"exp":0}"#, now: 1) == .expired(at: 0))
        #expect(try refusal("{}", now: Int64.max) == nil)
    }

    @Test("it begins, and was made, at most a minute from now", arguments: ["nbf", "iat"])
    func start(_ claim: String) throws {
        #expect(try refusal(#"{"\#(claim)":10000}"#, now: 10_000) == nil)
        #expect(try refusal(#"{"\#(claim)":10000}"#, now: 9940) == nil)
        #expect(try refusal(#"{"\#(claim)":10000}"#, now: 9939) == .notYetValid(at: 10_000))
        #expect(try refusal(#"{"\#(claim)":0}"#, now: Int64.min) == .notYetValid(at: 0))
        #expect(try refusal(#"{"\#(claim)":253402300799}"#, now: 1) == .notYetValid(at: 253_402_300_799))
    }

    @Test("it is the namespace's that it names, or anybody's where it names none")
    func namespace() throws {
        #expect(try refusal(#"{"namespace":"johndee"}"#, now: 1) == nil)
        #expect(try refusal(#"{"namespace":"janedee"}"#, now: 1) == .otherNamespace("janedee"))
        #expect(try refusal(#"{"namespace":"JohnDee"}"#, now: 1) == .otherNamespace("JohnDee"))
        #expect(try refusal(#"{"namespace":"johndee\u0000"}"#, now: 1) == .otherNamespace("johndee\0"))
        #expect(try refusal(#"{"namespace":""}"#, now: 1) == .otherNamespace(""))
        #expect(try refusal(#"{"namespace":"janedee"}"#, now: 1, namespace: nil) == nil)
        #expect(try refusal(#"{"Namespace":"janedee"}"#, now: 1) == nil)
        #expect(try refusal("{}", now: 1) == nil)
    }

    @Test("text that only looks the same to a person is another namespace")
    func equivalence() throws {
        // Equal to Swift, and other bytes.
        let parsed = try OwnerToken.parse(secret(token(#"{"namespace":"e\u0301"}"#)))
        #expect(parsed.claims.namespace == "\u{E9}")
        #expect(try refusal(#"{"namespace":"e\u0301"}"#, now: 1, namespace: "\u{E9}") == .otherNamespace("e\u{301}"))
    }

    @Test("of a token for another namespace that has ended too, the namespace is said")
    func order() throws {
        #expect(try refusal(#"{"namespace":"x","exp":1,"nbf":9999}"#, now: 2) == .otherNamespace("x"))
        #expect(try refusal(#"{"exp":1,"nbf":9999}"#, now: 2) == .expired(at: 1))
    }
}

@Suite("The secret to sign with")
struct WeaknessTests {
    @Test("under 32 bytes it is short; the published sample is the sample; others are neither")
    func weakness() {
        #expect(OwnerToken.weakness(of: secret("")) == .short)
        #expect(OwnerToken.weakness(of: secret(String(repeating: "x", count: 31))) == .short)
        #expect(OwnerToken.weakness(of: secret(String(repeating: "x", count: 32))) == nil)
        #expect(OwnerToken.weakness(of: secret(String(repeating: "ö", count: 16))) == nil)
        let published = "dev-secret-change-me-in-production-use-openssl-rand-base64-32"
        #expect(OwnerToken.weakness(of: secret(published)) == .sample)
        #expect(OwnerToken.weakness(of: secret(published + "x")) == nil)
        #expect(OwnerToken.weakness(of: secret(String(published.dropLast()))) == nil)
        #expect(OwnerToken.weakness(of: SecretBytes(randomCount: 32)) == nil)
    }
}

@Suite("How long a token is good for")
struct LifetimeTests {
    private func refusal(_ text: String, allowLong: Bool) -> TokenLifetimeError? {
        do throws(TokenLifetimeError) {
            _ = try TokenLifetime.parse(text, allowLong: allowLong)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "digits are seconds, up to a year",
        arguments: [("1", 1), ("60", 60), ("604800", 604_800), ("0060", 60), ("31536000", 31_536_000)])
    func seconds(text: String, seconds: Int64) throws {
        #expect(try TokenLifetime.parse(text, allowLong: false) == seconds)
        #expect(try TokenLifetime.parse(text, allowLong: true) == seconds)
    }

    @Test("more than a year needs to be said to be meant, and more than a hundred is never meant")
    func long() throws {
        #expect(refusal("31536001", allowLong: false) == .moreThanAYear)
        #expect(try TokenLifetime.parse("31536001", allowLong: true) == 31_536_001)
        #expect(try TokenLifetime.parse("3153600000", allowLong: true) == 3_153_600_000)
        for text in ["3153600001", "31536000000", "9223372036854775807", "9223372036854775808", "18446744073709551617"]
            + [String(repeating: "9", count: 10_000)]
        {
            #expect(refusal(text, allowLong: true) == .moreThanACentury)
            #expect(refusal(text, allowLong: false) == .moreThanAYear)
        }
    }

    @Test(
        "what is not whole seconds is refused",
        arguments: [
            ("", .notWholeSeconds), ("-1", .notWholeSeconds), ("+1", .notWholeSeconds), ("1e99", .notWholeSeconds),
            ("1e3", .notWholeSeconds), ("1.5", .notWholeSeconds), (" 60", .notWholeSeconds), ("60 ", .notWholeSeconds),
            ("60\n", .notWholeSeconds), ("60s", .notWholeSeconds), ("1_000", .notWholeSeconds),
            ("0x3c", .notWholeSeconds),
            ("٦٠", .notWholeSeconds), ("6\0", .notWholeSeconds), ("NaN", .notWholeSeconds),
            (String(repeating: "9", count: 99) + "x", .notWholeSeconds), ("0", .zero), ("000", .zero),
            ("-0", .notWholeSeconds),
        ] as [(String, TokenLifetimeError)])
    func refused(text: String, expected: TokenLifetimeError) {
        #expect(refusal(text, allowLong: false) == expected)
        #expect(refusal(text, allowLong: true) == expected)
    }
}
