package import HTTPTransport

/// How long and how much a gateway may take.
package struct GatewayLimits: Sendable {
    /// Of each call.
    package var call = HTTPLimits()
    /// The longest body that the gateway takes, in bytes.
    package var bodyBytes = 2 << 20
    /// How often a call is made that the gateway's own concurrency gets in the way of.
    package var tries = 8
    /// Milliseconds before the second try; each further wait is twice as long, at most a second, and each is up to
    /// twice that, at random.
    package var backoffMilliseconds: Int64 = 25

    package init() {}

    /// The waits between tries, in order.
    func backoff(before attempt: Int) -> Duration {
        let shift = min(max(attempt, 1) - 1, 10)
        let base = min(backoffMilliseconds << shift, 1000)
        return .milliseconds(base + Int64.random(in: 0...max(base, 1)))
    }
}
