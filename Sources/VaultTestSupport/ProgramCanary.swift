/// A value that no place may show, in any of the forms in which it could slip out.
package struct Canary: Sendable {
    package let bytes: [UInt8]

    /// A value that nobody else has: letters and digits behind a prefix that issuers publish.
    package init(prefix: String = "lin_") {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        bytes = Array((prefix + "canary").utf8) + (0..<30).map { _ in letters.randomElement() ?? 0 }
    }

    /// A value of the test's own.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The name of the form in which the canary is among the bytes; nil where it is not.
    package func form(in haystack: [UInt8]) -> String? {
        forms.first { Self.contains(haystack, $0.bytes) }?.name
    }

    private var forms: [(name: String, bytes: [UInt8])] {
        // The random part alone, so that a value without its public prefix is found as well.
        let core = Array(bytes.suffix(min(bytes.count, 30)))
        let percent = core.map { [UInt8(ascii: "%")] + Self.hex([$0], "0123456789ABCDEF") }
        let wide = core.map { [$0, 0] as [UInt8] }
        var forms: [(name: String, bytes: [UInt8])] = [
            ("as it is", core), ("backwards", core.reversed()), ("hex", Self.hex(core, "0123456789abcdef")),
            ("HEX", Self.hex(core, "0123456789ABCDEF")),
            ("percent", Array(percent.joined())),
            ("UTF-16", Array(wide.joined().dropLast())),
        ]
        for skip in 0..<3 {
            // Whatever precedes it shifts the groups of three; what stays the same lies between.
            let whole = core.dropFirst(skip)
            let grouped = Array(whole.prefix(whole.count / 3 * 3))
            forms.append(("base64", Self.base64(grouped, "+/")))
            forms.append(("base64url", Self.base64(grouped, "-_")))
        }
        return forms
    }

    private static func hex(_ bytes: [UInt8], _ digits: String) -> [UInt8] {
        let digits = Array(digits.utf8)
        return Array(bytes.map { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }.joined())
    }

    private static func base64(_ bytes: [UInt8], _ last: String) -> [UInt8] {
        let digits = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count - 2, by: 3) {
            let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
            text += [18, 12, 6, 0].map { digits[group >> $0 & 63] }
        }
        return text
    }

    private static func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        guard !needle.isEmpty, haystack.count >= needle.count else { return false }
        return haystack.withUnsafeBufferPointer { hay in
            needle.withUnsafeBufferPointer { needle in
                outer: for start in 0...(hay.count - needle.count) where hay[start] == needle[0] {
                    for index in needle.indices where hay[start + index] != needle[index] { continue outer }
                    return true
                }
                return false
            }
        }
    }
}
