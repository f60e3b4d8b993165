internal import Synchronization
package import VaultCore

/// A clock that stands still until a test moves it.
package final class FixedClock: Sendable {
    /// 2030-01-01T00:00:00Z.
    package static let start: Int64 = 1_893_456_000_000

    private let milliseconds: Mutex<Int64>

    package init(_ now: Int64 = start) {
        milliseconds = Mutex(now)
    }

    /// Milliseconds since 1970 UTC.
    package var now: Int64 {
        get { milliseconds.withLock { $0 } }
        set { milliseconds.withLock { $0 = newValue } }
    }

    /// An environment with this clock and an actor that is nobody.
    package var environment: VaultEnvironment {
        VaultEnvironment(now: { self.now }, actor: Self.actor)
    }

    /// Who does everything in tests.
    package static let actor = Actor(userID: 1000, processID: 4711, program: "vault test")
}
