internal import Glibc

/// Times as the API writes them: `2026-03-01T10:00:00.000Z`, SQLite's `%Y-%m-%dT%H:%M:%fZ`.
enum Timestamp {
    private static let lastMillisecond: Int64 = 253_402_300_799_999

    /// Takes milliseconds since 1970 UTC; of times before that and after the year 9999 it writes the nearest it can.
    static func text(_ milliseconds: Int64) -> String {
        let moment = min(max(milliseconds, 0), lastMillisecond)
        var seconds = time_t(moment / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [padded(parts.tm_year + 1900, 4), padded(parts.tm_mon + 1, 2), padded(parts.tm_mday, 2)]
        let time = [padded(parts.tm_hour, 2), padded(parts.tm_min, 2), padded(parts.tm_sec, 2)]
        let fraction = padded(Int32(moment % 1000), 3)
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(fraction)Z"
    }

    private static func padded(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
