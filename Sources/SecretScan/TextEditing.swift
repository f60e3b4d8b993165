internal import Glibc

/// What in a text stands for another byte, or for none.
enum TextEditing {
    /// `%41`: percent-encoding (RFC 3986, section 2.1).
    case percent
    /// The same, and `+` for a space, as forms are sent (`application/x-www-form-urlencoded`).
    case form
    /// Line ends within base64, with what indents the next line: nothing.
    case folds

    enum Next {
        /// This range of the text stands for a byte, or for none.
        case edit(Range<Int>, UInt8?)
        /// There is none before this place, and what follows has to be seen first.
        case unfinished(Int)
        case none
    }

    /// A line of base64 is broken after at least so many of its characters...
    private static let foldedLine = 16
    /// ...and the line end and what indents the next line are at most so many bytes: what is left of a text is a third
    /// of it at least, as it is of percent-encoding.
    private static let longestFold = 32
    /// How many bytes before a place may be looked at again.
    static let lookBehind = foldedLine + longestFold

    /// Whether a needle of this form is searched for in what is edited so.
    func isMeant(_ form: Needle.Form) -> Bool {
        switch (self, form) {
        case (.folds, .base64), (.percent, _), (.form, .plain): true
        case (.folds, .plain), (.form, .base64): false
        }
    }

    /// The first edit from a place of the text on.
    func next(in text: UnsafeRawBufferPointer, from place: Int, isLast: Bool) -> Next {
        switch self {
        case .percent: escape(in: text, from: place, isLast: isLast)
        case .form: formEscape(in: text, from: place, isLast: isLast)
        case .folds: fold(in: text, from: place, isLast: isLast)
        }
    }

    private func escape(in text: UnsafeRawBufferPointer, from first: Int, isLast: Bool) -> Next {
        var place = first
        while let percent = Self.first(UInt8(ascii: "%"), in: text, from: place) {
            guard percent + 2 < text.count else { return isLast ? .none : .unfinished(percent) }
            if let high = Self.digit(text[percent + 1]), let low = Self.digit(text[percent + 2]) {
                return .edit(percent..<percent + 3, high << 4 | low)
            }
            place = percent + 1
        }
        return .none
    }

    /// Byte by byte: looking for the next of one kind and then of the other would read the text between them again.
    private func formEscape(in text: UnsafeRawBufferPointer, from first: Int, isLast: Bool) -> Next {
        for place in first..<text.count {
            switch text[place] {
            case UInt8(ascii: "+"):
                return .edit(place..<place + 1, UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let end = min(place + 3, text.count)
                let part = UnsafeRawBufferPointer(rebasing: text[..<end])
                let escape = escape(in: part, from: place, isLast: isLast || end < text.count)
                if case .none = escape { continue }
                return escape
            default: continue
            }
        }
        return .none
    }

    private func fold(in text: UnsafeRawBufferPointer, from first: Int, isLast: Bool) -> Next {
        var place = first
        while let lineEnd = Self.first(UInt8(ascii: "\n"), in: text, from: place) {
            place = lineEnd + 1
            let start = lineEnd > 0 && text[lineEnd - 1] == UInt8(ascii: "\r") ? lineEnd - 1 : lineEnd
            guard start >= Self.foldedLine, start >= first,
                Self.isBase64(text, start - Self.foldedLine..<start)
            else { continue }
            var end = place
            while end < text.count, end - start < Self.longestFold, Self.isBlank(text[end]) { end += 1 }
            guard end < text.count else { return isLast ? .none : .unfinished(start) }
            if Self.isBase64(text, end..<end + 1) { return .edit(start..<end, nil) }
        }
        let isCut = !isLast && text.count > first && text.last == UInt8(ascii: "\r")
        return isCut ? .unfinished(text.count - 1) : .none
    }

    private static func isBase64(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        Base64Text.values.withUnsafeBufferPointer { values in
            // The last one first: most lines end with something else.
            for place in range.reversed() where values[Int(text[place])] > 63 { return false }
            return true
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func first(_ byte: UInt8, in text: UnsafeRawBufferPointer, from place: Int) -> Int? {
        guard place < text.count, let start = text.baseAddress,
            let found = memchr(start + place, Int32(byte), text.count - place)
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
}
