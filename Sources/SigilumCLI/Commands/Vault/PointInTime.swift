/// Times as users give them: a date, or how long ago.
enum PointInTime {
    /// `7d`, `12h`, `30m`, `45s`, `2w` ago; `2026-03-01`, `2026-03-01T10:00`, `2026-03-01T10:00:00Z` in UTC.
    ///
    /// - Returns: Milliseconds since 1970 UTC; nil for anything else.
    static func parse(_ text: String, now: Int64) -> Int64? {
        if let ago = duration(text) { return now - ago }
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let date = parts.first, parts.count <= 2, let day = day(date) else { return nil }
        guard parts.count == 2 else { return day * 86_400_000 }
        guard let seconds = time(parts[1]) else { return nil }
        return (day * 86_400 + seconds) * 1000
    }

    /// A time span in milliseconds, as `15m`; at most a century. Nil for anything else.
    static func duration(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast(), 1...8) else {
            return nil
        }
        let seconds = count * unit
        return seconds <= 36_525 * 86_400 ? seconds * 1000 : nil
    }

    /// Days since 1970-01-01.
    private static func day(_ text: Substring) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], 4...4), let month = number(parts[1], 2...2),
            let day = number(parts[2], 2...2), (1970...9999).contains(year), (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
        let past = year - 1
        let daysBefore = past * 365 + past / 4 - past / 100 + past / 400 - 719_162
        return daysBefore + lengths.prefix(Int(month) - 1).reduce(0, +) + day - 1
    }

    /// Seconds of a day.
    private static func time(_ text: Substring) -> Int64? {
        let parts = (text.hasSuffix("Z") ? text.dropLast() : text).split(
            separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { number($0, 2...2) }
        guard numbers.count == parts.count, (2...3).contains(parts.count), numbers[0] < 24,
            numbers.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
    }

    private static func number(_ text: Substring, _ width: ClosedRange<Int>) -> Int64? {
        guard width.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
