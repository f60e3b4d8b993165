internal import CSodium
internal import Synchronization

/// Bytes that must not leak: an allocation of libsodium's guarded heap.
///
/// The memory is locked where the system allows it, lies between guard pages, cannot be read outside ``withBytes(_:)``
/// and is wiped when the value dies. A `SecretBytes` cannot be copied, printed, compared by `==` or encoded: none of
/// that compiles. Source: libsodium 1.0.18, "Secure memory".
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    /// How many bytes the secret has. The allocation may be larger; the rest is never read.
    package let count: Int
    private let base: UnsafeMutableRawPointer
    private let gate: AccessGate

    /// Allocates `capacity` bytes, lets `fill` write them and say how many it wrote.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes to allocate; 0 is allowed.
    ///   - fill: Gets the zeroed buffer of exactly `capacity` bytes and returns the number of bytes that count.
    /// - Throws: What `fill` throws; the memory is wiped first.
    package init<Failure: Error>(
        capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        precondition(capacity >= 0)
        base = GuardedHeap.allocate(max(capacity, 1))
        do throws(Failure) {
            let written = try fill(UnsafeMutableRawBufferPointer(start: base, count: capacity))
            precondition((0...capacity).contains(written))
            count = written
        } catch {
            sodium_free(base)
            throw error
        }
        gate = AccessGate()
        GuardedHeap.close(base)
    }

    /// Copies bytes that already lie in ordinary memory: public values in tests, and the output of a library that
    /// gives nothing better. The original stays where it is; wipe it yourself.
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

    deinit {
        sodium_free(base)
    }

    /// Opens the memory for reading while `body` runs. Calls may nest and come from several threads.
    ///
    /// The pointer must not escape `body`.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        gate.enter(base)
        defer { gate.leave(base) }
        return try body(UnsafeRawBufferPointer(start: base, count: count))
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

/// Counts the readers of one allocation, so that the memory is readable only while there is one.
private final class AccessGate: Sendable {
    private let readers = Mutex(0)

    func enter(_ base: UnsafeMutableRawPointer) {
        readers.withLock { count in
            if count == 0 { GuardedHeap.open(base) }
            count += 1
        }
    }

    func leave(_ base: UnsafeMutableRawPointer) {
        readers.withLock { count in
            count -= 1
            if count == 0 { GuardedHeap.close(base) }
        }
    }
}
