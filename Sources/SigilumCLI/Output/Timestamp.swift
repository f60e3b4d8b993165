/// Points in time as people and documents read them; UTC, without a locale.
package enum Timestamp {
    /// `2026-03-01T10:00:00Z`, from milliseconds since 1970 UTC; fractions of a second are cut.
    package static func text(_ milliseconds: Int64) -> String {
        let seconds = floorDivide(milliseconds, 1000)
        let days = floorDivide(seconds, 86400)
        let second = seconds - days * 86400
        let (year, month, day) = civil(days)
        guard (0...9999).contains(year) else {
            return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
                + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
        }
        return String(unsafeUninitializedCapacity: 20) { out in
            write(year / 100, UInt8(ascii: "0"), to: out, at: 0)
            write(year % 100, UInt8(ascii: "-"), to: out, at: 2)
            write(month, UInt8(ascii: "-"), to: out, at: 5)
            write(day, UInt8(ascii: "T"), to: out, at: 8)
            write(second / 3600, UInt8(ascii: ":"), to: out, at: 11)
            write(second / 60 % 60, UInt8(ascii: ":"), to: out, at: 14)
            write(second % 60, UInt8(ascii: "Z"), to: out, at: 17)
            return 20
        }
    }

    /// How long something took or lasts, in its largest unit: `3 days`, `1 hour`, `0 seconds`.
    package static func duration(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        let units: [(Int64, String)] = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        let (size, name) = units.first { seconds >= $0.0 } ?? (1, "second")
        let count = seconds / size
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }

    /// Year, month and day of a count of days since 1970-01-01 in the Gregorian calendar. Years are taken to begin in
    /// March, so that the day that comes and goes is the last one.
    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        // Nothing that overflows: times come from files that others make.
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    /// Writes two digits, and a mark behind them.
    private static func write(
        _ number: Int64, _ mark: UInt8, to out: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) {
        out[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
        out[start + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
        out[start + 2] = mark
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
