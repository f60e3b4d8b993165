import Dispatch
import Glibc
import SecureMemory
import Synchronization
import Testing

/// Where a secret's bytes lie.
private func address(of secret: borrowing SecretBytes) -> UInt { secret.withBytes { UInt(bitPattern: $0.baseAddress) } }

private func bytes(of secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { Array($0) } }

@Suite("Secret bytes")
struct SecretBytesTests {
    /// Of each test its own: what one test wiped, another that runs beside it may have written again.
    private let sample = (0..<32).map { _ in UInt8.random(in: 33...126) }

    @Test("the bytes are what was put in, and their count", arguments: [0, 1, 15, 16, 17, 4096, 4097, 70_000])
    func content(count: Int) {
        let given = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let secret = SecretBytes(copying: given)
        let (read, size) = (bytes(of: secret), secret.count)
        #expect(read == given)
        #expect(size == count)
    }

    @Test("fewer bytes than the capacity may be written, and only those count")
    func shorterThanCapacity() {
        let secret = SecretBytes(capacity: 100) { buffer in
            buffer.copyBytes(from: sample)
            return sample.count
        }
        let read = bytes(of: secret)
        #expect(read == sample)
    }

    @Test("a buffer to fill is all zeros and as large as was asked for")
    func zeroed() {
        var wasZero = false
        _ = SecretBytes(capacity: 5000) { buffer in
            wasZero = buffer.count == 5000 && buffer.allSatisfy { $0 == 0 }
            return 0
        }
        #expect(wasZero)
    }

