extension Editor {
    /// What goes in any case, before white space next to it is looked at.
    private struct Core {
        var range: Range<Int>
        /// A comma without its member.
        var isComma: Bool
    }

    /// Takes members away, with a comma each. The commas of what stays are as before: one behind the last member if and
    /// only if there was one.
    mutating func remove(_ change: MemberChange) {
        guard !change.removed.isEmpty else { return }
        let close = document.entries[change.index].value.upperBound - 1
        // What is added goes here; nothing from here on may go with a member.
        let end = change.added.isEmpty ? close + 1 : layout.startOfBlank(before: close)
        for core in cores(change) {
            let range = widened(core)
            let upper = max(core.range.upperBound, min(range.upperBound, end))
            edits.append(ByteEdit(range: range.lowerBound..<upper, replacement: []))
        }
    }

    /// In the order of the text; those with nothing but spaces and tabs between them are one.
    private func cores(_ change: MemberChange) -> [Core] {
        let entries = document.entries
        var cores: [Core] = []
        func add(_ range: Range<Int>, isComma: Bool) {
            if let last = cores.last, layout.endOfBlank(after: last.range.upperBound) == range.lowerBound {
                cores[cores.count - 1].range = last.range.lowerBound..<range.upperBound
                cores[cores.count - 1].isComma = last.isComma && isComma
            } else {
                cores.append(Core(range: range, isComma: isComma))
            }
        }
        let hadTrailingComma = change.members.last.map { entries[$0].comma != nil } ?? false
        let loosesComma = !hadTrailingComma && change.added.isEmpty ? change.lastStaying : nil
        for index in change.members {
            let isRemoved = change.removed.contains(index)
            if isRemoved {
                add(entries[index].key.lowerBound..<entries[index].value.upperBound, isComma: false)
            }
            if let comma = entries[index].comma, isRemoved || index == loosesComma {
                add(comma..<comma + 1, isComma: true)
            }
        }
        return cores
    }

    /// With the line, where nothing else is on it; else with the spaces on one side.
    private func widened(_ core: Core) -> Range<Int> {
        let (lower, upper) = (core.range.lowerBound, core.range.upperBound)
        let blankStart = layout.startOfBlank(before: lower)
        let blankEnd = layout.endOfBlank(after: upper)
        let beginsLine = layout.isFirstOnLine(lower)
        if let lineEnd = layout.endOfLine(at: blankEnd) {
            if beginsLine { return blankStart..<lineEnd }
            return core.isComma ? core.range : blankStart..<upper
        }
        if core.isComma { return core.range }
        if beginsLine { return lower..<blankEnd }
        let isLast = blankEnd < document.bytes.count && document.bytes[blankEnd] == Byte.closeBrace
        let isFirst = document.bytes[blankStart - 1] == Byte.openBrace
        if isLast { return blankStart..<(isFirst ? blankEnd : upper) }
        // One space stays between what was on its two sides.
        return lower..<(isFirst || blankStart < lower ? blankEnd : upper)
    }
}
