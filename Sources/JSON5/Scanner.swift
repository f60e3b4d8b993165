/// The words of a JSON5 text (<https://spec.json5.org>, 1.0.0): white space, comments, strings, numbers, keys. Steps
/// forward only, and copies nothing.
struct Scanner {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The byte that comes next; nil at the end.
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func step() {
        offset += 1
    }

    func fault(_ reason: JSON5Error.Reason) -> Fault { Fault(offset: offset, reason: reason) }

    /// What stands here belongs nowhere, or the text is at its end.
    var unexpected: Fault { fault(next == nil ? .unexpectedEnd : .unexpectedCharacter) }

    /// White space and comments.
    mutating func skipBlank() throws(Fault) {
        while let byte = next {
            switch byte {
            case Byte.tab...Byte.carriageReturn, Byte.space: offset += 1
            case Byte.slash: try comment()
            case 0x80...:
                let (value, width) = try wide()
                guard isWideBlank(value) else { return }
                offset += width
            default: return
            }
        }
    }

    private mutating func comment() throws(Fault) {
        let start = offset
        let second = start + 1 < bytes.count ? bytes[start + 1] : 0
        guard second == Byte.slash || second == Byte.star else { throw fault(.unexpectedCharacter) }
        offset += 2
        while let byte = next {
            if byte >= 0x80 {
                let (value, width) = try wide()
                if second == Byte.slash, isWideLineEnd(value) { return }
                offset += width
            } else if second == Byte.slash, Byte.isLineEnd(byte) {
                return
            } else if second == Byte.star, byte == Byte.star, offset + 1 < bytes.count,
                bytes[offset + 1] == Byte.slash
            {
                offset += 2
                return
            } else {
                offset += 1
            }
        }
        if second == Byte.star { throw Fault(offset: start, reason: .unterminatedComment) }
    }

    /// The code point beyond ASCII that stands here; does not step.
    private func wide() throws(Fault) -> (value: UInt32, width: Int) {
        guard let point = codePoint(in: bytes, at: offset) else { throw fault(.notUTF8) }
        return point
    }

    /// A string with its quotes.
    mutating func string() throws(Fault) {
        let start = offset
        let quote = next
        offset += 1
        while let byte = next {
            if byte == quote {
                offset += 1
                return
            }
            switch byte {
            case Byte.lineFeed, Byte.carriageReturn: throw fault(.lineEndInString)
            case Byte.backslash: try escape()
            case 0x80...: offset += try wide().width
            default: offset += 1
            }
        }
        throw Fault(offset: start, reason: .unterminatedString)
    }

    /// A backslash and what belongs to it.
    private mutating func escape() throws(Fault) {
        let bad = fault(.badEscape)
        offset += 1
        // At the end: the string says so.
        guard let byte = next else { return }
        switch byte {
        case UInt8(ascii: "x"):
            offset += 1
            guard hexadecimal(2) != nil else { throw bad }
        case UInt8(ascii: "u"):
            offset += 1
            guard hexadecimal(4) != nil else { throw bad }
        case UInt8(ascii: "0"):
            offset += 1
            if let digit = next, Byte.isDigit(digit) { throw bad }
        case UInt8(ascii: "1")...UInt8(ascii: "9"): throw bad
        case Byte.carriageReturn:
            offset += 1
            if next == Byte.lineFeed { offset += 1 }
        case 0x80...: offset += try wide().width
        default: offset += 1
        }
    }

    /// The value of that many digits; nil where there are fewer.
    private mutating func hexadecimal(_ digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = next, let digit = Byte.hexadecimalDigit(byte) else { return nil }
            value = value << 4 | digit
            offset += 1
        }
        return value
    }

    /// A key without quotes.
    mutating func identifier() throws(Fault) {
        let start = offset
        while let byte = next {
            let here = offset
            let value: UInt32
            if byte == Byte.backslash {
                offset += 1
                guard next == UInt8(ascii: "u") else { throw Fault(offset: here, reason: .badEscape) }
                offset += 1
                guard let escaped = hexadecimal(4) else { throw Fault(offset: here, reason: .badEscape) }
                guard here == start ? isIdentifierStart(escaped) : isIdentifierPart(escaped) else {
                    throw Fault(offset: here, reason: .badKey)
                }
                continue
            } else if byte >= 0x80 {
                let point = try wide()
                value = point.value
                offset += point.width
            } else {
                value = UInt32(byte)
                offset += 1
            }
            guard here == start ? isIdentifierStart(value) : isIdentifierPart(value) else {
                offset = here
                break
            }
        }
        guard offset > start else { throw fault(next == nil ? .unexpectedEnd : .badKey) }
    }

    /// A number, `true`, `false`, `null`, `Infinity` or `NaN`.
    mutating func literal() throws(Fault) -> Entry.Kind {
        guard let first = next else { throw fault(.unexpectedEnd) }
        if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            offset += 1
            try magnitude()
            return .number
        }
        if Byte.isDigit(first) || first == UInt8(ascii: ".") {
            try magnitude()
            return .number
        }
        let start = offset
        while let byte = next, Byte.isWord(byte) { offset += 1 }
        let word = bytes[start..<offset]
        for (name, kind) in Entry.Kind.words where name.withUTF8Buffer({ word.elementsEqual($0) }) { return kind }
        if word.isEmpty, first >= 0x80 {
            offset = start
            _ = try wide()
        }
        throw Fault(offset: start, reason: word.isEmpty ? .unexpectedCharacter : .unknownWord)
    }

    /// A number without its sign.
    private mutating func magnitude() throws(Fault) {
        guard let first = next else { throw fault(.badNumber) }
        if first == UInt8(ascii: "I") || first == UInt8(ascii: "N") {
            let start = offset
            while let byte = next, Byte.isWord(byte) { offset += 1 }
            let word = bytes[start..<offset]
            guard word.elementsEqual("Infinity".utf8) || word.elementsEqual("NaN".utf8) else {
                throw Fault(offset: start, reason: .badNumber)
            }
            return
        }
        if first == UInt8(ascii: "0"), offset + 1 < bytes.count, bytes[offset + 1] | 0x20 == UInt8(ascii: "x") {
            offset += 2
            let start = offset
            while let byte = next, Byte.hexadecimalDigit(byte) != nil { offset += 1 }
            guard offset > start else { throw fault(.badNumber) }
        } else {
            try decimal(startsWithZero: first == UInt8(ascii: "0"))
        }
        // Neither a digit (after a leading zero) nor a letter may touch a number.
        if let byte = next, Byte.isWord(byte) || byte == Byte.backslash { throw fault(.badNumber) }
    }

    private mutating func decimal(startsWithZero: Bool) throws(Fault) {
        var digits = 0
        if startsWithZero {
            offset += 1
            digits = 1
        } else {
            digits = skipDigits()
        }
        if next == UInt8(ascii: ".") {
            offset += 1
            digits += skipDigits()
        }
        guard digits > 0 else { throw fault(.badNumber) }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            guard skipDigits() > 0 else { throw fault(.badNumber) }
        }
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while let byte = next, Byte.isDigit(byte) { offset += 1 }
        return offset - start
    }
}