    @Test("what filling throws comes out, and the bytes written so far are gone")
    func fillingFails() {
        struct Stop: Error {}
        var place: UInt = 0
        #expect(throws: Stop.self) {
            _ = try SecretBytes(capacity: sample.count) { buffer -> Int in
                buffer.copyBytes(from: sample)
                place = UInt(bitPattern: buffer.baseAddress)
                throw Stop()
            }
        }
        #expect(place != 0)
        #expect(MemoryMap.bytes(at: place, count: sample.count) != sample)
    }

    @Test("outside withBytes the page has no permissions; inside it can be read and not written")
    func permissions() {
        let secret = SecretBytes(copying: sample)
        let place = address(of: secret)
        #expect(MemoryMap.permissions(at: place) == "---p")
        let inside = secret.withBytes { _ in MemoryMap.permissions(at: place) }
        #expect(inside == "r--p")
        #expect(MemoryMap.permissions(at: place) == "---p")
    }

    @Test("the memory is closed again when the body throws")
    func closedAfterThrow() {
        struct Stop: Error {}
        let secret = SecretBytes(copying: sample)
        let place = address(of: secret)
        var caught = false
        do {
            try secret.withBytes { (_) throws(Stop) in throw Stop() }
        } catch {
            caught = true
        }
        #expect(caught)
        #expect(MemoryMap.permissions(at: place) == "---p")
    }

    @Test("an unreadable page follows the last byte, and one lies before the first")
    func guardPages() {
        let secret = SecretBytes(copying: sample)
        let around = secret.withBytes { bytes in
            let start = UInt(bitPattern: bytes.baseAddress)
            let page = start & ~4095
            return (
                inside: MemoryMap.permissions(at: start), after: MemoryMap.permissions(at: start + UInt(bytes.count)),
                before: MemoryMap.permissions(at: page - 1), end: (start + UInt(bytes.count)) % 4096
            )
        }
        #expect(around.inside == "r--p")
        #expect(around.after == "---p")
        #expect(around.before == "---p")
        #expect(around.end == 0, "one byte too far is a fault")
    }

    @Test("when a secret dies its bytes can be found at its place no more")
    func gone() {
        var place: UInt = 0
        func live() -> [UInt8]? {
            let secret = SecretBytes(copying: sample)
            place = address(of: secret)
            return secret.withBytes { _ in MemoryMap.bytes(at: place, count: sample.count) }
        }
        #expect(live() == sample, "the look into memory works")
        #expect(MemoryMap.bytes(at: place, count: sample.count) != sample)
    }

    @Test("what a secret gave back is wiped, whether it is kept for another or not; the next gets zeros")
    func givenBack() {
        // A size that no other test uses.
        let sample = (0..<1237).map { _ in UInt8.random(in: 1...255) }
        for _ in 0..<40 {
            let place = address(of: SecretBytes(copying: sample))
            // Where it was not kept, something else may lie there by now.
            #expect(MemoryMap.bytes(at: place, count: sample.count) != sample)
            var wasZero = false
            _ = SecretBytes(capacity: sample.count) { buffer in
                wasZero = buffer.allSatisfy { $0 == 0 }
                buffer.copyBytes(from: sample)
                return sample.count
            }
            #expect(wasZero)
        }
    }

    @Test("secrets of one allocation are apart, and live until the last of them is gone")
    func group() {
        let all = SecretBytes.group(of: 3, width: 8) { number, buffer in
            buffer.copyBytes(from: [UInt8](repeating: UInt8(number), count: 8))
        }
        #expect(all.map { bytes(of: $0.bytes) } == (0..<3).map { [UInt8](repeating: UInt8($0), count: 8) })
        #expect(MemoryMap.permissions(at: address(of: all[1].bytes)) == "---p")
        func last() -> SharedSecret {
            SecretBytes.group(of: 2, width: 32) { number, buffer in
                buffer.copyBytes(from: [UInt8](repeating: UInt8(number + 1), count: 32))
            }[1]
        }
        #expect(bytes(of: last().bytes) == [UInt8](repeating: 2, count: 32))
    }

    @Test("accesses nest")
    func nesting() {
        let secret = SecretBytes(copying: sample)
        let seen = secret.withBytes { outer in
            let inner = secret.withBytes { Array($0) }
            // Readable still, although the inner access has ended.
            return (inner, Array(outer))
        }
        #expect(seen.0 == sample)
        #expect(seen.1 == sample)
        #expect(MemoryMap.permissions(at: address(of: secret)) == "---p")
    }

    @Test("eight threads read one secret at once, and it is closed when the last has done")
    func concurrency() {
        let shared = SharedSecret(SecretBytes(copying: sample))
        let wrong = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<200 where bytes(of: shared.bytes) != sample { wrong.add(1, ordering: .relaxed) }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(MemoryMap.permissions(at: address(of: shared.bytes)) == "---p")
    }

    @Test("a duplicate has the same bytes in another place, and outlives the original")
    func duplicate() {
        func copy() -> (SharedSecret, UInt) {
            let original = SecretBytes(copying: sample)
            return (SharedSecret(original.duplicate()), address(of: original))
        }
        let (duplicate, place) = copy()
        #expect(address(of: duplicate.bytes) != place)
        #expect(bytes(of: duplicate.bytes) == sample)
    }

    @Test("equality is of all bytes and of the length")
    func equality() {
        func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
            SecretBytes(copying: one).equals(SecretBytes(copying: other))
        }
        #expect(equal(sample, sample))
        #expect(equal([], []))
        #expect(!equal(sample, sample + [0]))
        #expect(!equal(sample + [0], sample))
        #expect(!equal([], [0]))
        for index in sample.indices {
            var other = sample
            other[index] ^= 1
            #expect(!equal(sample, other))
        }
    }

    @Test("random secrets are of the length asked for and never the same")
    func random() {
        let made = (0..<64).map { _ in bytes(of: SecretBytes(randomCount: 32)) }
        #expect(made.allSatisfy { $0.count == 32 })
        #expect(Set(made).count == 64)
    }

    @Test("a shared secret shows nothing to dump, print and reflection")
    func reflection() {
        let shared = SharedSecret(SecretBytes(copying: sample))
        var dumped = ""
        dump(shared, to: &dumped)
        #expect(Mirror(reflecting: shared).children.isEmpty)
        for text in [dumped, "\(shared)", String(reflecting: shared)] {
            #expect(!text.contains("canary"))
            #expect(!text.contains("\(sample[0]), \(sample[1])"))
        }
    }

    @Test("where there is no memory, the process ends with the status that says so, not by a signal")
    func exhausted() async {
        await #expect(processExitsWith: .exitCode(75)) {
            _ = SecretBytes(capacity: 1 << 46) { _ in 0 }
            exit(0)
        }
    }

    @Test("memory that the system does not lock is noticed")
    func lockingFails() async {
        await #expect(processExitsWith: .exitCode(42)) {
            // Root may lock whatever the limit is, so this child becomes nobody first.
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            guard setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else { exit(3) }
            if geteuid() == 0 { guard setuid(65534) == 0 else { exit(4) } }
            guard !MemoryLocking.hasFailed else { exit(5) }
            let secret = SecretBytes(copying: [1, 2, 3])
            guard MemoryLocking.hasFailed, secret.count == 3 else { exit(6) }
            exit(42)
        }
    }

    @Test("memory that the system locks is not reported")
    func lockingWorks() async {
        await #expect(processExitsWith: .exitCode(42)) {
            let secret = SecretBytes(copying: [1, 2, 3])
            exit(MemoryLocking.hasFailed || secret.count != 3 ? 6 : 42)
        }
    }
}
