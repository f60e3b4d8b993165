/// A date in one of the three forms that HTTP has had (RFC 9110, 5.6.7).
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970 UTC; nil where it is none of these.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split { " ,:-".contains($0) }.dropFirst().map(String.init)
        // `Sun Nov  6 08:49:37 1994`; the other two begin with the day and end with `GMT`.
        if words.count == 6, let month = months.firstIndex(of: words[0]) {
            return time(words[1], month + 1, words[5], words[2...4])
        }
        guard words.count == 7, words[6] == "GMT", let month = months.firstIndex(of: words[1]) else { return nil }
        return time(words[0], month + 1, words[2], words[3...5])
    }

    private static func time(_ day: String, _ month: Int, _ year: String, _ clock: ArraySlice<String>) -> Int64? {
        let parts = clock.map { number($0, 0...60) }
        guard let day = number(day, 1...31), let short = number(year, 0...9999), parts.count == 3,
            let hour = parts[0], hour < 24, let minute = parts[1], minute < 60, let second = parts[2]
        else { return nil }
        // Two digits are a year of this century: none is far in the past.
        let year = year.utf8.count == 2 ? short + 2000 : short
        return days(year, month, day) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text), range.contains(value) else {
            return nil
        }
        return value
    }

    /// Days since 1970-01-01 in the Gregorian calendar: counted from a 1 March, so that the leap day comes last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return Int64(year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719468)
    }
}
