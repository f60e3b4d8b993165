import SecureMemory
import Testing

private func address(of secret: borrowing SecretBytes) -> UInt { secret.withBytes { UInt(bitPattern: $0.baseAddress) } }

private func bytes(of secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { Array($0) } }

@Suite("Secrets that share memory")
struct GuardedAreaTests {
    private let sample = (0..<32).map { _ in UInt8.random(in: 33...126) }

    @Test("many secrets at once, short and long, have what was put in, during and after", arguments: [1, 15, 16, 100])
    func content(count: Int) {
        let given = (0..<count).map { number in [UInt8](repeating: UInt8(number), count: 1 + number * 37) }
        let secrets = SecretBytes.together {
            let secrets = given.map { SharedSecret(SecretBytes(copying: $0)) }
            for (secret, bytes) in zip(secrets, given) { #expect(bytes == SecureMemoryTests.bytes(of: secret.bytes)) }
            return secrets
        }
        for (secret, bytes) in zip(secrets, given) { #expect(bytes == SecureMemoryTests.bytes(of: secret.bytes)) }
    }

    @Test("what outlives it has no permissions outside withBytes")
    func closedAfterwards() {
        let secret = SecretBytes.together { SharedSecret(SecretBytes(copying: sample)) }
        let place = address(of: secret.bytes)
        #expect(MemoryMap.permissions(at: place) == "---p")
        let inside = secret.bytes.withBytes { _ in MemoryMap.permissions(at: place)?.first }
        #expect(inside == "r")
        #expect(MemoryMap.permissions(at: place) == "---p")
    }

    @Test("it is closed too where the body throws")
    func closedAfterThrow() {
        struct Stop: Error {}
        var kept: SharedSecret?
        #expect(throws: Stop.self) {
            try SecretBytes.together { () throws(Stop) in
                kept = SharedSecret(SecretBytes(copying: sample))
                throw Stop()
            }
        }
        #expect(kept.map { MemoryMap.permissions(at: address(of: $0.bytes)) } == "---p")
    }

    @Test("a secret that dies is wiped at once, while others in the memory live on")
    func wiped() {
        SecretBytes.together {
            let other = SharedSecret(SecretBytes(copying: [1, 2, 3]))
            var place: UInt = 0
            func live() -> [UInt8]? {
                let secret = SecretBytes(copying: sample)
                place = address(of: secret)
                return secret.withBytes { _ in MemoryMap.bytes(at: place, count: sample.count) }
            }
            #expect(live() == sample)
            #expect(MemoryMap.bytes(at: place, count: sample.count) == [UInt8](repeating: 0, count: sample.count))
            #expect(bytes(of: other.bytes) == [1, 2, 3])
        }
    }

    @Test("a secret that dies after the end is wiped, though its neighbour holds the memory")
    func wipedLater() {
        var place: UInt = 0
        let neighbour = SecretBytes.together {
            let neighbour = SharedSecret(SecretBytes(copying: [1, 2, 3]))
            let secret = SharedSecret(SecretBytes(copying: sample))
            place = address(of: secret.bytes)
            return (neighbour, [secret])
        }.0
        let there = neighbour.bytes.withBytes { _ in MemoryMap.bytes(at: place, count: sample.count) }
        #expect(there == [UInt8](repeating: 0, count: sample.count))
    }

    @Test("a buffer to fill is zeros, though another secret was there before; what filling throws leaves nothing")
    func zeroed() {
        struct Stop: Error {}
        SecretBytes.together {
            for _ in 0..<40 {
                #expect(throws: Stop.self) {
                    _ = try SecretBytes(capacity: 64) { buffer -> Int in
                        #expect(buffer.count == 64 && buffer.allSatisfy { $0 == 0 })
                        buffer.copyBytes(from: sample)
                        throw Stop()
                    }
                }
            }
        }
    }

    @Test("one within another is the same one")
    func nested() {
        let secret = SecretBytes.together {
            let inner = SecretBytes.together { SharedSecret(SecretBytes(copying: sample)) }
            let second = SharedSecret(SecretBytes(copying: inner.bytes.withBytes { Array($0) }))
            let pages = Set([address(of: inner.bytes) / 65536, address(of: second.bytes) / 65536])
            #expect(pages.count <= 2)
            return second
        }
        #expect(bytes(of: secret.bytes) == sample)
    }

    @Test("a part has its bytes where the whole has them, and keeps them when the whole dies")
    func part() {
        func cut() -> SharedSecret {
            let whole = SecretBytes(copying: sample)
            let part = whole.part(4..<20)
            let middle = part.part(1..<3)
            let (start, inner) = (address(of: whole), address(of: middle))
            #expect(inner == start + 5)
            return SharedSecret(part)
        }
        let part = cut()
        #expect(bytes(of: part.bytes) == Array(sample[4..<20]))
        #expect(MemoryMap.permissions(at: address(of: part.bytes)) == "---p")
        let nothing = part.bytes.part(16..<16)
        #expect(nothing.count == 0)
    }
}
