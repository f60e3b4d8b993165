internal import CSodium
internal import Glibc
internal import Synchronization

/// libsodium's start-up, once a process.
package enum SodiumLibrary {
    private static let started: Bool = sodium_init() >= 0

    /// The version of the library that runs, `1.0.18`.
    package static var version: String { String(cString: sodium_version_string()) }

    /// Starts libsodium; every call after the first costs a load. A library that cannot start (no source of
    /// randomness) ends the process: nothing here may run without it.
    package static func start() {
        guard started else {
            abort()
        }
    }
}

/// What the guarded heap can say about itself.
package enum MemoryLocking {
    fileprivate static let failed = Atomic(false)

    /// Whether an allocation could not be locked in memory, so that the system may write it to swap. `sodium_malloc`
    /// does not say so; `RLIMIT_MEMLOCK` is the usual reason.
    package static var hasFailed: Bool { failed.load(ordering: .relaxed) }

    /// Whether that many bytes more can be locked in memory now. They are given back at once.
    package static func canLock(_ count: Int) -> Bool {
        SodiumLibrary.start()
        guard let base = sodium_malloc(count) else { return false }
        defer { sodium_free(base) }
        return sodium_mlock(base, count) == 0
    }
}

/// The calls into libsodium's guarded heap that ``SecretBytes`` makes.
enum GuardedHeap {
    /// Allocations that were given back: wiped, and no longer readable. A new one of the same size takes one of them, since to
    /// map, lock and unmap memory costs several times what is done with it where thousands of secrets pass by.
    private static let spare = Mutex<[(count: Int, base: UInt)]>([])
    /// How many are kept, of at most so many bytes.
    private static let spareLimit = 16, spareSize = 4096

    /// Memory that is zeroed, writable, and locked where the system allows it. Ends the process, with 75, where there
    /// is none.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        SodiumLibrary.start()
        if let base = takeSpare(count) {
            guard sodium_mprotect_readwrite(base) == 0 else { endForLackOfMemory() }
            return base
        }
        guard let base = sodium_malloc(count) else { endForLackOfMemory() }
        memset(base, 0, count)
        // sodium_malloc passes over a lock that failed. Locking a second time is harmless and does answer.
        if mlock(base, count) != 0 { MemoryLocking.failed.store(true, ordering: .relaxed) }
        return base
    }

    /// Wipes memory of that size, and gives it back or keeps it for another.
    static func release(_ base: UnsafeMutableRawPointer, _ count: Int) {
        guard count <= spareSize, spare.withLock({ $0.count < spareLimit }) else { return sodium_free(base) }
        guard sodium_mprotect_readwrite(base) == 0 else { endForLackOfMemory() }
        sodium_memzero(base, count)
        close(base)
        let isKept = spare.withLock { spare in
            guard spare.count < spareLimit else { return false }
            spare.append((count, UInt(bitPattern: base)))
            return true
        }
        if !isKept { sodium_free(base) }
    }

    private static func takeSpare(_ count: Int) -> UnsafeMutableRawPointer? {
        spare.withLock { spare in
            guard let index = spare.lastIndex(where: { $0.count == count }) else { return nil }
            return UnsafeMutableRawPointer(bitPattern: spare.remove(at: index).base)
        }
    }

    static func open(_ base: UnsafeMutableRawPointer) {
        guard sodium_mprotect_readonly(base) == 0 else { endForLackOfMemory() }
    }

    static func openForWriting(_ base: UnsafeMutableRawPointer) {
        guard sodium_mprotect_readwrite(base) == 0 else { endForLackOfMemory() }
    }

    static func close(_ base: UnsafeMutableRawPointer) {
        guard sodium_mprotect_noaccess(base) == 0 else { endForLackOfMemory() }
    }

    /// Ends the process and says why, without memory for anything: as a kill would end it, after which the next run
    /// finishes. 75 is what docs/exit-codes.md says of it.
    private static func endForLackOfMemory() -> Never {
        let text: StaticString = "[ERROR] Not enough memory for secrets\n  run the same command again\n"
        // Nobody is left to tell where that fails.
        _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
        _exit(75)
    }
}
