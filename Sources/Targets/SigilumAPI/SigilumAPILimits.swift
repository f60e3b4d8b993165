package import HTTPTransport

/// How long and how much the API may take.
package struct SigilumAPILimits: Sendable {
    /// Of each call.
    package var call = HTTPLimits()
    /// How often a call is made that the API asks to make later, or that it fails at.
    package var tries = 3
    /// Seconds that are waited, in all for one call, where the API says how long.
    package var patienceSeconds = 5
    /// Milliseconds before the second try of a call that failed; the wait before the third is twice as long.
    package var backoffMilliseconds: Int64 = 250
    /// How many keys are asked for at once.
    package var keysAPage = 100
    /// How many pages of keys are read of one service.
    package var pages = 100

    package init() {}
}

/// The time, as the API's client needs it.
package struct SigilumAPIClock: Sendable {
    /// Seconds since 1970 UTC.
    package let now: @Sendable () -> Int64
    /// Waits; comes back early where the task is cancelled.
    package let sleep: @Sendable (Duration) async -> Void

    package init(now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Duration) async -> Void) {
        self.now = now
        self.sleep = sleep
    }
}
