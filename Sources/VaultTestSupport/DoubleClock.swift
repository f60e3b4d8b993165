internal import Glibc

/// Times as the gateway writes them: RFC 3339 in UTC with 0 to 9 fractional digits, trailing zeros left out.
enum DoubleClock {
    /// The gateway's "never".
    static let zero = "0001-01-01T00:00:00Z"

    /// The system's time, `days` later.
    static func now(plusDays days: Int = 0) -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var seconds = time.tv_sec + days * 86400
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [
            pad(Int(parts.tm_year) + 1900, 4), pad(Int(parts.tm_mon) + 1, 2), pad(Int(parts.tm_mday), 2),
        ].joined(separator: "-")
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { pad(Int($0), 2) }.joined(separator: ":")
        var fraction = pad(time.tv_nsec, 9)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(date)T\(clock)" + (fraction.isEmpty ? "" : ".\(fraction)") + "Z"
    }

    /// The system's time with three fractional digits, as SQLite's `%f` has them.
    static func milliseconds() -> String {
        let text = now()
        let whole = text.prefix(19)
        let digits = text.dropFirst(20).prefix { $0 != "Z" }.prefix(3)
        return whole + "." + digits + String(repeating: "0", count: 3 - digits.count) + "Z"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
