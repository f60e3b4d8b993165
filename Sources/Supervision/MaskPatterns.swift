internal import Glibc
package import SecureMemory

/// What is to be masked in a command's output.
package final class MaskPatterns: Sendable {
    struct Pattern {
        let start: Int
        let count: Int
        /// Which mask takes its place.
        let mask: Int
    }

    /// A line of a value of several lines counts from this many bytes on.
    static let shortestLine = 8

    /// The values, one after the other.
    private let values: SharedSecret
    private let patterns: [Pattern]
    private let masks: [[UInt8]]
    /// The patterns by their first byte.
    private let byFirst: [[Int]]
    /// The most bytes that one has.
    let longest: Int

    /// - Parameter secrets: Each value with what is shown in its place. A value is masked as it is, without the line ends
    ///   at its end, and, where it has several lines, line by line: programs print all of these. Empty ones are passed
    ///   over.
    package init(_ secrets: [(value: SharedSecret, mask: String)]) {
        var (patterns, size) = ([Pattern](), 0)
        for (index, secret) in secrets.enumerated() {
            secret.value.bytes.withBytes { bytes in
                for part in Self.parts(bytes) {
                    patterns.append(Pattern(start: size + part.lowerBound, count: part.count, mask: index))
                }
                size += bytes.count
            }
        }
        let values = SharedSecret(
            SecretBytes(capacity: size) { target in
                var position = 0
                for secret in secrets {
                    secret.value.bytes.withBytes {
                        UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: $0)
                        position += $0.count
                    }
                }
                return size
            })
        var byFirst = [[Int]](repeating: [], count: 256)
        values.bytes.withBytes { bytes in
            for (index, pattern) in patterns.enumerated() { byFirst[Int(bytes[pattern.start])].append(index) }
        }
        self.values = values
        self.patterns = patterns
        self.byFirst = byFirst
        masks = secrets.map { Array($0.mask.utf8) }
        longest = patterns.map(\.count).max() ?? 0
    }

    /// The parts of a value that are looked for.
    private static func parts(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        func isEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
        guard !bytes.isEmpty else { return [] }
        var parts = [0..<bytes.count]
        let trimmed = (bytes.lastIndex { !isEnd($0) } ?? -1) + 1
        if trimmed > 0, trimmed < bytes.count { parts.append(0..<trimmed) }
        let lines = bytes[..<trimmed].split(whereSeparator: isEnd)
        guard lines.count > 1 else { return parts }
        return parts + lines.filter { $0.count >= shortestLine }.map { $0.startIndex..<$0.endIndex }
    }

    /// Opens the values for as long as `body` runs.
    func withValues<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { values.bytes.withBytes(body) }

    /// What begins at the start of `text`: the longest value that is there as a whole, and whether more bytes could make
    /// a longer one of it.
    func match(_ text: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer) -> (whole: Pattern?, isOpen: Bool) {
        var (whole, isOpen) = (Pattern?.none, false)
        guard let first = text.first, let base = values.baseAddress, let start = text.baseAddress else {
            return (nil, false)
        }
        for index in byFirst[Int(first)] {
            let pattern = patterns[index]
            let count = min(pattern.count, text.count)
            guard memcmp(base + pattern.start, start, count) == 0 else { continue }
            if count < pattern.count {
                isOpen = true
            } else if pattern.count > whole?.count ?? 0 {
                whole = pattern
            }
        }
        return (whole, isOpen)
    }

    func mask(_ pattern: Pattern) -> [UInt8] { masks[pattern.mask] }
}
