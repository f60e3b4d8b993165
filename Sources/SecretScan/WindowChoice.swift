/// Chooses by which of its bytes each needle is known: those that few other needles share, since many values begin alike
/// (`sk_live_`, the header of every JWT of a kind) and some end alike.
struct WindowChoice {
    let width: Int
    let keys: (UInt64, UInt64)

    /// So many places of a needle are looked at.
    private static let places = 12

    func choose(
        for needles: inout [Needle], values: UnsafeRawBufferPointer, window: UnsafeMutableBufferPointer<UInt8>
    ) {
        var counts: [UInt64: Int32] = [:]
        counts.reserveCapacity(needles.count * Self.places)
        for needle in needles {
            for lead in leads(of: needle) {
                counts[hash(of: needle, at: lead, values: values, window: window), default: 0] += 1
            }
        }
        for index in needles.indices {
            var best: (shared: Int32, sameness: Int) = (.max, .max)
            for lead in leads(of: needles[index]) {
                let hash = hash(of: needles[index], at: lead, values: values, window: window)
                let mark = (counts[hash] ?? 0, sameness(window))
                if mark < best { (best, needles[index].lead) = (mark, lead) }
            }
        }
    }

    /// Evenly from the first to the last that there is.
    private func leads(of needle: Needle) -> [Int] {
        let inner = needle.inner
        let last = inner.count - width
        let count = min(last + 1, Self.places)
        return (0..<count).map { inner.lowerBound + (count > 1 ? last * $0 / (count - 1) : 0) }
    }

    private func hash(
        of needle: Needle, at lead: Int, values: UnsafeRawBufferPointer, window: UnsafeMutableBufferPointer<UInt8>
    ) -> UInt64 {
        needle.write(from: lead, to: window, values: values)
        guard let start = window.baseAddress else { return 0 }
        return WindowTables.hash(start, width: width, keys: keys)
    }

    /// How many bytes of the window are another of its bytes again, or differ between the alphabets of base64.
    private func sameness(_ window: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var seen: SIMD4<UInt64> = .zero
        var again = 0
        for byte in window {
            let (word, bit) = (Int(byte >> 6), UInt64(1) << UInt64(byte & 63))
            if seen[word] & bit != 0 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") { again += 1 }
            seen[word] |= bit
        }
        return again
    }
}
