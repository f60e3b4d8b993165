/// Reads a text once, from front to back, without recursion.
struct Parser {
    private struct Frame {
        let isObject: Bool
        /// The entry that the object or array is the value of; nil within an array.
        let entry: Int?
        let start: Int
    }

    private enum Step {
        case value
        case memberOrEnd
        case elementOrEnd
        case afterValue
    }

    private var scanner: Scanner
    private var entries: [Entry] = []
    private var frames: [Frame] = []
    /// The entry whose value comes next, or ended last; nil within an array.
    private var current: Int?

    init(_ bytes: UnsafeRawBufferPointer) {
        scanner = Scanner(bytes)
    }

    /// All entries; none where the text is white space and comments alone.
    mutating func parse() throws(Fault) -> [Entry] {
        guard scanner.bytes.count < Int(UInt32.max) else { throw Fault(offset: 0, reason: .tooLarge) }
        try scanner.skipBlank()
        guard scanner.next != nil else { return [] }
        begin(key: 0..<0)
        var step = Step.value
        while true {
            try scanner.skipBlank()
            switch step {
            case .value: step = try value()
            case .memberOrEnd: step = try memberOrEnd()
            case .elementOrEnd:
                if scanner.next == Byte.closeBracket {
                    close()
                    step = .afterValue
                } else {
                    current = nil
                    step = .value
                }
            case .afterValue:
                guard let frame = frames.last else {
                    guard scanner.next == nil else { throw scanner.fault(.afterTheEnd) }
                    return entries
                }
                step = try afterValue(in: frame)
            }
        }
    }

    private mutating func begin(key: Range<Int>) {
        var entry = Entry()
        entry.key = key
        current = entries.count
        entries.append(entry)
    }

    private mutating func value() throws(Fault) -> Step {
        let start = scanner.offset
        switch scanner.next {
        case Byte.openBrace, Byte.openBracket:
            guard frames.count < JSON5Document.depthLimit else { throw scanner.fault(.tooDeep) }
            let isObject = scanner.next == Byte.openBrace
            frames.append(Frame(isObject: isObject, entry: current, start: start))
            scanner.step()
            return isObject ? .memberOrEnd : .elementOrEnd
        case Byte.doubleQuote, Byte.singleQuote:
            try scanner.string()
            end(start, .string)
        default:
            end(start, try scanner.literal())
        }
        return .afterValue
    }

    /// Notes what the current entry's value is, which ends here.
    private mutating func end(_ start: Int, _ kind: Entry.Kind) {
        guard let current else { return }
        entries[current].kind = kind
        entries[current].value = start..<scanner.offset
        entries[current].next = entries.count
    }

    private mutating func memberOrEnd() throws(Fault) -> Step {
        if scanner.next == Byte.closeBrace {
            close()
            return .afterValue
        }
        let start = scanner.offset
        if scanner.next == Byte.doubleQuote || scanner.next == Byte.singleQuote {
            try scanner.string()
        } else {
            try scanner.identifier()
        }
        let key = start..<scanner.offset
        try scanner.skipBlank()
        guard scanner.next == Byte.colon else { throw scanner.unexpected }
        scanner.step()
        if frames.last?.entry != nil { begin(key: key) } else { current = nil }
        return .value
    }

    private mutating func afterValue(in frame: Frame) throws(Fault) -> Step {
        switch scanner.next {
        case Byte.comma:
            if frame.isObject, let current { entries[current].comma = scanner.offset }
            scanner.step()
            return frame.isObject ? .memberOrEnd : .elementOrEnd
        case frame.isObject ? Byte.closeBrace : Byte.closeBracket:
            close()
            return .afterValue
        default:
            throw scanner.unexpected
        }
    }

    /// Steps behind the bracket that ends the innermost object or array.
    private mutating func close() {
        guard let frame = frames.popLast() else { return }
        scanner.step()
        current = frame.entry
        end(frame.start, frame.isObject ? .object : .array)
    }
}
