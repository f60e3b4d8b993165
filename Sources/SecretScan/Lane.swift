internal import Glibc

/// A text that comes in parts and is searched as it comes: a fixed buffer, of which as much is kept as a value that is
/// not whole yet needs.
struct Lane: ~Copyable {
    /// What the buffer holds; the rest of it is free.
    private(set) var count = 0
    /// How many bytes came before those in the buffer.
    private(set) var passed: Int64 = 0
    /// Where in the buffer the next window begins.
    private var next = 0
    let buffer: UnsafeMutableRawBufferPointer
    /// Of needles that repeat themselves: where one was missed last. See ``Needle/period``.
    private var missed: [Int: (start: Int64, difference: Int64)] = [:]
    /// How many bytes were compared with values: what must stay in proportion to the bytes that came.
    private(set) var compared: Int64 = 0

    init(capacity: Int) {
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        // Files that hold a value went through here.
        wipe(buffer)
        buffer.deallocate()
    }

    var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: buffer[count...]) }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }

    /// Counts bytes that were written to ``free``.
    mutating func add(_ more: Int) {
        count += more
    }

    /// Begins a new text.
    mutating func restart(at position: Int64 = 0) {
        (count, passed, next) = (0, position, 0)
        missed.removeAll()
    }

    /// Where the text begins that a search still needs.
    func needed(by scanner: SecretScanner) -> Int64 { passed + Int64(max(0, min(next, count) - scanner.reachBack)) }

    /// Searches what came; with `isLast` to the very end, else as far as every needle would be whole. `found` gets a
    /// needle's index and its place in the text; false ends the search.
    mutating func search(
        _ scanner: SecretScanner, isLast: Bool, found: (_ needle: Int, _ place: Range<Int64>) -> Bool
    ) {
        let end = count - (isLast ? scanner.tables.width - 1 : scanner.reachAhead)
        guard next < end, let raw = buffer.baseAddress else { return }
        let text = UnsafeRawPointer(raw)
        let (first, passed, count) = (next, passed, count)
        next = scanner.withValues { values in
            scanner.tables.search(
                text.assumingMemoryBound(to: UInt8.self), from: first, to: end
            ) { place, index in
                let needle = scanner.needles[index]
                let start = place - needle.lead
                guard start >= 0, start + needle.span <= count else { return true }
                let position = passed + Int64(start)
                let whole = position..<position + Int64(needle.span)
                if needle.period > 0, let miss = missed[index], whole.contains(miss.difference),
                    (position - miss.start) % Int64(needle.period) == 0
                {
                    return true
                }
                if let difference = needle.firstDifference(text + start, values: values) {
                    compared += Int64(difference)
                    if needle.period > 0 { missed[index] = (position, position + Int64(difference)) }
                    return true
                }
                compared += Int64(needle.span)
                return found(index, whole)
            }
        }
    }

    /// Forgets the text before a position.
    mutating func drop(before position: Int64) {
        let dropped = Int(min(position, passed + Int64(count)) - passed)
        guard dropped > 0 else { return }
        let rest = UnsafeRawBufferPointer(rebasing: buffer[dropped..<count])
        buffer.copyMemory(from: rest)
        passed += Int64(dropped)
        count -= dropped
        next -= dropped
    }
}

/// Overwrites memory that held a part of a value, in a way that the compiler does not leave out.
func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
}
