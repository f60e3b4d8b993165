internal import CSodium
internal import Synchronization

/// Bytes that must not leak: an allocation of libsodium's guarded heap.
///
/// The memory is locked where the system allows it, lies between guard pages, cannot be read outside ``withBytes(_:)``
/// and is wiped when the value dies. A `SecretBytes` cannot be copied, printed, compared by `==` or encoded: none of
/// that compiles. Source: libsodium 1.0.18, "Secure memory".
package struct SecretBytes: ~Copyable, Sendable {
    /// How many bytes the secret has. The allocation may be larger; the rest is never read.
    package let count: Int
    /// Where the secret begins in its allocation.
    private let offset: Int
    private let memory: GuardedMemory

    /// Allocates `capacity` bytes, lets `fill` write them and say how many it wrote.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes to allocate; 0 is allowed.
    ///   - fill: Gets the zeroed buffer of exactly `capacity` bytes and returns the number of bytes that count.
    /// - Throws: What `fill` throws; the memory is wiped first.
    package init<Failure: Error>(
        capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        var written = 0
        memory = try GuardedMemory(capacity: capacity) { buffer throws(Failure) in
            written = try fill(buffer)
            precondition((0...capacity).contains(written))
        }
        (offset, count) = (0, written)
    }

    private init(part: Range<Int>, of memory: GuardedMemory) {
        self.memory = memory
        (offset, count) = (part.lowerBound, part.count)
    }

    /// Secrets of the same length in one allocation, which costs the system as much as one alone: they become readable
    /// together, and are wiped when the last of them dies.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - width: Their length in bytes.
    ///   - fill: Writes the secret with that number into its buffer of `width` bytes.
    /// - Returns: The secrets, by their numbers.
    package static func group(
        of count: Int, width: Int, fill: (Int, UnsafeMutableRawBufferPointer) -> Void
    ) -> [SharedSecret] {
        let memory = GuardedMemory(capacity: count * width) { buffer in
            for number in 0..<count {
                fill(number, UnsafeMutableRawBufferPointer(rebasing: buffer[number * width..<(number + 1) * width]))
            }
        }
        return (0..<count).map { number in
            SharedSecret(SecretBytes(part: number * width..<(number + 1) * width, of: memory))
        }
    }

    /// A part of this secret, in the same memory, which costs the system nothing: readable together with the whole, and wiped
    /// when the last that is in this memory dies.
    package borrowing func part(_ range: Range<Int>) -> SecretBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return SecretBytes(part: offset + range.lowerBound..<offset + range.upperBound, of: memory)
    }

    /// Keeps one guarded allocation open while `body` runs, in which the short secrets lie that this thread makes
    /// meanwhile: for what makes some for each of many rows, where to open and close each takes longer than the
    /// cryptography. Each is wiped when it dies; what outlives `body` is closed at its end, as every secret is.
    package static func together<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let area = GuardedArea.begin() else { return try body() }
        defer { area.end() }
        return try body()
    }

    /// Copies bytes that already lie in ordinary memory: public values in tests, and the output of a library that
    /// gives nothing better. The original stays where it is; wipe it yourself.
    package init(copying bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count) { buffer in
            buffer.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// As above, of bytes that may lie apart.
    package init(copying bytes: some Collection<UInt8>) {
        self.init(capacity: bytes.count) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// `count` bytes of the system's randomness (`randombytes_buf`).
    package init(randomCount count: Int) {
        SodiumLibrary.start()
        self.init(capacity: count) { buffer in
            if let start = buffer.baseAddress { randombytes_buf(start, count) }
            return count
        }
    }

    /// Opens the memory for reading while `body` runs. Calls may nest and come from several threads.
    ///
    /// The pointer must not escape `body`.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        memory.enter()
        defer { memory.leave() }
        return try body(UnsafeRawBufferPointer(start: memory.base + offset, count: count))
    }

    /// A second allocation with the same bytes.
    package borrowing func duplicate() -> SecretBytes {
        withBytes { source in
            SecretBytes(capacity: source.count) { target in
                target.copyMemory(from: source)
                return source.count
            }
        }
    }

    /// Whether both hold the same bytes, in time that depends only on their lengths (`sodium_memcmp`).
    package borrowing func equals(_ other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        guard count > 0 else { return true }
        let count = count
        return withBytes { mine in
            other.withBytes { theirs in
                guard let left = mine.baseAddress, let right = theirs.baseAddress else { return false }
                return sodium_memcmp(left, right, count) == 0
            }
        }
    }
}

/// A secret that several values hold together: what an array or an optional of secrets needs, since ``SecretBytes`` is
/// not copyable. The bytes are wiped when the last holder is gone.
package final class SharedSecret: Sendable, CustomReflectable {
    package let bytes: SecretBytes

    package init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    /// No children: `dump` and the debugger's printing find nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One allocation: wiped and given back when its last holder is gone, and readable only while somebody reads.
private final class GuardedMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    /// How many bytes were allocated.
    private let count: Int
    private let readers = Mutex(0)
    /// Where this is a place in an allocation that holds several secrets.
    private let area: GuardedArea?

    init<Failure: Error>(
        capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(capacity >= 0)
        count = max(capacity, 1)
        if let place = GuardedArea.place(for: count) {
            (base, area) = (place.base, place.area)
            defer { place.area.leave() }
            try fill(UnsafeMutableRawBufferPointer(start: base, count: capacity))
            return
        }
        (base, area) = (GuardedHeap.allocate(count), nil)
        // Where `fill` throws, `deinit` frees it.
        try fill(UnsafeMutableRawBufferPointer(start: base, count: capacity))
        GuardedHeap.close(base)
    }

    deinit {
        if let area { area.giveBack(base, count) } else { GuardedHeap.release(base, count) }
    }

    func enter() {
        if let area { return area.enter() }
        readers.withLock { count in
            if count == 0 { GuardedHeap.open(base) }
            count += 1
        }
    }

    func leave() {
        if let area { return area.leave() }
        readers.withLock { count in
            count -= 1
            if count == 0 { GuardedHeap.close(base) }
        }
    }
}
