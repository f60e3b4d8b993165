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
    private let editedLanes: [EditedLane]
    /// How many line ends came before the buffer.
    private var passedLines = 0
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
        let isEdited: Bool
    }

    /// Whether ``usualLimit`` or another limit ended the search for a value before the text did.
    package var isCut: Bool { full > 0 }

    /// Whether it ended the search for all of them.
    private var isOver: Bool { full == labels }

    /// How many bytes were compared with values, the tables aside.
    var compared: Int64 { editedLanes.reduce(lane.compared) { $0 + $1.compared } }

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
        // Edited text is as little as a third of what it was.
        lane = Lane(capacity: 3 * reach + 2 * TextEditing.lookBehind + room)
        let editings: [TextEditing] = scanner.hasSpaces ? [.percent, .folds, .form] : [.percent, .folds]
        editedLanes = editings.map { EditedLane($0, scanner: scanner, capacity: reach + room / 4 + 1) }
    }

    /// Begins a new text, in the same memory.
    package func restart() {
        lane.restart()
        for lane in editedLanes { lane.restart() }
        (passedLines, full) = (0, 0)
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
        let ways = editedLanes.count + 1
        lane.search(scanner, isLast: isLast) { hit($0, $1, way: 0, of: ways) }
        let (text, passed) = (lane.bytes, lane.passed)
        for (index, lane) in editedLanes.enumerated() where !isOver {
            lane.search(text, start: passed, isLast: isLast, scanner: scanner) {
                hit($0, $1, way: index + 1, of: ways)
            }
        }
        note()
        hits.removeAll(keepingCapacity: true)
    }

    private func drop() {
        let kept = editedLanes.reduce(lane.needed(by: scanner)) { min($0, $1.needed(by: scanner)) }
        let before = Int(max(0, kept - lane.passed))
        passedLines += Self.lineEnds(in: UnsafeRawBufferPointer(rebasing: lane.bytes[..<before]))
        lane.drop(before: kept)
    }

    /// Notes a match in the text as it is (way 0) or in an edited one; false when it was the last that is wanted.
    private func hit(_ index: Int, _ place: Range<Int64>, way: Int, of ways: Int) -> Bool {
        let key = index * ways + way
        guard place.lowerBound >= ends[key] ?? 0 else { return true }
        ends[key] = place.upperBound
        let needle = scanner.needles[index]
        let count = counts[needle.label, default: 0] + 1
        guard count <= limit else { return true }
        counts[needle.label] = count
        if count == limit { full += 1 }
        hits.append(Hit(needle: needle, place: place, isEdited: way > 0))
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
            case .plain: encoding = hit.isEdited ? .urlEncoded : .plain
            case .base64: encoding = .base64
            }
            let match = ScanMatch(
                label: hit.needle.label, encoding: encoding, line: line, offset: hit.place.lowerBound)
            found.append(Found(match: match, end: hit.place.upperBound))
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
