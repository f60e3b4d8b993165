/// Writes values and members into the pieces of an edit.
struct Rendering {
    /// Where a value stands.
    enum Place {
        /// On one line.
        case inline
        /// Objects have a line for each member, and this before their last brace.
        case lines(indentation: [UInt8])
    }

    let style: Style
    let layout: Layout
    private(set) var pieces: [ByteEdit.Piece] = []
    private var pending: [UInt8] = []

    init(style: Style, layout: Layout) {
        self.style = style
        self.layout = layout
    }

    /// All that was written.
    mutating func finish() -> [ByteEdit.Piece] {
        flush()
        return pieces
    }

    mutating func write(_ bytes: [UInt8]) {
        pending += bytes
    }

    mutating func write(_ text: String) {
        pending += text.utf8
    }

    mutating func member(_ member: JSON5Value.Member, at place: Place) {
        write(style.key(member.key))
        write(style.spaceAfterColon ? ": " : ":")
        value(member.value, at: place, quote: style.stringQuote)
    }

    mutating func value(_ value: JSON5Value, at place: Place, quote: UInt8) {
        switch value {
        case .boolean(let flag): write(flag ? "true" : "false")
        case .string(let text): write(style.string(text, quote: quote))
        case .secret(let secret):
            flush()
            pieces.append(.secret(secret, quote: quote))
        case .object(let members):
            write("{")
            content(members, at: place)
            write("}")
        }
    }

    /// Everything between two braces.
    mutating func content(_ members: [JSON5Value.Member], at place: Place) {
        guard !members.isEmpty else { return }
        switch place {
        case .inline:
            write(style.spaceInBraces ? " " : "")
            for (index, each) in members.enumerated() {
                member(each, at: place)
                if index < members.count - 1 { write(style.spaceAfterComma ? ", " : ",") }
            }
            write(style.spaceInBraces ? " " : "")
        case .lines(let indentation):
            let inner = indentation + layout.unit
            write(layout.lineEnd)
            for (index, each) in members.enumerated() {
                write(inner)
                member(each, at: .lines(indentation: inner))
                if index < members.count - 1 || style.trailingComma { write(",") }
                write(layout.lineEnd)
            }
            write(indentation)
        }
    }

    private mutating func flush() {
        if !pending.isEmpty { pieces.append(.bytes(pending)) }
        pending = []
    }
}
