/// Times in tokens (RFC 7519, section 2): a JSON number of seconds since 1970, which may have a fraction.
enum NumericDate {
    /// The whole seconds of a JSON number, its fraction cut off; nil before 1970 and after the year 9999. Worked out
    /// in decimal: no number is too large, and none is rounded up to a second that has not come yet.
    static func seconds(_ number: String) -> Int64? {
        let parts = number.utf8.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 | 0x20 == UInt8(ascii: "e") })
        guard var mantissa = parts.first else { return nil }
        let isNegative = mantissa.first == UInt8(ascii: "-")
        if isNegative { mantissa = mantissa.dropFirst() }
        let halves = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1)
        guard let whole = halves.first else { return nil }
        let fraction = halves.dropFirst().first ?? mantissa[mantissa.endIndex...]
        let digits = (Array(whole) + fraction).map { Int64($0) - 0x30 }
        guard let first = digits.firstIndex(where: { $0 != 0 }) else { return 0 }
        guard !isNegative else { return nil }
        // How many of the digits stand before the point.
        let point = whole.count + (parts.count > 1 ? exponent(parts[1]) : 0)
        guard point > first else { return 0 }
        guard point - first <= 12 else { return nil }
        var seconds: Int64 = 0
        for index in first..<point { seconds = seconds * 10 + (digits.indices.contains(index) ? digits[index] : 0) }
        return seconds <= OwnerClaims.lastTime ? seconds : nil
    }

    /// An exponent, cut to a million either way: no token is long enough for the difference to count.
    private static func exponent(_ text: Substring.UTF8View) -> Int {
        let isNegative = text.first == UInt8(ascii: "-")
        var value = 0
        for byte in text where (0x30...0x39).contains(byte) { value = min(value * 10 + Int(byte) - 0x30, 1_000_000) }
        return isNegative ? -value : value
    }
}
