import OwnerToken
import SecureMemory
import Testing

/// What a use of a token leaves to look for.
private struct Traces {
    let secret: MemorySearch
    let signature: MemorySearch
    let payload: MemorySearch

    init(secret: MemorySearch, token: borrowing SecretBytes) {
        self.secret = secret
        (signature, payload) = token.withBytes { bytes in
            let last = bytes.lastIndex(of: UInt8(ascii: ".")) ?? 0
            return (
                MemorySearch(UnsafeRawBufferPointer(rebasing: bytes[(last + 1)...])),
                MemorySearch(UnsafeRawBufferPointer(rebasing: bytes[(last - 60)..<last]))
            )
        }
    }

    var counts: [Int] { [secret.count(), signature.count(), payload.count()] }
}

/// A secret that is nowhere in this program.
private let canary = MemorySearch(count: 40) { UInt8(0x21 + ($0 * 59 + 17) % 94) }

/// Claims that no other test has, so that what is found is of this one.
private let claims = OwnerClaims(
    subject: "user_local_memory", email: nil, namespace: nil, issuer: nil, audience: [], issuedAt: 1_234_567_890,
    expiresAt: 2_345_678_901)

@Suite("What stays in memory", .serialized)
struct MemoryTests {
    @inline(never)
    private func use() throws -> Traces {
        let secret = SecretBytes(capacity: 40) { canary.write(into: $0) }
        let token = try OwnerToken.sign(claims, secret: secret)
        let parsed = try OwnerToken.parse(token)
        try OwnerToken.verify(token, secret: secret)
        #expect(parsed.claims == claims)
        #expect(OwnerToken.weakness(of: secret) == nil)
        return Traces(secret: canary, token: token)
    }

    @Test("no copy of the secret or of the token is left by signing, reading and verifying")
    func nothing() throws {
        let traces = try use()
        #expect(traces.counts == [0, 0, 0])
    }

    @Test("no copy is left by what is refused")
    func refused() throws {
        let secret = SecretBytes(capacity: 40) { canary.write(into: $0) }
        let token = try OwnerToken.sign(claims, secret: secret)
        let traces = Traces(secret: canary, token: token)
        let other = SecretBytes(randomCount: 32)
        #expect(error { () throws(OwnerTokenError) in try OwnerToken.verify(token, secret: other) } == .badSignature)
        let broken = token.withBytes { bytes in
            SecretBytes(capacity: bytes.count + 1) { target in
                target.copyMemory(from: bytes)
                target[bytes.count] = UInt8(ascii: "=")
                return bytes.count + 1
            }
        }
        #expect(error { () throws(OwnerTokenError) in _ = try OwnerToken.parse(broken) } == .badBase64(.signature))
        // Alive, and yet not to be read: the pages of a secret that nobody looks at have no permissions.
        #expect(traces.counts == [0, 0, 0])
        #expect(token.count > 0 && secret.count == 40)
    }

    @Test("the search finds a copy where there is one")
    func control() throws {
        let traces = try use()
        for search in [traces.secret, traces.signature, traces.payload] {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
            let count = search.write(into: copy)
            #expect(search.count() == 1)
            for index in 0..<count { copy[index] = 0 }
            #expect(search.count() == 0)
            copy.deallocate()
        }
    }
}
