internal import VaultCore

extension OutputText {
    /// How a document is laid out.
    enum Layout {
        /// Two spaces a level, `"key": value`.
        case indented
        /// One line, `"key":value`.
        case compact
    }

    /// Appends a document. A secret is its masked text unless `reveal`.
    mutating func append(_ json: JSON, layout: Layout, reveal: Bool, level: Int = 0) {
        switch json {
        case .null: append("null")
        case .boolean(let truth): append(truth ? "true" : "false")
        case .integer(let number): append(String(number))
        case .string(let text): append(quoted: text)
        case .secret(let secret, _) where reveal: append(secret, as: .json)
        case .secret(_, let prefix), .hidden(let prefix): append(quoted: Redaction.masked(prefix: prefix))
        case .array(let elements):
            group("[", "]", elements, layout: layout, level: level) { text, element in
                text.append(element, layout: layout, reveal: reveal, level: level + 1)
            }
        case .object(let members):
            group("{", "}", members, layout: layout, level: level) { text, member in
                text.append(quoted: member.key)
                text.append(layout == .indented ? ": " : ":")
                text.append(member.value, layout: layout, reveal: reveal, level: level + 1)
            }
        }
    }

    private mutating func append(quoted text: String) {
        append("\"")
        append(text, escaped: .json)
        append("\"")
    }

    private mutating func group<Element>(
        _ opening: String, _ closing: String, _ elements: [Element], layout: Layout, level: Int,
        _ body: (inout OutputText, Element) -> Void
    ) {
        append(opening)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            if layout == .indented { newLine(level + 1) }
            body(&self, element)
        }
        if layout == .indented, !elements.isEmpty { newLine(level) }
        append(closing)
    }

    private mutating func newLine(_ level: Int) {
        append("\n")
        append(spaces: 2 * level)
    }
}
