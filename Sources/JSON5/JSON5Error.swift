/// Why a text is not JSON5, and where. Says nothing of what stands there: the text may hold secrets.
package struct JSON5Error: Error, Sendable, Equatable {
    /// What is wrong. The raw value is what users read.
    package enum Reason: String, Sendable, CaseIterable {
        case unexpectedCharacter = "something that does not belong there"
        case unexpectedEnd = "the text ends too early"
        case unknownWord = "a word that is no value"
        case badKey = "something that is no key"
        case badNumber = "something that is no number"
        case badEscape = "a backslash with something that it cannot stand before"
        case lineEndInString = "a line end within a string"
        case unterminatedString = "a string without an end"
        case unterminatedComment = "a comment without an end"
        case afterTheEnd = "something after the value"
        case tooDeep = "objects and arrays too deep in each other"
        case notUTF8 = "bytes that are not UTF-8"
        case tooLarge = "more bytes than can be counted"
    }

    package let reason: Reason
    /// From 1. A line ends with LF, CR LF or CR, as editors count.
    package let line: Int
    /// From 1, in characters (Unicode code points), not bytes; a tab is one, a byte order mark none.
    package let column: Int

    init(_ fault: Fault, in bytes: UnsafeRawBufferPointer) {
        var (line, column) = (1, 1)
        for offset in (startsWithMark(bytes) ? 3 : 0)..<max(fault.offset, 3) where offset < fault.offset {
            let byte = bytes[offset]
            let isFollowedByLF = offset + 1 < bytes.count && bytes[offset + 1] == Byte.lineFeed
            if byte == Byte.lineFeed || (byte == Byte.carriageReturn && !isFollowedByLF) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        reason = fault.reason
        self.line = line
        self.column = column
    }
}

/// The same with an offset in bytes, from 0: what the parser knows.
struct Fault: Error {
    let offset: Int
    let reason: JSON5Error.Reason
}
