internal import Glibc

/// One text that is searched as it comes. The memory it takes is fixed by the scanner's longest value.
package final class ScanStream {
    /// After so many places of one value one text is searched no further for it: what is wrong is known by then.
    package static let usualLimit = 1000

    /// How many bytes of a file are read at once.
    private static let usualRoom = 256 * 1024

    private let scanner: SecretScanner
    private let limit: Int
    private var lane: Lane
    private var decoded: PercentLane
    /// How many line ends came before the buffer.
    private var passedLines = 0
    /// Up to where escapes were looked for.
    private var unescaped: Int64 = 0
    private var found: [Found] = []
    /// How many places each value was found at, by its label; how many values were at the limit; and of how many.
    private var counts: [Int: Int] = [:]
    private var full = 0
    private let labels: Int
    /// Where the last match of a needle ended: matches of one needle do not overlap.
    private var ends: [Int: Int64] = [:]

    /// Found in the buffer, and not yet said in ``found``.
    private var hits: [Hit] = []

    private struct Found {
        let match: ScanMatch
        let end: Int64
    }

    private struct Hit {
        let needle: Needle
        let place: Range<Int64>
        let isDecoded: Bool
    }

    /// Whether ``usualLimit`` or another limit ended the search for a value before the text did.
    package var isCut: Bool { full > 0 }

    /// Whether it ended the search for all of them.
    private var isOver: Bool { full == labels }

    /// How many bytes were compared with values, the tables aside.
    var compared: Int64 { lane.compared + decoded.compared }

    /// - Parameters:
    ///   - scanner: What to search for.
    ///   - limit: After so many places of a value the search for it ends; at least 1.
    package convenience init(_ scanner: SecretScanner, limit: Int = usualLimit) {
        self.init(scanner, limit: limit, room: Self.usualRoom)
    }

    /// With a buffer that takes `room` bytes beside those that a search may still need.
    init(_ scanner: SecretScanner, limit: Int, room: Int) {
        self.scanner = scanner
        self.limit = max(1, limit)
        labels = Set(scanner.needles.map(\.label)).count
        let reach = scanner.reachBack + scanner.reachAhead + scanner.longestSpan + WindowTables.widths.upperBound
        // Decoded text is as little as a third of what it was.
        lane = Lane(capacity: 3 * reach + room)
        decoded = PercentLane(scanner: scanner, capacity: reach + room / 4 + 1)
    }

    /// Begins a new text, in the same memory.
    package func restart() {
        lane.restart()
        decoded.restart()
        (passedLines, unescaped, full) = (0, 0, 0)
        counts.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Takes the next bytes of the text.
    package func feed(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty, wantsMore {
            rest = rest.dropFirst(
                fill { free in
                    let part = UnsafeRawBufferPointer(rebasing: rest.prefix(free.count))
                    free.copyMemory(from: part)
                    return part.count
                })
        }
    }

    /// Whether more of the text would be searched.
    var wantsMore: Bool { !scanner.needles.isEmpty && !isOver }

    /// Lets `read` write the next bytes of the text where they are searched.
    ///
    /// - Returns: What `read` returns: how many bytes there were; 0 or less where there were none.
    func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        let count = try read(lane.free)
        guard count > 0 else { return count }
        lane.add(count)
        if lane.free.isEmpty {
            search(isLast: false)
            drop()
        }
        return count
    }

    /// The text is whole: all places, in order.
    package func finish() -> [ScanMatch] {
        guard !scanner.needles.isEmpty else { return [] }
        if !isOver { search(isLast: true) }
        // A value of one bit pattern is there in base64 at several alignments at once: said once.
        var ends: [[Int]: Int64] = [:]
        return
            found
            .sorted { one, other in
                (one.match.offset, one.match.label, one.match.encoding.rawValue)
                    < (other.match.offset, other.match.label, other.match.encoding.rawValue)
            }
            .filter { found in
                let key = [found.match.label, ScanEncoding.allCases.firstIndex(of: found.match.encoding) ?? 0]
                if found.match.offset < ends[key] ?? 0 { return false }
                ends[key] = found.end
                return true
            }
            .map(\.match)
    }

    private func search(isLast: Bool) {
        lane.search(scanner, isLast: isLast) { hit($0, $1, isDecoded: false) }
        if !isOver { decode(isLast: isLast) }
        note()
        hits.removeAll(keepingCapacity: true)
    }

    /// Hands what is percent-encoded on to be decoded and searched.
    private func decode(isLast: Bool) {
        let text = lane.bytes
        let passed = lane.passed
        let note = { self.hit($0, $1, isDecoded: true) }
        var place = Int(unescaped - passed)
        var whole = text.count
        while !isOver, let percent = Self.percent(in: text, from: place) {
            guard percent + 2 < text.count || isLast else {
                whole = percent
                break
            }
            guard percent + 2 < text.count, let high = Self.digit(text[percent + 1]),
                let low = Self.digit(text[percent + 2])
            else {
                place = percent + 1
                continue
            }
            decoded.take(
                text, start: passed, upTo: passed + Int64(percent), escape: high << 4 | low, scanner: scanner,
                found: note)
            place = percent + 3
        }
        guard !isOver else { return }
        decoded.take(
            text, start: passed, upTo: passed + Int64(whole), escape: nil, scanner: scanner, found: note)
        unescaped = passed + Int64(whole)
        if isLast { decoded.close(scanner, found: note) } else { decoded.search(scanner, found: note) }
    }

    private func drop() {
        var kept = min(lane.needed(by: scanner), unescaped - Int64(scanner.longestSpan))
        if let needed = decoded.needed(by: scanner) { kept = min(kept, needed) }
        let before = Int(max(0, kept - lane.passed))
        passedLines += Self.lineEnds(in: UnsafeRawBufferPointer(rebasing: lane.bytes[..<before]))
        lane.drop(before: kept)
    }

    /// Notes a match; false when it was the last that is wanted.
    private func hit(_ index: Int, _ place: Range<Int64>, isDecoded: Bool) -> Bool {
        let key = index * 2 + (isDecoded ? 1 : 0)
        guard place.lowerBound >= ends[key] ?? 0 else { return true }
        ends[key] = place.upperBound
        let needle = scanner.needles[index]
        let count = counts[needle.label, default: 0] + 1
        guard count <= limit else { return true }
        counts[needle.label] = count
        if count == limit { full += 1 }
        hits.append(Hit(needle: needle, place: place, isDecoded: isDecoded))
        return !isOver
    }

    /// Says what was found, as long as the text before it is in the buffer, which is read once for all of it.
    private func note() {
        var (counted, line) = (0, passedLines + 1)
        for hit in hits.sorted(by: { $0.place.lowerBound < $1.place.lowerBound }) {
            let start = Int(hit.place.lowerBound - lane.passed)
            line += Self.lineEnds(in: UnsafeRawBufferPointer(rebasing: lane.bytes[counted..<start]))
            counted = start
            let encoding: ScanEncoding
            switch hit.needle.form {
            case .plain: encoding = hit.isDecoded ? .urlEncoded : .plain
            case .base64: encoding = .base64
            }
            let match = ScanMatch(
                label: hit.needle.label, encoding: encoding, line: line, offset: hit.place.lowerBound)
            found.append(Found(match: match, end: hit.place.upperBound))
        }
    }

    private static func percent(in text: UnsafeRawBufferPointer, from place: Int) -> Int? {
        guard place < text.count, let start = text.baseAddress,
            let found = memchr(start + place, Int32(UInt8(ascii: "%")), text.count - place)
        else { return nil }
        return UnsafeRawPointer(found) - start
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// Eight bytes at a time: a byte that is a line end leaves a 1 in its place.
    private static func lineEnds(in text: UnsafeRawBufferPointer) -> Int {
        guard let start = text.baseAddress else { return 0 }
        var (place, lines) = (0, 0)
        let words = text.count / 8
        while place < words {
            // Each of the eight sums holds 255 at most.
            let stop = min(words, place &+ 255)
            var sums: UInt64 = 0
            while place < stop {
                let word = (start + place &* 8).loadUnaligned(as: UInt64.self) ^ 0x0a0a_0a0a_0a0a_0a0a
                let other = ((word & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7f7f_7f7f_7f7f_7f7f) | word
                sums &+= (~other & 0x8080_8080_8080_8080) &>> 7
                place &+= 1
            }
            // Eight sums into four, and the four into the upper end.
            let pairs = (sums & 0x00ff_00ff_00ff_00ff) &+ ((sums &>> 8) & 0x00ff_00ff_00ff_00ff)
            lines &+= Int(truncatingIfNeeded: (pairs &* 0x0001_0001_0001_0001) &>> 48)
        }
        for index in words * 8..<text.count where text[index] == 0x0a { lines &+= 1 }
        return lines
    }
}
