/// The parts of a text that are percent-encoded (RFC 3986, section 2.1), decoded: from as far before an escape as a value
/// could reach to as far behind it. Text without escapes never comes here.
struct PercentLane: ~Copyable {
    private var lane: Lane
    private let reach: Int
    /// Where in the decoded text the bytes are that were escapes, in order.
    private var escapes: [Int64] = []
    /// How many escapes came before those.
    private var passedEscapes: Int64 = 0
    /// Whether a part was begun, where in the text it began, and up to where the text was taken.
    private var isOpen = false
    private var began: Int64 = 0
    private var taken: Int64 = 0
    /// How many more bytes without an escape belong to the part.
    private var rest = 0

    init(scanner: SecretScanner, capacity: Int) {
        lane = Lane(capacity: capacity)
        reach = scanner.longestSpan
    }

    mutating func restart() {
        (isOpen, taken) = (false, 0)
    }

    var compared: Int64 { lane.compared }

    /// Where the text begins that a match still to come could begin at.
    func needed(by scanner: SecretScanner) -> Int64? {
        isOpen ? textPosition(of: lane.needed(by: scanner)) : nil
    }

    /// Takes the text up to `end`, where `escape` says that three bytes follow which stand for a byte. `text` is the buffer
    /// of the text, whose first byte is the one at `start`; `found` gets a needle's index and its place in the text.
    mutating func take(
        _ text: UnsafeRawBufferPointer, start: Int64, upTo end: Int64, escape: UInt8?, scanner: SecretScanner,
        found: (Int, Range<Int64>) -> Bool
    ) {
        if isOpen {
            let part = min(end, taken + Int64(rest))
            append(text, start: start, upTo: part, scanner: scanner, found: found)
            if rest == 0 { close(scanner, found: found) }
        }
        guard let escape else { return }
        if !isOpen {
            isOpen = true
            taken = max(taken, end - Int64(reach), start)
            began = taken
            lane.restart()
            escapes.removeAll(keepingCapacity: true)
            passedEscapes = 0
            append(text, start: start, upTo: end, scanner: scanner, found: found)
        }
        makeRoom(scanner, found: found)
        escapes.append(lane.passed + Int64(lane.count))
        lane.free[0] = escape
        lane.add(1)
        taken += 3
        rest = reach
    }

    /// Searches what is left at the end of the text.
    mutating func close(_ scanner: SecretScanner, found: (Int, Range<Int64>) -> Bool) {
        guard isOpen else { return }
        search(scanner, isLast: true, found: found)
        isOpen = false
    }

    /// Searches as far as it can; what is found then needs no text from before ``needed(by:)``.
    mutating func search(_ scanner: SecretScanner, isLast: Bool = false, found: (Int, Range<Int64>) -> Bool) {
        guard isOpen else { return }
        let escapes = self.escapes
        let (began, passedEscapes) = (began, passedEscapes)
        lane.search(scanner, isLast: isLast) { needle, place in
            let first = Self.count(escapes, before: place.lowerBound)
            let last = Self.count(escapes, before: place.upperBound)
            // Without an escape in it, it is in the text itself.
            guard last > first else { return true }
            let start = began + place.lowerBound + 2 * (passedEscapes + Int64(first))
            let end = began + place.upperBound + 2 * (passedEscapes + Int64(last))
            return found(needle, start..<end)
        }
    }

    private mutating func append(
        _ text: UnsafeRawBufferPointer, start: Int64, upTo end: Int64, scanner: SecretScanner,
        found: (Int, Range<Int64>) -> Bool
    ) {
        while taken < end {
            makeRoom(scanner, found: found)
            let free = lane.free
            let part = min(Int(end - taken), free.count)
            let from = Int(taken - start)
            free.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[from..<from + part]))
            lane.add(part)
            taken += Int64(part)
            rest -= min(rest, part)
        }
    }

    private mutating func makeRoom(_ scanner: SecretScanner, found: (Int, Range<Int64>) -> Bool) {
        guard lane.free.isEmpty else { return }
        search(scanner, found: found)
        lane.drop(before: lane.needed(by: scanner))
        let gone = Self.count(escapes, before: lane.passed)
        escapes.removeFirst(gone)
        passedEscapes += Int64(gone)
    }

    private func textPosition(of position: Int64) -> Int64 {
        began + position + 2 * (passedEscapes + Int64(Self.count(escapes, before: position)))
    }

    private static func count(_ escapes: [Int64], before position: Int64) -> Int {
        var (low, high) = (0, escapes.count)
        while low < high {
            let middle = (low + high) / 2
            if escapes[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
