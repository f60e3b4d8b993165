internal import SecureMemory

extension JSON5Document {
    /// Works out what to replace so that the text says what the changes say; of two changes of one member, the later
    /// counts. The edits are in the order of the text, do not overlap, and are none where all is so already.
    ///
    /// Whatever lies outside the members that are set or removed stays byte for byte: comments, order, white space,
    /// line ends. Setting changes the last of several members of one key, which is the one that counts; a value that
    /// is already equal stays as it is written. Removing takes a member with the comments between its key and its value,
    /// one comma, and its line where it had one to itself. A member that is added comes last and is written as its
    /// neighbours are. Into a text without a value, an object is appended.
    package func edits(_ changes: [JSON5Change]) throws(JSON5EditError) -> [ByteEdit] {
        let plan = try Plan(changes)
        var editor = Editor(self)
        if entries.isEmpty {
            if case .object(let members) = plan.newValue { editor.append(members) }
        } else {
            try editor.edit(0, by: plan, path: [], style: Style(of: self))
        }
        let order = editor.edits.indices.sorted { left, right in
            let (one, other) = (editor.edits[left].range.lowerBound, editor.edits[right].range.lowerBound)
            return one == other ? left < right : one < other
        }
        return order.map { editor.edits[$0] }
    }

    /// Whether a member has that value already.
    func holds(_ index: Int, _ value: JSON5Value) -> Bool {
        let entry = entries[index]
        switch value {
        case .boolean(let flag): return entry.kind == (flag ? .yes : .no)
        case .string(let text):
            return entry.kind == .string
                && TextPoints(token: entry.value, in: bytes).equals(text.unicodeScalars.lazy.map(\.value))
        case .secret(let secret):
            return entry.kind == .string
                && secret.bytes.withBytes {
                    TextPoints(token: entry.value, in: bytes).equals(TextPoints(plain: $0))
                }
        case .object(let wanted):
            guard entry.kind == .object else { return false }
            let members = members(of: index)
            return members.allSatisfy { member in wanted.contains { hasKey(member, $0.key) } }
                && wanted.allSatisfy { each in
                    members.last { hasKey($0, each.key) }.map { holds($0, each.value) } ?? false
                }
        }
    }
}

/// Collects the edits of one document.
struct Editor {
    let document: JSON5Document
    let layout: Layout
    var edits: [ByteEdit] = []

    init(_ document: JSON5Document) {
        self.document = document
        layout = Layout(document)
    }

    /// Behind a text that has no value.
    mutating func append(_ members: [JSON5Value.Member]) {
        let bytes = document.bytes
        let isEmpty = bytes.count == (startsWithMark(bytes) ? 3 : 0)
        let endsLine = bytes.last.map(Byte.isLineEnd) ?? false
        var rendering = Rendering(style: Style(of: document), layout: layout)
        if !isEmpty, !endsLine { rendering.write(layout.lineEnd) }
        rendering.value(.object(members), at: .lines(indentation: []), quote: Byte.doubleQuote)
        if isEmpty || endsLine { rendering.write(layout.lineEnd) }
        edits.append(ByteEdit(range: bytes.count..<bytes.count, replacement: rendering.finish()))
    }

    /// Changes the members of the value at an index, and those further in.
    mutating func edit(
        _ index: Int, by plan: Plan, path: [String], style inherited: Style
    ) throws(JSON5EditError) {
        let object = document.entries[index]
        guard object.kind == .object else {
            if plan.sets { throw .notAnObject(path: path) }
            return
        }
        let members = document.members(of: index)
        let style = inherited.refined(by: members, of: object, in: document)
        var removed: Set<Int> = []
        var added: [JSON5Value.Member] = []
        for planned in plan.children {
            let (key, child) = (planned.key, planned.plan)
            let same = members.filter { document.hasKey($0, key) }
            guard let counting = same.last else {
                if let value = child.newValue { added.append(JSON5Value.Member(key: key, value: value)) }
                continue
            }
            switch child.action {
            case .remove: removed.formUnion(same)
            case .set(let value): if !document.holds(counting, value) { replace(counting, by: value, style: style) }
            case nil:
                try edit(counting, by: child, path: path + [key], style: style)
                guard let removals = child.removals else { continue }
                for hidden in same.dropLast() {
                    try edit(hidden, by: removals, path: path + [key], style: style)
                }
            }
        }
        let change = MemberChange(index: index, members: members, removed: removed, added: added, style: style)
        remove(change)
        insert(change)
    }

    private mutating func replace(_ index: Int, by value: JSON5Value, style: Style) {
        let entry = document.entries[index]
        let start = entry.key.lowerBound
        let quote = entry.kind == .string ? document.bytes[entry.value.lowerBound] : style.stringQuote
        var rendering = Rendering(style: style, layout: layout)
        rendering.value(
            value,
            at: layout.isFirstOnLine(start) ? .lines(indentation: layout.indentation(at: start)) : .inline,
            quote: quote)
        edits.append(ByteEdit(range: entry.value, replacement: rendering.finish()))
    }
}

/// What happens to the members of one object.
struct MemberChange {
    /// The object's.
    let index: Int
    let members: [Int]
    let removed: Set<Int>
    let added: [JSON5Value.Member]
    let style: Style

    /// The last member that stays.
    var lastStaying: Int? { members.last { !removed.contains($0) } }
}
