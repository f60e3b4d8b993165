/// The parts of a text in which something stands for another byte or for none (``TextEditing``), as they read then: from as
/// far before an edit as a value could reach to as far behind it. Text without edits never comes here.
final class EditedLane {
    let editing: TextEditing
    /// Up to where edits were looked for.
    private(set) var looked: Int64 = 0
    private var lane: Lane
    private let reach: Int
    /// Where in the edited text each edit is, in order, and how much longer the text is than the edited one up to
    /// behind it.
    private var edits: [(place: Int64, excess: Int64)] = []
    /// The excess of those that are not kept any more.
    private var passedExcess: Int64 = 0
    /// Whether a part was begun, where in the text it began, and up to where the text was taken.
    private var isOpen = false
    private var began: Int64 = 0
    private var taken: Int64 = 0
    /// How many more bytes without an edit belong to the part.
    private var rest = 0

    init(_ editing: TextEditing, scanner: SecretScanner, capacity: Int) {
        self.editing = editing
        lane = Lane(capacity: capacity)
        reach = scanner.longestSpan
    }

    func restart() {
        (isOpen, taken, looked) = (false, 0, 0)
    }

    /// How many bytes were compared with values.
    var compared: Int64 { lane.compared }

    /// Where the text begins that this lane still needs.
    func needed(by scanner: SecretScanner) -> Int64 {
        let before = looked - Int64(max(reach, TextEditing.lookBehind))
        return isOpen ? min(before, textPosition(of: lane.needed(by: scanner))) : before
    }

    /// Looks for edits in the text from where it was looked at last. `text` is the buffer of the text, whose first byte is
    /// the one at `start`; `found` gets a needle's index and its place in the text, and says whether to go on.
    func search(
        _ text: UnsafeRawBufferPointer, start: Int64, isLast: Bool, scanner: SecretScanner,
        found: (Int, Range<Int64>) -> Bool
    ) {
        var isOver = false
        let note = { (needle: Int, place: Range<Int64>) -> Bool in
            isOver = !found(needle, place)
            return !isOver
        }
        var place = Int(looked - start)
        edits: while !isOver {
            switch editing.next(in: text, from: place, isLast: isLast) {
            case .edit(let range, let byte):
                take(text, start: start, upTo: start + Int64(range.lowerBound), scanner: scanner, found: note)
                edit(text, start: start, range: range, byte: byte, scanner: scanner, found: note)
                place = range.upperBound
            case .unfinished(let whole):
                place = whole
                break edits
            case .none:
                place = text.count
                break edits
            }
        }
        guard !isOver else { return }
        looked = start + Int64(place)
        take(text, start: start, upTo: looked, scanner: scanner, found: note)
        if isLast { close(scanner, found: note) } else { search(scanner, found: note) }
    }

    /// Takes the text up to `end`, as far as it belongs to the part.
    private func take(
        _ text: UnsafeRawBufferPointer, start: Int64, upTo end: Int64, scanner: SecretScanner,
        found: (Int, Range<Int64>) -> Bool
    ) {
        guard isOpen else { return }
        append(text, start: start, upTo: min(end, taken + Int64(rest)), scanner: scanner, found: found)
        if rest == 0 { close(scanner, found: found) }
    }

    /// Takes `byte`, or nothing, for a range of the text.
    private func edit(
        _ text: UnsafeRawBufferPointer, start: Int64, range: Range<Int>, byte: UInt8?, scanner: SecretScanner,
        found: (Int, Range<Int64>) -> Bool
    ) {
        if !isOpen {
            let end = start + Int64(range.lowerBound)
            isOpen = true
            taken = max(taken, end - Int64(reach), start)
            began = taken
            lane.restart()
            edits.removeAll(keepingCapacity: true)
            passedExcess = 0
            append(text, start: start, upTo: end, scanner: scanner, found: found)
        }
        makeRoom(scanner, found: found)
        let excess = (edits.last?.excess ?? passedExcess) + Int64(range.count - (byte == nil ? 0 : 1))
        edits.append((lane.passed + Int64(lane.count), excess))
        if let byte {
            lane.free[0] = byte
            lane.add(1)
        }
        taken += Int64(range.count)
        rest = reach
    }

    /// Searches what is left at the end of a part.
    private func close(_ scanner: SecretScanner, found: (Int, Range<Int64>) -> Bool) {
        guard isOpen else { return }
        search(scanner, isLast: true, found: found)
        isOpen = false
    }

    /// Searches as far as it can; what is found then needs no text from before ``needed(by:)``.
    private func search(_ scanner: SecretScanner, isLast: Bool = false, found: (Int, Range<Int64>) -> Bool) {
        guard isOpen else { return }
        lane.search(scanner, isLast: isLast) { needle, place in
            let first = firstEdit(from: place.lowerBound)
            let last = firstEdit(notBefore: place.upperBound)
            // Without an edit in it, it is in the text itself; in the form of another lane, that lane finds it.
            guard last > first, editing.isMeant(scanner.needles[needle].form) else { return true }
            let (before, behind) = (excess(upTo: first), excess(upTo: last))
            if editing == .form, behind - before == 2 * Int64(last - first) { return true }
            return found(needle, began + place.lowerBound + before..<began + place.upperBound + behind)
        }
    }

    private func append(
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

    private func makeRoom(_ scanner: SecretScanner, found: (Int, Range<Int64>) -> Bool) {
        guard lane.free.isEmpty else { return }
        search(scanner, found: found)
        lane.drop(before: lane.needed(by: scanner))
        let gone = firstEdit(notBefore: lane.passed)
        passedExcess = excess(upTo: gone)
        edits.removeFirst(gone)
    }

    private func textPosition(of position: Int64) -> Int64 {
        began + position + excess(upTo: firstEdit(from: position))
    }

    private func excess(upTo index: Int) -> Int64 { index == 0 ? passedExcess : edits[index - 1].excess }

    /// The first edit that is in text from a position on: one that stands for no byte is before the byte it precedes.
    private func firstEdit(from position: Int64) -> Int {
        firstEdit(notBefore: editing == .folds ? position + 1 : position)
    }

    private func firstEdit(notBefore position: Int64) -> Int {
        var (low, high) = (0, edits.count)
        while low < high {
            let middle = (low + high) / 2
            if edits[middle].place < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
