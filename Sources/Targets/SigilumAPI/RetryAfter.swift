internal import HTTPTransport

/// The header `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in one of the three forms that HTTP has had.
enum RetryAfter {
    /// The longest wait that is told, in seconds: a week.
    private static let limit: Int64 = 7 * 86400

    /// Seconds from now on, 0 for a time that is over; nil where it is none of these.
    static func seconds(_ text: String, now: Int64) -> Int? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int(min(Int64(text) ?? limit, limit))
        }
        return HTTPDate.seconds(text).map { Int(min(max($0 - now, 0), limit)) }
    }
}
