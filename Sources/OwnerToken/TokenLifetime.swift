/// Why a text is no lifetime of a token.
package enum TokenLifetimeError: Error, Sendable, Equatable {
    /// Anything but digits: a sign, a fraction, an exponent, a unit, nothing at all.
    case notWholeSeconds
    case zero
    /// More than a year, which is not said to be meant.
    case moreThanAYear
    /// More than a hundred years, whatever is said.
    case moreThanACentury
}

/// How long a token is good for.
package enum TokenLifetime {
    /// A year of 365 days, in seconds: more needs to be said to be meant.
    package static let year: Int64 = 31_536_000
    /// A hundred of them. The end of a token then stays far from what a time can hold.
    package static let century: Int64 = year * 100
    /// A week, in seconds.
    package static let standard: Int64 = 604_800

    /// The seconds of a text of digits.
    ///
    /// - Parameters:
    ///   - text: The value of `--ttl-seconds` or `SIGILUM_OWNER_TOKEN_TTL_SECONDS`.
    ///   - allowLong: Whether more than a year is meant.
    /// - Returns: From 1 to ``year``, or to ``century`` where that is meant.
    /// - Throws: Why it is no lifetime.
    package static func parse(_ text: String, allowLong: Bool) throws(TokenLifetimeError) -> Int64 {
        guard !text.isEmpty else { throw .notWholeSeconds }
        var seconds: Int64 = 0
        for byte in text.utf8 {
            guard (0x30...0x39).contains(byte) else { throw .notWholeSeconds }
            // Beyond the limit the digits are checked still, and nothing is added.
            if seconds <= century { seconds = seconds * 10 + Int64(byte - 0x30) }
        }
        guard seconds > 0 else { throw .zero }
        guard seconds <= century else { throw allowLong ? .moreThanACentury : .moreThanAYear }
        guard seconds <= year || allowLong else { throw .moreThanAYear }
        return seconds
    }
}
