internal import SecureMemory

/// Searches for all values at once: as they are, in base64 and URL-encoded.
///
/// The time is linear in the bytes read: the number of values only decides how large the tables are. What it finds is
/// said by label, encoding and place; no value and no part of one is ever returned. The values lie in one allocation of
/// the guarded heap, the tables have keyed hashes alone.
///
/// Base64 that was broken into lines of 16 characters and more is found too, indented or not.
package final class SecretScanner: Sendable {
    /// Values of fewer bytes are not searched for: they would be found by chance.
    package static let shortestValue = 8

    let needles: [Needle]
    let tables: WindowTables
    private let values: SharedSecret
    /// How many bytes before the place of a window, and from it on, a needle may need.
    let reachBack: Int
    let reachAhead: Int
    /// The longest needle's bytes of text.
    let longestSpan: Int
    /// Whether there is a space in any value.
    let hasSpaces: Bool

    package init(_ patterns: [ScanPattern]) {
        let patterns = patterns.filter { $0.value.bytes.count >= Self.shortestValue }
        var needles: [Needle] = []
        let all = SecretBytes(capacity: patterns.reduce(0) { $0 + $1.value.bytes.count }) { target in
            var start = 0
            for pattern in patterns {
                let count = pattern.value.bytes.count
                let valuePeriod = pattern.value.bytes.withBytes { value in
                    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + count]).copyMemory(from: value)
                    return Self.period(value)
                }
                let forms: [Needle.Form] = [
                    .plain, .base64(alignment: 0), .base64(alignment: 1), .base64(alignment: 2),
                ]
                needles += forms.map {
                    Needle(label: pattern.label, start: start, count: count, form: $0, valuePeriod: valuePeriod)
                }
                start += count
            }
            return start
        }
        var chosen = needles
        tables = all.withBytes { WindowTables(&chosen, values: $0) }
        self.needles = chosen
        values = SharedSecret(all)
        reachBack = chosen.map(\.lead).max() ?? 0
        reachAhead = max(tables.width, chosen.map { $0.span - $0.lead }.max() ?? 0)
        longestSpan = chosen.map(\.span).max() ?? 0
        hasSpaces = values.bytes.withBytes { $0.contains(UInt8(ascii: " ")) }
    }

    /// Searches bytes that lie in memory; after `limit` places of a value no further for it.
    package func scan(_ bytes: UnsafeRawBufferPointer, limit: Int = ScanStream.usualLimit) -> [ScanMatch] {
        let stream = ScanStream(self, limit: limit)
        stream.feed(bytes)
        return stream.finish()
    }

    /// Opens the values for reading while `body` runs.
    func withValues<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        values.bytes.withBytes { body($0) }
    }

    /// The smallest period of a value that repeats at least once; else 0 (Knuth, Morris, Pratt).
    private static func period(_ value: UnsafeRawBufferPointer) -> Int {
        var borders = [Int32](repeating: 0, count: value.count)
        defer { borders.withUnsafeMutableBytes(wipe) }
        var border = 0
        for index in 1..<value.count {
            while border > 0, value[index] != value[border] { border = Int(borders[border - 1]) }
            if value[index] == value[border] { border += 1 }
            borders[index] = Int32(border)
        }
        let period = value.count - border
        return period * 2 <= value.count ? period : 0
    }
}
