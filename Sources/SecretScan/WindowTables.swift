/// What finds candidates: every needle is known by one window of its bytes (Wu and Manber, "A fast algorithm for
/// multi-pattern searching", 1994). The tables hold keyed hashes alone.
struct WindowTables: Sendable {
    /// The width of all windows in bytes: 8 to 16, as the shortest needle allows.
    let width: Int
    /// By the hash of four bytes, a bit each: whether they are in a window at all. It is small, so that the processor
    /// has all of it at hand, and most text gets no further.
    private let presence: [UInt8]
    /// By the hash of four bytes: how far a window that ends with them may move without passing over a needle.
    private let shifts: [UInt8]
    private let blockKey: UInt32
    private let blockBits: UInt32
    /// By the hash of a window, to be searched onward while a slot is taken: the hash, and the first of ``entries``.
    private let slotHashes: [UInt64]
    private let slotEntries: [Int32]
    private let windowKeys: (UInt64, UInt64)
    private let entries: [(needle: Int32, next: Int32)]

    static let widths = 8...16
    private static let blockWidth = 4
    private static let presenceBits: UInt32 = 19

    /// Chooses each needle's window, and builds the tables.
    ///
    /// - Parameters:
    ///   - needles: Gets the windows that were chosen.
    ///   - values: The bytes of all values.
    init(_ needles: inout [Needle], values: UnsafeRawBufferPointer) {
        let keys = (UInt64.random(in: .min ... .max) | 1, UInt64.random(in: .min ... .max) | 1)
        let width = min(needles.map(\.inner.count).min() ?? Self.widths.upperBound, Self.widths.upperBound)
        (self.width, windowKeys) = (width, keys)
        var windows: [(hash: UInt64, needle: Int32)] = []
        // What is in the window, four bytes each, and how far from its end.
        var blocks: [(block: UInt32, distance: UInt8)] = []
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.widths.upperBound) { space in
            let window = UnsafeMutableBufferPointer(rebasing: space[..<width])
            defer { wipe(UnsafeMutableRawBufferPointer(space)) }
            WindowChoice(width: width, keys: keys).choose(for: &needles, values: values, window: window)
            for (index, needle) in needles.enumerated() {
                needle.write(from: needle.lead, to: window, values: values)
                func add() {
                    guard let start = window.baseAddress else { return }
                    windows.append((Self.hash(start, width: width, keys: keys), Int32(index)))
                    for offset in 0...width - Self.blockWidth {
                        let block = UnsafeRawPointer(start + offset).loadUnaligned(as: UInt32.self)
                        blocks.append((block, UInt8(width - Self.blockWidth - offset)))
                    }
                }
                add()
                if case .base64 = needle.form, Base64Text.useURLAlphabet(window) { add() }
            }
        }

        // Eight places for each block, so that few others share one; within the processor's second cache.
        let bits = min(max(12, UInt32(Int.bitWidth - (blocks.count * 8).leadingZeroBitCount)), 19)
        let blockKey = UInt32.random(in: .min ... .max) | 1
        var shifts = [UInt8](repeating: UInt8(width - Self.blockWidth + 1), count: 1 << bits)
        for (block, distance) in blocks {
            let place = Int((block &* blockKey) >> (32 - bits))
            shifts[place] = min(shifts[place], distance)
        }
        (self.shifts, self.blockKey, blockBits) = (shifts, blockKey, bits)
        var presence = [UInt8](repeating: 0, count: 1 << (Self.presenceBits - 3))
        for (block, _) in blocks {
            let place = Int((block &* blockKey) >> (32 - Self.presenceBits))
            presence[place >> 3] |= 1 << UInt8(place & 7)
        }
        self.presence = presence

        var hashes = [UInt64](repeating: 0, count: max(16, (windows.count * 4).nextPowerOfTwo))
        var firsts = [Int32](repeating: -1, count: hashes.count)
        var entries: [(needle: Int32, next: Int32)] = []
        for (hash, needle) in windows {
            var slot = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
            while firsts[slot] >= 0, hashes[slot] != hash { slot = (slot + 1) & (hashes.count - 1) }
            entries.append((needle, firsts[slot]))
            (hashes[slot], firsts[slot]) = (hash, Int32(entries.count - 1))
        }
        (slotHashes, slotEntries, self.entries) = (hashes, firsts, entries)
    }

    /// Looks at the windows of a text that begin in a range, and calls `candidate` with each that could be a needle's.
    ///
    /// - Parameters:
    ///   - text: Has ``width`` bytes from each place of the range on.
    ///   - first: The first place.
    ///   - end: The end of the range.
    ///   - candidate: Gets a window's place and a needle's index; false ends the search.
    /// - Returns: Where the next window begins: the end of the range or a little behind it.
    @inline(__always)
    func search(
        _ text: UnsafePointer<UInt8>, from first: Int, to end: Int, candidate: (_ place: Int, _ needle: Int) -> Bool
    ) -> Int {
        presence.withUnsafeBufferPointer { presence in
            guard let presence = presence.baseAddress else { return end }
            let (key, farthest) = (blockKey, width &- Self.blockWidth &+ 1)
            let tail = UnsafeRawPointer(text + (width &- Self.blockWidth))
            var place = first
            while place < end {
                let hash = (tail + place).loadUnaligned(as: UInt32.self) &* key
                let bit = hash &>> (32 &- Self.presenceBits)
                if presence[Int(truncatingIfNeeded: bit &>> 3)] &>> UInt8(truncatingIfNeeded: bit & 7) & 1 == 0 {
                    place &+= farthest
                    continue
                }
                let shift = shifts[Int(truncatingIfNeeded: hash &>> (32 &- blockBits))]
                if shift != 0 {
                    place &+= Int(truncatingIfNeeded: shift)
                    continue
                }
                var entry = firstEntry(text + place)
                while entry >= 0 {
                    let (needle, next) = entries[Int(entry)]
                    if !candidate(place, Int(needle)) { return end }
                    entry = next
                }
                place &+= 1
            }
            return place
        }
    }

    /// The first entry of a window that is in the table; negative for any other.
    private func firstEntry(_ window: UnsafePointer<UInt8>) -> Int32 {
        let hash = Self.hash(window, width: width, keys: windowKeys)
        return slotHashes.withUnsafeBufferPointer { hashes in
            var slot = Int(truncatingIfNeeded: hash) & (hashes.count &- 1)
            while slotEntries[slot] >= 0 {
                if hashes[slot] == hash { return slotEntries[slot] }
                slot = (slot &+ 1) & (hashes.count &- 1)
            }
            return -1
        }
    }

    /// Of all bytes of a window: its first eight and its last eight.
    @inline(__always)
    static func hash(_ window: UnsafePointer<UInt8>, width: Int, keys: (UInt64, UInt64)) -> UInt64 {
        let start = UnsafeRawPointer(window)
        var hash = (start.loadUnaligned(as: UInt64.self) ^ keys.1) &* keys.0
        hash ^= hash &>> 31
        hash = (hash ^ (start + (width &- 8)).loadUnaligned(as: UInt64.self)) &* keys.1
        return hash ^ hash &>> 29
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int { 1 << (Int.bitWidth - Swift.max(self - 1, 1).leadingZeroBitCount) }
}
