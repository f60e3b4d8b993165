/// Why a command line is not one.
enum CommandWordsError: Error, Equatable {
    case openQuote
    case endsWithBackslash
    case empty
}

/// Splits a command line into words without a shell.
///
/// White space parts words. Between single quotes everything stands for itself; between double quotes a backslash
/// before `"` or `\` stands for that character; outside quotes it does so before any. Nothing is expanded: `$`, `~`,
/// `*`, `|` and `;` are ordinary characters.
enum CommandWords {
    static func split(_ text: String) throws(CommandWordsError) -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch (scalar, quote) {
            case ("\\", nil):
                guard let next = rest.popFirst() else { throw .endsWithBackslash }
                word = (word ?? .init()) + [next]
            case ("\\", "\""):
                guard let next = rest.first else { throw .openQuote }
                if next == "\"" || next == "\\" { rest.removeFirst() }
                word = (word ?? .init()) + [next == "\"" || next == "\\" ? next : scalar]
            case ("\"", nil), ("'", nil):
                quote = scalar
                word = word ?? .init()
            case (_, .some(let open)) where scalar == open:
                quote = nil
            case (" ", nil), ("\t", nil), ("\n", nil), ("\r", nil):
                if let done = word { words.append(String(done)) }
                word = nil
            default:
                word = (word ?? .init()) + [scalar]
            }
        }
        guard quote == nil else { throw .openQuote }
        if let word { words.append(String(word)) }
        guard let program = words.first, !program.isEmpty else { throw .empty }
        return words
    }
}
