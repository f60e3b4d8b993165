extension Editor {
    /// Adds members behind all that is in the object, comments too.
    mutating func insert(_ change: MemberChange) {
        guard !change.added.isEmpty else { return }
        let object = document.entries[change.index].value
        let (open, close) = (object.lowerBound, object.upperBound - 1)
        let place = layout.startOfBlank(before: close)
        if place == open + 1 {
            fill(open + 1..<close, change)
            return
        }
        if let last = change.lastStaying, document.entries[last].comma == nil {
            let end = document.entries[last].value.upperBound
            edits.append(ByteEdit(range: end..<end, replacement: [.bytes([Byte.comma])]))
        }
        let neighbour = (change.lastStaying ?? change.members.last).map { document.entries[$0].key.lowerBound }
        let closesLine = layout.isFirstOnLine(close)
        var indentation = layout.indentation(at: closesLine ? close : open) + layout.unit
        var hasLines = closesLine
        if let neighbour, layout.isFirstOnLine(neighbour) {
            indentation = layout.indentation(at: neighbour)
            hasLines = true
        }
        var rendering = Rendering(style: change.style, layout: layout)
        for (index, member) in change.added.enumerated() {
            if hasLines {
                if !closesLine { rendering.write(layout.lineEnd) }
                rendering.write(indentation)
                rendering.member(member, at: .lines(indentation: indentation))
            } else {
                let isFirst = index == 0 && change.lastStaying == nil
                rendering.write(
                    isFirst && change.style.spaceInBraces || !isFirst && change.style.spaceAfterComma ? " " : "")
                rendering.member(member, at: .inline)
            }
            if index < change.added.count - 1 || change.style.trailingComma { rendering.write(",") }
            if closesLine { rendering.write(layout.lineEnd) }
        }
        edits.append(ByteEdit(range: place..<place, replacement: rendering.finish()))
    }

    /// Adds members to an object that has nothing between its braces but spaces.
    private mutating func fill(_ range: Range<Int>, _ change: MemberChange) {
        var rendering = Rendering(style: change.style, layout: layout)
        // A text that is `{}` has no lines yet, and will be read by people.
        let hasLines = layout.spansLines || change.index == 0
        rendering.content(
            change.added,
            at: hasLines ? .lines(indentation: layout.indentation(at: range.lowerBound)) : .inline)
        edits.append(ByteEdit(range: range, replacement: rendering.finish()))
    }
}
