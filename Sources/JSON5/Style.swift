/// How an object is written, so that what is added looks like the rest. What it does not show is as in the object around
/// it; the outermost default is JSON's.
struct Style {
    /// The quote of keys that could do without; nil where they do.
    private(set) var keyQuote: UInt8? = Byte.doubleQuote
    private(set) var stringQuote = Byte.doubleQuote
    /// Whether white space follows a colon, a comma, and a brace, within one line.
    private(set) var spaceAfterColon = true
    private(set) var spaceAfterComma = true
    private(set) var spaceInBraces = true
    /// Whether a comma follows the last member.
    private(set) var trailingComma = false

    /// Of the whole text: its first string says what quotes it likes.
    init(of document: JSON5Document) {
        guard let text = document.entries.first(where: { $0.kind == .string }) else { return }
        stringQuote = document.bytes[text.value.lowerBound]
        if stringQuote == Byte.singleQuote { keyQuote = stringQuote }
    }

    /// Of one object.
    func refined(by members: [Int], of object: Entry, in document: JSON5Document) -> Style {
        guard let last = members.last else { return self }
        let (bytes, entries) = (document.bytes, document.entries)
        func isBlank(_ offset: Int) -> Bool { Byte.isSpaceOrTab(bytes[offset]) || Byte.isLineEnd(bytes[offset]) }
        var style = self
        if let evidence = members.last(where: { document.showsKeyStyle($0) }) {
            let first = bytes[entries[evidence].key.lowerBound]
            let isQuoted = first == Byte.doubleQuote || first == Byte.singleQuote
            style.keyQuote = isQuoted ? first : nil
        } else if bytes[entries[last].key.lowerBound] == Byte.singleQuote {
            style.keyQuote = style.keyQuote.map { _ in Byte.singleQuote }
        }
        if let text = members.last(where: { entries[$0].kind == .string }) {
            style.stringQuote = bytes[entries[text].value.lowerBound]
        }
        style.spaceAfterColon = isBlank(entries[last].value.lowerBound - 1)
        style.spaceInBraces = isBlank(object.value.lowerBound + 1)
        style.spaceAfterComma = members.count > 1 ? isBlank(entries[last].key.lowerBound - 1) : style.spaceAfterColon
        style.trailingComma = entries[last].comma != nil
        return style
    }

    /// A key as it is written in this style.
    func key(_ key: String) -> [UInt8] {
        if keyQuote == nil, isPlainKey(key) { return Array(key.utf8) }
        return string(key, quote: keyQuote ?? stringQuote)
    }

    func string(_ text: String, quote: UInt8) -> [UInt8] {
        var written = [quote]
        Array(text.utf8).withUnsafeBytes { forEachEscaped($0, quote: quote) { written.append($0) } }
        return written + [quote]
    }
}

extension JSON5Document {
    /// Whether a member's key has no quotes, or has some that it could do without.
    fileprivate func showsKeyStyle(_ index: Int) -> Bool {
        let token = bytes[entries[index].key]
        guard token.first == Byte.doubleQuote || token.first == Byte.singleQuote else { return true }
        let content = token.dropFirst().dropLast()
        guard let first = content.first, !Byte.isDigit(first) else { return false }
        return content.allSatisfy(Byte.isWord)
    }
}
