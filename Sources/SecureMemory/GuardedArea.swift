internal import CSodium
internal import Glibc
internal import Synchronization

/// One allocation of the guarded heap with places for several short secrets. Readable and writable while somebody holds
/// it open; a place is wiped before another secret gets it, and all of it when the last secret in it is gone.
final class GuardedArea: @unchecked Sendable {
    /// In bytes: room for a padded value of up to 1 KiB. With libsodium's own bytes it makes 4 pages.
    private static let placeWidth = 1088, placeCount = 15

    /// Those that short secrets are made in now, by the thread that began them.
    private static let current = Mutex<[(thread: pthread_t, area: GuardedArea)]>([])

    private struct State {
        var holders = 0
        var free: [Int]
    }

    private let base = GuardedHeap.allocate(placeWidth * placeCount)
    private let state = Mutex(State(free: Array(0..<placeCount)))

    private init() { state.withLock { $0.holders = 1 } }

    deinit { GuardedHeap.release(base, Self.placeWidth * Self.placeCount) }

    /// Begins one for this thread, held open; nil where it has one already.
    static func begin() -> GuardedArea? {
        let thread = pthread_self()
        return current.withLock { current in
            guard !current.contains(where: { $0.thread == thread }) else { return nil }
            let area = GuardedArea()
            current.append((thread, area))
            return area
        }
    }

    /// No further secret is made in it.
    func end() {
        Self.current.withLock { current in current.removeAll { $0.area === self } }
        leave()
    }

    /// A zeroed place of the current area, which is held open for the caller to fill it; nil where there is none.
    static func place(for count: Int) -> (base: UnsafeMutableRawPointer, area: GuardedArea)? {
        guard count <= placeWidth else { return nil }
        let thread = pthread_self()
        let found = current.withLock { current in current.first { $0.thread == thread }?.area }
        guard let area = found else { return nil }
        guard let place = area.state.withLock({ $0.free.popLast() }) else { return nil }
        area.enter()
        return (area.base + place * placeWidth, area)
    }

    /// Wipes a place, whose first `count` bytes were used.
    func giveBack(_ place: UnsafeMutableRawPointer, _ count: Int) {
        enter()
        sodium_memzero(place, count)
        leave()
        state.withLock { $0.free.append((place - base) / Self.placeWidth) }
    }

    func enter() {
        state.withLock { state in
            if state.holders == 0 { GuardedHeap.openForWriting(base) }
            state.holders += 1
        }
    }

    func leave() {
        state.withLock { state in
            state.holders -= 1
            if state.holders == 0 { GuardedHeap.close(base) }
        }
    }
}
